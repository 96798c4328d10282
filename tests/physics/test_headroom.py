"""Headroom never rises with heat, humidity or load, and names the limit that binds."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.plants import AIR_CHILLED, PLANTS, TOWER_CHILLED, region_with
from support.sites import region, summer_twin

from fleet.domain.conditions import Headroom
from fleet.domain.region import OutsideAirPlant, Region
from fleet.errors import DataError
from fleet.fleets import load_fleet
from fleet.physics.altitude import inlet_limit_c
from fleet.physics.headroom import (
    added_facility_mw_per_mw,
    added_water_l,
    added_water_l_per_mwh,
    facility_mw,
    headroom,
    inlet_c,
    safe_loads_mw,
)
from fleet.physics.limits import COOLING, GRID, IT_POWER, LIMITS, OUTDOOR, UNKNOWN, code_of
from fleet.physics.plant_weather import PlantWeather
from fleet.twin import make_twin

FLEET = load_fleet()
ERROR = 1e-6  # of the wet-bulb solver, in K and MW

CHILLED = tuple(
    region_with(plant, id=plant.condenser, grid_limit_mw=90.0, altitude_m=1_000.0)
    for plant in (AIR_CHILLED, TOWER_CHILLED)
)
regions = st.sampled_from((*FLEET.regions, *CHILLED))
temperatures = st.floats(-40, 55)
dew_points = st.floats(-40, 35)
loads = st.floats(0, 120)
steps = st.one_of(st.floats(0, 30), st.floats(0, 0.2))


def weather(site: Region, temperature_c, dew_point_c) -> PlantWeather:
    """Return the plant in some weather, given as numbers or arrays."""
    return PlantWeather.at(site, np.atleast_1d(temperature_c).astype(float), np.atleast_1d(dew_point_c).astype(float))


def headroom_at(site: Region, temperature_c, dew_point_c, load_mw) -> Headroom:
    """Return the headroom at the region's grid limit."""
    air = weather(site, temperature_c, dew_point_c)
    return headroom(site, air, np.atleast_1d(load_mw).astype(float), site.grid_limit_mw)


def headroom_mw(site: Region, temperature_c: float, dew_point_c: float, load_mw: float) -> float:
    """Return the headroom of a single hour."""
    return float(headroom_at(site, temperature_c, dew_point_c, load_mw).mw[0])


# In both examples the wet bulb freezes: it falls from 0.50 to -0.09 degC as the air warms or gets more humid.
@given(regions, temperatures, dew_points, loads, steps)
@example(CHILLED[1], 9.34, -18.18, 0.0, 0.05)
def test_heat_never_adds_headroom(site, temperature_c, dew_point_c, load_mw, hotter):
    before_mw = headroom_mw(site, temperature_c, dew_point_c, load_mw)
    assert headroom_mw(site, temperature_c + hotter, dew_point_c, load_mw) <= before_mw + ERROR


@given(regions, temperatures, dew_points, loads, steps)
@example(CHILLED[1], 9.49, -18.31, 0.0, 0.10)
def test_humidity_never_adds_headroom(site, temperature_c, dew_point_c, load_mw, damper):
    before_mw = headroom_mw(site, temperature_c, dew_point_c, load_mw)
    assert headroom_mw(site, temperature_c, dew_point_c + damper, load_mw) <= before_mw + ERROR


@given(regions, temperatures, dew_points, loads, steps)
def test_added_load_reduces_the_headroom_by_its_power(site, temperature_c, dew_point_c, load_mw, more):
    before_mw, after_mw = (headroom_mw(site, temperature_c, dew_point_c, mw) for mw in (load_mw, load_mw + more))
    assert after_mw == pytest.approx(max(before_mw - more, 0), abs=1e-9)


@pytest.mark.slow
@given(regions, temperatures, dew_points, loads, st.lists(st.tuples(steps, steps, steps), min_size=1, max_size=8))
def test_headroom_at_the_bound_is_the_smallest_of_all_weather_and_load_below_it(
    site, temperature_c, dew_point_c, load_mw, decreases
):
    bound_mw = headroom_mw(site, temperature_c, dew_point_c, load_mw)
    for cooler, drier, less in decreases:
        below_mw = headroom_mw(site, temperature_c - cooler, dew_point_c - drier, max(load_mw - less, 0))
        assert bound_mw <= below_mw + ERROR


@given(regions, temperatures, dew_points, loads)
def test_a_load_that_fills_the_headroom_is_within_every_limit(site, temperature_c, dew_point_c, load_mw):
    air = weather(site, temperature_c, dew_point_c)
    spare_mw = headroom(site, air, np.array([load_mw]), site.grid_limit_mw).mw
    if spare_mw[0] == 0:
        return
    full_mw = load_mw + spare_mw
    assert site.outdoor_limit_c is None or temperature_c <= site.outdoor_limit_c
    assert inlet_c(air, full_mw)[0] <= inlet_limit_c(site) + ERROR
    assert facility_mw(air, full_mw)[0] <= site.grid_limit_mw + ERROR
    assert full_mw[0] <= site.it_capacity_mw + ERROR


@given(regions, temperatures, dew_points, loads)
def test_the_binding_limit_has_the_smallest_safe_load(site, temperature_c, dew_point_c, load_mw):
    safe_mw = safe_loads_mw(site, weather(site, temperature_c, dew_point_c), site.grid_limit_mw)[:, 0]
    at_load = headroom_at(site, temperature_c, dew_point_c, load_mw)
    assert safe_mw[at_load.binding[0]] == safe_mw.min() == at_load.safe_load_mw[0]
    assert at_load.mw[0] == max(safe_mw.min() - load_mw, 0)


@pytest.mark.parametrize("site", [*FLEET.regions, *CHILLED], ids=lambda site: site.id)
@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_without_a_finite_bound_there_is_no_headroom_and_the_limit_is_unknown(site, missing, position):
    inputs = [10.0, 5.0, 1.0]
    assert headroom_at(site, *inputs).mw[0] > 0
    inputs[position] = missing
    without_bound = headroom_at(site, *inputs)
    assert without_bound.mw[0] == 0
    assert without_bound.binding[0] == code_of(UNKNOWN)


@given(regions, st.floats(-1e12, 1e12), st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_an_impossible_bound_gives_no_headroom_if_hot_and_no_more_than_cool_air_if_cold(
    site, temperature_c, dew_point_c, load_mw
):
    spare_mw = headroom_mw(site, temperature_c, dew_point_c, load_mw)
    assert 0 <= spare_mw <= site.it_capacity_mw
    assert temperature_c <= 75 or spare_mw == 0
    assert spare_mw <= headroom_mw(site, min(temperature_c, 20.0), min(dew_point_c, 5.0), load_mw) + ERROR


def test_the_outdoor_throttle_acts_above_its_limit_and_not_at_it():
    arizona = FLEET.regions[0]
    around_limit = headroom_at(arizona, [40.0, np.nextafter(40.0, 41)], [5.0, 5.0], [10.0, 10.0])
    assert around_limit.mw[0] > 0
    assert around_limit.mw[1] == 0
    assert around_limit.binding[1] == code_of(OUTDOOR)


def test_in_cool_air_the_headroom_is_the_it_power_less_the_load():
    cool = headroom_at(region(), 10.0, 5.0, 6.0)
    assert cool.mw[0] == 10 - 6
    assert LIMITS[int(cool.binding[0])] is IT_POWER


def test_each_degree_above_the_design_supply_takes_a_tenth_of_a_rise_of_ten_kelvin():
    # The design supply is 24 degC and the rise is 10 K: at 26 degC 8 K of 10 K are left, so 8 of 10 MW.
    warm = headroom_at(region(), 26.0, 5.0, 6.0)
    assert warm.mw[0] == pytest.approx(8 - 6)
    assert LIMITS[int(warm.binding[0])] is COOLING


def test_no_load_fits_where_cooling_has_no_capacity_left():
    # The exhaust limit is 24 + 10 degC: supply air of this temperature carries no heat away.
    assert headroom_at(region(inlet_limit_c=60), 34.0, 5.0, 0.0).mw[0] == 0


def test_the_grid_binds_at_its_megawatts():
    plant = OutsideAirPlant(
        kind="outside_air",
        supply_setpoint_c=18,
        design_supply_c=24,
        fan_reference_mw=0,
        fixed_mw=1,
        ups_loss_fraction=0,
    )
    limited = headroom_at(region(plant=plant, grid_limit_mw=9.0), 10.0, 5.0, 6.0)
    # 9 MW less 1 MW of fixed power leave 8 MW of IT power.
    assert limited.mw[0] == pytest.approx(8 - 6)
    assert LIMITS[int(limited.binding[0])] is GRID


@pytest.mark.parametrize(("altitude_m", "allowed_mw"), [(1_860.0, 89.43), (0.0, 90.86)])
def test_wyomings_grid_carries_less_in_thin_air(altitude_m, allowed_mw):
    # Density ratio 0.7983, so fans of 4 / 0.7983^2 = 6.277 MW: 89.43 x 1.04 + 2.5 + 6.277 x 0.8943^3 = 100.0 MW.
    # At sea level 90.86 x 1.04 + 2.5 + 4 x 0.9086^3 = 100.0 MW.
    wyoming = FLEET.regions[2].model_copy(update={"altitude_m": altitude_m})
    cool = headroom_at(wyoming, 10.0, 0.0, 0.0)
    assert cool.safe_load_mw[0] == pytest.approx(allowed_mw, abs=0.005)
    assert LIMITS[int(cool.binding[0])] is GRID


@given(regions, temperatures, dew_points, st.floats(0, 150), steps)
def test_a_smaller_grid_limit_never_adds_headroom_and_is_not_exceeded(site, temperature_c, dew_point_c, limit_mw, more):
    air = weather(site, temperature_c, dew_point_c)
    smaller, larger = (headroom(site, air, np.zeros(1), np.array([mw])).mw for mw in (limit_mw, limit_mw + more))
    assert smaller <= larger + ERROR
    if smaller > 0:
        assert facility_mw(air, smaller) <= limit_mw + ERROR


@pytest.mark.parametrize("plant", PLANTS)
def test_each_hour_has_its_own_grid_limit(plant):
    site = region_with(plant)
    air, limits_mw = weather(site, np.full((2, 3), 15.0), np.full((2, 3), 5.0)), np.array([30.0, 50.0, 70.0])
    together = headroom(site, air, np.zeros((2, 3)), limits_mw)
    for column, limit_mw in enumerate(limits_mw):
        alone = headroom(site, weather(site, 15.0, 5.0), np.zeros(1), limit_mw)
        np.testing.assert_array_equal(together.mw[:, column], alone.mw[0])
    assert (together.binding == code_of(GRID)).all()


@given(regions, temperatures, dew_points, st.floats(0, 60), st.floats(0, 20))
def test_a_job_adds_between_the_rate_of_its_first_and_of_its_last_megawatt(
    site, temperature_c, dew_point_c, base_mw, job_mw
):
    air = weather(site, temperature_c, dew_point_c)
    base, job = np.array([base_mw]), np.array([job_mw])
    # Power and water are convex in the load within the cooling capacity only.
    if not base_mw + job_mw < air.state.capacity_mw[0]:
        return
    for added, rate in (
        (facility_mw(air, base + job) - facility_mw(air, base), added_facility_mw_per_mw),
        (added_water_l(air, base, job), added_water_l_per_mwh),
    ):
        assert rate(air, base) * job - ERROR <= added <= rate(air, base + job) * job + ERROR


def test_a_dew_point_above_the_temperature_counts_as_saturation():
    arizona = FLEET.regions[0]
    assert headroom_mw(arizona, 20.0, 25.0, 10.0) == headroom_mw(arizona, 20.0, 20.0, 10.0)


def test_temperature_and_dew_point_of_two_shapes_are_refused():
    with pytest.raises(DataError, match="one shape"):
        PlantWeather.at(region(), np.zeros(2), np.zeros(3))


def test_headroom_has_the_shape_of_the_weather():
    temperature_c = np.random.default_rng(0).uniform(-10, 45, (2, 3, 4))
    arizona = FLEET.regions[0]
    together = headroom_at(arizona, temperature_c, temperature_c - 5, np.full(temperature_c.shape, 50.0))
    alone = headroom_at(arizona, temperature_c[1, 2, 3], temperature_c[1, 2, 3] - 5, 50.0)
    assert together.mw.shape == temperature_c.shape
    assert together.mw[1, 2, 3] == alone.mw[0]


def test_evaporative_cooling_uses_water_and_outside_air_none():
    water_l = [added_water_l_per_mwh(weather(site, 38.0, 5.0), np.array([10.0]))[0] for site in FLEET.regions]
    assert water_l[0] > 0
    assert water_l[1] == 0
    assert water_l[2] > 0


def test_over_two_years_each_region_reaches_its_own_limit():
    telemetry = make_twin(FLEET, start=np.datetime64("2024-01-01T00"), hours=17_544, seed=7).telemetry
    codes = {}
    for row, site in enumerate(FLEET.regions):
        temperature_c, dew_point_c = telemetry.column("temperature_c")[row], telemetry.column("dew_point_c")[row]
        codes[site.id] = set(headroom_at(site, temperature_c, dew_point_c, telemetry.column("it_load_mw")[row]).binding)
    assert code_of(OUTDOOR) in codes["arizona"]
    assert code_of(COOLING) in codes["ireland"]
    assert code_of(GRID) in codes["wyoming"]
    assert not any(code_of(UNKNOWN) in of_region for of_region in codes.values())


def test_a_load_that_fills_the_headroom_never_exceeds_wyomings_grid():
    telemetry, site = summer_twin().telemetry, FLEET.regions[2]
    air = weather(site, telemetry.column("temperature_c")[2], telemetry.column("dew_point_c")[2])
    load_mw = telemetry.column("it_load_mw")[2]
    full_mw = load_mw + headroom(site, air, load_mw, site.grid_limit_mw).mw
    drawn_mw = facility_mw(air, full_mw)
    assert site.id == "wyoming"
    assert drawn_mw.max() <= site.grid_limit_mw + 1e-9
    assert (drawn_mw > site.grid_limit_mw - 1e-6).sum() > 100
