"""The safe load under each limit never rises with heat, humidity, margin or level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plants import PLANTS, region_with

from fleet.decisions.limit_loads import limits_mw
from fleet.domain.quantities import QUANTITIES
from fleet.physics.headroom import safe_loads_mw
from fleet.physics.limits import GRID, LIMITS, code_of
from fleet.physics.plant_weather import PlantWeather

NAMES = ("temperature_c", "dew_point_c", "it_load_mw")
WORST_WEATHER_C = QUANTITIES["temperature_c"].high, QUANTITIES["dew_point_c"].high
ERROR_MW = 1e-6  # of the wet-bulb solver
SITES = [region_with(plant, outdoor_limit_c=40.0) for plant in PLANTS]

sites = st.sampled_from(SITES)
temperatures = st.floats(-35, 62)
dew_points = st.floats(-45, 37)
levels = st.floats(0, 4)
margins = st.floats(-1, 5)
steps = st.one_of(st.floats(0, 20), st.floats(0, 0.3))


def loads_of(site, temperature_c, dew_point_c, margin=1.0, level=1.0, grid_mw=100.0) -> np.ndarray:
    """Return the (limit,) safe loads; zero where no bound can be given."""
    forecast = {name: np.array([value]) for name, value in zip(NAMES, (temperature_c, dew_point_c, 40.0), strict=True)}
    margin_by_name = {name: np.array([margin]) for name in NAMES}
    loads = limits_mw(site, forecast, margin_by_name, np.array([level]), np.array([grid_mw]))[:, 0]
    return np.where(np.isnan(loads), 0.0, loads)


@pytest.mark.slow
@given(sites, temperatures, dew_points, margins, levels, st.tuples(steps, steps, steps, steps))
def test_no_safe_load_rises_with_heat_humidity_margin_or_level(
    site, temperature_c, dew_point_c, margin, level, increases
):
    hotter, damper, wider, higher = increases
    before = loads_of(site, temperature_c, dew_point_c, margin, level)
    for after in (
        loads_of(site, temperature_c + hotter, dew_point_c, margin, level),
        loads_of(site, temperature_c, dew_point_c + damper, margin, level),
        loads_of(site, temperature_c, dew_point_c, margin + wider, level),
        loads_of(site, temperature_c, dew_point_c, margin, level + higher),
    ):
        assert (after <= before + ERROR_MW).all()


@pytest.mark.slow
@given(sites, temperatures, dew_points, margins, levels)
def test_a_safe_load_is_at_most_that_of_the_physics_at_the_bound(site, temperature_c, dew_point_c, margin, level):
    positive_margin = max(margin, 0)
    loads = loads_of(site, temperature_c, dew_point_c, margin, level)
    for limit in LIMITS:
        margins_above = positive_margin * (max(level, GRID.least_level) if limit == GRID else level)
        bound_c = np.array([temperature_c + margins_above]), np.array([dew_point_c + margins_above])
        if limit == GRID:
            # No hour is hotter or more humid than what telemetry may hold. Beyond 75 degC there are no physics at all,
            # and a grid that carries the installed power in the worst weather keeps the load that it carries there.
            bound_c = tuple(np.minimum(bound, most) for bound, most in zip(bound_c, WORST_WEATHER_C, strict=True))
        weather = PlantWeather.at(site, *bound_c)
        code = code_of(limit)
        assert loads[code] <= safe_loads_mw(site, weather, 100.0)[code, 0] + ERROR_MW


@given(sites, temperatures, dew_points, margins, levels, st.floats(20, 130))
def test_a_grid_that_can_bind_is_unknown_beyond_the_table_and_never_the_limit_that_allows_nothing(
    site, temperature_c, dew_point_c, margin, level, grid_mw
):
    forecast = {name: np.array([value]) for name, value in zip(NAMES, (temperature_c, dew_point_c, 40.0), strict=True)}
    margin_by_name = {name: np.array([margin]) for name in NAMES}
    (grid,) = limits_mw(site, forecast, margin_by_name, np.array([level]), np.array([grid_mw]))[code_of(GRID)]
    # A grid of 20 MW or more carries more than the 4 MW of fixed power in any weather.
    assert np.isnan(grid) or grid > 0


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.plant.kind)
@pytest.mark.parametrize("unknown", [np.inf, np.nan])
def test_without_a_bound_every_safe_load_is_unknown(site, unknown):
    forecast = {name: np.array([10.0]) for name in NAMES}
    level, grid_mw = np.array([1.0]), np.array([100.0])
    for name in NAMES:
        margin = {other: np.array([unknown if other == name else 1.0]) for other in NAMES}
        assert np.isnan(limits_mw(site, forecast, margin, level, grid_mw)).all()
    too_hot = forecast | {"temperature_c": np.array([61.0])}
    margin = {name: np.array([0.0]) for name in NAMES}
    assert np.isnan(limits_mw(site, too_hot, margin, level, grid_mw)).all()
