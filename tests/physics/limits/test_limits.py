"""The catalogue of limits, and the rules that every limit of the envelope must follow."""

import importlib
import pkgutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plants import PLANTS, region_with
from support.sites import region

from fleet.domain.limit import UNKNOWN_CODE
from fleet.errors import DataError
from fleet.physics import limits
from fleet.physics.limits import (
    CONTROLLER,
    COOLING,
    ENVELOPE,
    GRID,
    INLET,
    IT_POWER,
    LIMITS,
    NEAR_LIMIT_K,
    OUTDOOR,
    UNKNOWN,
    EnvelopeLimit,
    code_of,
    limit_named,
)
from fleet.physics.plant_weather import PlantWeather

GRID_MW = 100.0
ERROR_MW = 1e-6  # of the wet-bulb solver
SITES = [region_with(plant, outdoor_limit_c=40.0, altitude_m=1_000.0) for plant in PLANTS]
LABELS = {"unknown", "outdoor", "inlet", "it", "cooling", "grid", "controller"}

every_limit = pytest.mark.parametrize("limit", ENVELOPE, ids=lambda limit: limit.label)
sites = st.sampled_from(SITES)
temperatures = st.floats(-40, 55)
dew_points = st.floats(-40, 35)
steps = st.one_of(st.floats(0, 30), st.floats(0, 0.2))


def weather(site, temperature_c: float, dew_point_c: float) -> PlantWeather:
    """Return a single hour of weather."""
    return PlantWeather.at(site, np.array([float(temperature_c)]), np.array([float(dew_point_c)]))


def safe_load_mw(limit: EnvelopeLimit, site, temperature_c: float, dew_point_c: float) -> float:
    """Return the safe load of a single hour."""
    load_mw = limit.safe_load_mw(site, weather(site, temperature_c, dew_point_c), GRID_MW)
    return float(np.broadcast_to(load_mw, (1,))[0])


def test_the_limit_of_every_file_is_in_the_envelope():
    modules = [
        importlib.import_module(f"{limits.__name__}.{module.name}")
        for module in pkgutil.iter_modules(limits.__path__)
        if module.name != "base"
    ]
    by_file = [[limit for limit in vars(module).values() if isinstance(limit, EnvelopeLimit)] for module in modules]
    # Each file holds one limit.
    assert [len(in_file) for in_file in by_file] == [1] * len(ENVELOPE)
    assert sorted(limit.label for (limit,) in by_file) == sorted(limit.label for limit in ENVELOPE)


def test_labels_colours_titles_and_words_are_unique():
    for name in ("label", "colour", "title", "words"):
        assert len({getattr(limit, name) for limit in LIMITS}) == len(LIMITS)
    # Labels are keys in JSON files and in the database.
    assert {limit.label for limit in LIMITS} == LABELS


def test_codes_and_labels_lead_back_to_the_limit():
    for position, limit in enumerate(LIMITS):
        assert code_of(limit) == position
        assert LIMITS[code_of(limit)] is limit
        assert limit_named(limit.label) is limit


def test_the_unknown_limit_has_code_zero():
    assert code_of(UNKNOWN) == UNKNOWN_CODE == 0
    assert set(LIMITS) - set(ENVELOPE) == {UNKNOWN, CONTROLLER}


def test_a_label_without_a_limit_is_refused():
    with pytest.raises(DataError, match="limit 'magic' is unknown, expected one of unknown, outdoor, inlet"):
        limit_named("magic")


@pytest.mark.slow
@every_limit
@given(site=sites, temperature_c=temperatures, dew_point_c=dew_points, hotter=steps, damper=steps)
def test_a_safe_load_never_rises_with_heat_or_humidity(limit, site, temperature_c, dew_point_c, hotter, damper):
    before_mw = safe_load_mw(limit, site, temperature_c, dew_point_c)
    assert before_mw >= 0
    assert safe_load_mw(limit, site, temperature_c + hotter, dew_point_c) <= before_mw + ERROR_MW
    assert safe_load_mw(limit, site, temperature_c, dew_point_c + damper) <= before_mw + ERROR_MW


@every_limit
def test_a_safe_load_has_the_shape_of_the_weather(limit):
    site, temperature_c = SITES[0], np.full((2, 3), 20.0)
    load_mw = limit.safe_load_mw(site, PlantWeather.at(site, temperature_c, temperature_c - 10), GRID_MW)
    # A limit that does not depend on the weather may be a single number.
    assert np.shape(load_mw) in ((), (2, 3))


def test_the_outdoor_throttle_stops_all_load_above_its_temperature():
    site = region(outdoor_limit_c=30.0)
    assert safe_load_mw(OUTDOOR, site, 30.0, 5.0) == np.inf
    assert safe_load_mw(OUTDOOR, site, np.nextafter(30.0, 31.0), 5.0) == 0
    assert safe_load_mw(OUTDOOR, region(), 50.0, 5.0) == np.inf
    assert OUTDOOR.outdoor_threshold_c(site) == 30.0
    assert OUTDOOR.outdoor_threshold_c(region()) is None


def test_it_power_limits_the_load_in_any_weather():
    assert [safe_load_mw(IT_POWER, region(), temperature_c, 5.0) for temperature_c in (-20.0, 20.0, 50.0)] == [10.0] * 3


def test_the_grid_limit_allows_less_where_the_grid_gives_less():
    site = region()
    by_grid_limit = [float(GRID.safe_load_mw(site, weather(site, 10.0, 5.0), mw)[0]) for mw in (5.0, 10.0, 20.0)]
    assert by_grid_limit == sorted(by_grid_limit)
    assert by_grid_limit[0] < 5.0


def test_the_grid_alone_has_a_least_level():
    assert {limit.label: limit.least_level for limit in ENVELOPE if limit.least_level} == {"grid": 2.5}


def test_a_forecast_within_three_kelvin_of_the_outdoor_limit_is_near_it():
    site = region(outdoor_limit_c=30.0)
    load_mw = np.array([5.0])
    for temperature_c, is_near in ((30.0 - NEAR_LIMIT_K, True), (30.0 - NEAR_LIMIT_K - 0.1, False)):
        assert OUTDOOR.is_near(site, weather(site, temperature_c, 5.0), load_mw)[0] == is_near
    assert not OUTDOOR.is_near(region(), weather(region(), 50.0, 5.0), load_mw)[0]


def test_a_load_within_three_kelvin_of_the_inlet_limit_is_near_it():
    # At a supply of 18 degC the inlet is 18 + 1 + 2 x 6/10 = 20.2 degC.
    load_mw = np.array([6.0])
    for limit_c, is_near in ((23.1, True), (23.3, False)):
        site = region(inlet_limit_c=limit_c)
        assert INLET.is_near(site, weather(site, 10.0, 5.0), load_mw)[0] == is_near


def test_limits_in_megawatts_have_no_temperature_to_be_near():
    for limit in (IT_POWER, COOLING, GRID):
        assert limit.is_near is None
        assert limit.outdoor_threshold_c is None
