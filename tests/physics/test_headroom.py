"""Headroom never rises with heat, humidity or load, and says which limit holds it."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.plants import AIR_CHILLED, PLANTS, TOWER_CHILLED, region_with
from support.sites import region, summer_twin

from fleet.domain.region import OutsideAirPlant, Region
from fleet.errors import DataError
from fleet.fleets import load_fleet
from fleet.physics.headroom import (
    PlantWeather,
    added_facility_mw_per_mw,
    added_water_l,
    added_water_l_per_mwh,
    facility_mw,
    headroom,
    inlet_c,
    inlet_limit_c,
    safe_loads_mw,
)
from fleet.physics.limits import COOLING, GRID, LIMITS, OUTDOOR, UNKNOWN, code_of
from fleet.twin import make_twin

FLEET = load_fleet()
DUST = 1e-6  # of the wet-bulb solve, in K and MW

CHILLED = tuple(
    region_with(plant, id=plant.condenser, grid_limit_mw=90.0, altitude_m=1_000.0)
    for plant in (AIR_CHILLED, TOWER_CHILLED)
)
regions = st.sampled_from((*FLEET.regions, *CHILLED))
temperatures = st.floats(-40, 55)
dew_points = st.floats(-40, 35)
loads = st.floats(0, 120)
steps = st.one_of(st.floats(0, 30), st.floats(0, 0.2))


def at(own: Region, temperature_c, dew_point_c, load_mw):
    air = PlantWeather.at(own, np.atleast_1d(temperature_c).astype(float), np.atleast_1d(dew_point_c).astype(float))
    return headroom(own, air, np.atleast_1d(load_mw).astype(float), own.grid_limit_mw)


def room(own: Region, temperature_c: float, dew_point_c: float, load_mw: float) -> float:
    return float(at(own, temperature_c, dew_point_c, load_mw).mw[0])


# Under the tower the wet bulb freezes: it falls from 0.50 to -0.09 degC as the air warms or takes up vapour.
@given(regions, temperatures, dew_points, loads, steps)
@example(CHILLED[1], 9.34, -18.18, 0.0, 0.05)
def test_heat_never_adds_headroom(own, temperature_c, dew_point_c, load_mw, hotter):
    assert (
        room(own, temperature_c + hotter, dew_point_c, load_mw) <= room(own, temperature_c, dew_point_c, load_mw) + DUST
    )


@given(regions, temperatures, dew_points, loads, steps)
@example(CHILLED[1], 9.49, -18.31, 0.0, 0.10)
def test_humidity_never_adds_headroom(own, temperature_c, dew_point_c, load_mw, damper):
    assert (
        room(own, temperature_c, dew_point_c + damper, load_mw) <= room(own, temperature_c, dew_point_c, load_mw) + DUST
    )


@given(regions, temperatures, dew_points, loads, steps)
def test_load_takes_its_own_headroom(own, temperature_c, dew_point_c, load_mw, more):
    before, after = (room(own, temperature_c, dew_point_c, mw) for mw in (load_mw, load_mw + more))
    assert after == pytest.approx(max(before - more, 0), abs=1e-9)


@given(regions, temperatures, dew_points, loads, st.lists(st.tuples(steps, steps, steps), min_size=1, max_size=8))
def test_headroom_at_the_bound_is_the_least_over_all_weather_and_load_up_to_it(
    own, temperature_c, dew_point_c, load_mw, below
):
    at_bound = room(own, temperature_c, dew_point_c, load_mw)
    for cooler, drier, less in below:
        assert at_bound <= room(own, temperature_c - cooler, dew_point_c - drier, max(load_mw - less, 0)) + DUST


@given(regions, temperatures, dew_points, loads)
def test_a_load_that_fills_the_headroom_keeps_every_limit(own, temperature_c, dew_point_c, load_mw):
    air = PlantWeather.at(own, np.array([temperature_c]), np.array([dew_point_c]))
    spare = headroom(own, air, np.array([load_mw]), own.grid_limit_mw).mw
    if spare[0] == 0:
        return
    full = load_mw + spare
    assert own.outdoor_limit_c is None or temperature_c <= own.outdoor_limit_c
    assert inlet_c(air, full)[0] <= inlet_limit_c(own) + DUST
    assert facility_mw(air, full)[0] <= own.grid_limit_mw + DUST
    assert full[0] <= own.it_capacity_mw + DUST


@given(regions, temperatures, dew_points, loads)
def test_the_binding_limit_attains_the_least_safe_load(own, temperature_c, dew_point_c, load_mw):
    air = PlantWeather.at(own, np.array([temperature_c]), np.array([dew_point_c]))
    every = safe_loads_mw(own, air, own.grid_limit_mw)[:, 0]
    found = headroom(own, air, np.array([load_mw]), own.grid_limit_mw)
    assert every[found.binding[0]] == every.min() == found.safe_load_mw[0]
    assert found.mw[0] == max(every.min() - load_mw, 0)


@pytest.mark.parametrize("own", [*FLEET.regions, *CHILLED], ids=lambda own: own.id)
@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_without_a_finite_bound_there_is_no_headroom_and_the_limit_is_unknown(own, missing, which):
    inputs = [10.0, 5.0, 1.0]
    assert at(own, *inputs).mw[0] > 0
    inputs[which] = missing
    found = at(own, *inputs)
    assert found.mw[0] == 0
    assert found.binding[0] == code_of(UNKNOWN)


@given(regions, st.floats(-1e12, 1e12), st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_a_bound_that_no_weather_has_gives_no_headroom_where_it_is_hot_and_no_nonsense_where_it_is_cold(
    own, temperature_c, dew_point_c, load_mw
):
    spare = room(own, temperature_c, dew_point_c, load_mw)
    assert 0 <= spare <= own.it_capacity_mw
    assert temperature_c <= 75 or spare == 0
    assert spare <= room(own, min(temperature_c, 20.0), min(dew_point_c, 5.0), load_mw) + DUST


def test_the_outdoor_throttle_acts_above_its_limit_and_not_at_it():
    arizona = FLEET.regions[0]
    found = at(arizona, [40.0, np.nextafter(40.0, 41)], [5.0, 5.0], [10.0, 10.0])
    assert found.mw[0] > 0
    assert found.mw[1] == 0
    assert found.binding[1] == code_of(OUTDOOR)


def test_headroom_of_a_hall_in_cool_air_is_its_installed_power_less_its_load():
    found = at(region(), 10.0, 5.0, 6.0)
    assert found.mw[0] == 10 - 6
    assert Limit(int(found.binding[0])).label == "it"


def test_each_degree_above_the_design_supply_takes_a_tenth_of_a_hall_with_ten_kelvin_of_rise():
    # Design supply 24 degC, rise 10 K: 26 degC leaves 8 K of 10, so 8 of 10 MW.
    found = at(region(), 26.0, 5.0, 6.0)
    assert found.mw[0] == pytest.approx(8 - 6)
    assert LIMITS[int(found.binding[0])] is COOLING


def test_no_load_fits_where_cooling_has_no_capacity_left():
    # 24 + 10 degC is the exhaust limit: supply at it carries no heat away.
    assert at(region(inlet_limit_c=60), 34.0, 5.0, 0.0).mw[0] == 0


def test_the_grid_binds_at_its_megawatts():
    plant = OutsideAirPlant(
        kind="outside_air",
        supply_setpoint_c=18,
        design_supply_c=24,
        fan_reference_mw=0,
        fixed_mw=1,
        ups_loss_fraction=0,
    )
    found = at(region(plant=plant, grid_limit_mw=9.0), 10.0, 5.0, 6.0)
    # 9 MW less 1 MW of fixed power leaves 8 MW of IT.
    assert found.mw[0] == pytest.approx(8 - 6)
    assert LIMITS[int(found.binding[0])] is GRID


@pytest.mark.parametrize(("altitude_m", "allowed_mw"), [(1_860.0, 88.42), (0.0, 89.81)])
def test_wyomings_grid_carries_less_in_thin_air(altitude_m, allowed_mw):
    # Density ratio 0.7983, so fans of 4 / 0.7983^2 = 6.277 MW: 88.42 x 1.04 + 3.7 + 6.277 x 0.8842^3 = 100.0 MW.
    # At sea level 89.81 x 1.04 + 3.7 + 4 x 0.8981^3 = 100.0 MW.
    own = FLEET.regions[2].model_copy(update={"altitude_m": altitude_m})
    found = at(own, 10.0, 0.0, 0.0)
    assert found.safe_load_mw[0] == pytest.approx(allowed_mw, abs=0.005)
    assert LIMITS[int(found.binding[0])] is GRID


@given(regions, temperatures, dew_points, st.floats(0, 150), steps)
def test_a_smaller_grid_limit_never_adds_headroom_and_is_kept(own, temperature_c, dew_point_c, limit_mw, more):
    air = PlantWeather.at(own, np.array([temperature_c]), np.array([dew_point_c]))
    little, much = (headroom(own, air, np.zeros(1), np.array([mw])) for mw in (limit_mw, limit_mw + more))
    assert little.mw <= much.mw + DUST
    if little.mw > 0:
        assert facility_mw(air, little.mw) <= limit_mw + DUST


@pytest.mark.parametrize("plant", PLANTS)
def test_each_hour_keeps_its_own_grid_limit(plant):
    own = region_with(plant)
    air, limits = PlantWeather.at(own, np.full((2, 3), 15.0), np.full((2, 3), 5.0)), np.array([30.0, 50.0, 70.0])
    found = headroom(own, air, np.zeros((2, 3)), limits)
    for column, limit in enumerate(limits):
        alone = headroom(own, PlantWeather.at(own, np.array([15.0]), np.array([5.0])), np.zeros(1), limit)
        np.testing.assert_array_equal(found.mw[:, column], alone.mw[0])
    assert (found.binding == code_of(GRID)).all()


@given(regions, temperatures, dew_points, st.floats(0, 60), st.floats(0, 20))
def test_what_a_job_adds_is_between_its_first_and_its_last_megawatt(own, temperature_c, dew_point_c, base_mw, job_mw):
    air = PlantWeather.at(own, np.array([temperature_c]), np.array([dew_point_c]))
    base, job = np.array([base_mw]), np.array([job_mw])
    # Within the capacity, where power and water are convex in the load.
    if not base_mw + job_mw < air.state.capacity_mw[0]:
        return
    for added, rate in (
        (facility_mw(air, base + job) - facility_mw(air, base), added_facility_mw_per_mw),
        (added_water_l(air, base, job), added_water_l_per_mwh),
    ):
        assert rate(air, base) * job - DUST <= added <= rate(air, base + job) * job + DUST


def test_a_dew_point_above_the_temperature_counts_as_saturation():
    own = FLEET.regions[0]
    assert room(own, 20.0, 25.0, 10.0) == room(own, 20.0, 20.0, 10.0)


def test_weather_of_two_shapes_is_refused():
    with pytest.raises(DataError, match="one shape"):
        PlantWeather.at(region(), np.zeros(2), np.zeros(3))


def test_any_shape_is_answered_in_that_shape():
    rng = np.random.default_rng(0)
    grid = rng.uniform(-10, 45, (2, 3, 4))
    own = FLEET.regions[0]
    found = headroom(own, PlantWeather.at(own, grid, grid - 5), np.full(grid.shape, 50.0), own.grid_limit_mw)
    one = at(own, grid[1, 2, 3], grid[1, 2, 3] - 5, 50.0)
    assert found.mw.shape == grid.shape
    assert found.mw[1, 2, 3] == one.mw[0]


def test_evaporation_takes_water_and_outside_air_none():
    hot = [PlantWeather.at(own, np.array([38.0]), np.array([5.0])) for own in FLEET.regions]
    water = [added_water_l_per_mwh(air, np.array([10.0]))[0] for air in hot]
    assert water[0] > 0
    assert water[1] == 0
    assert water[2] > 0


def test_over_two_years_each_region_meets_its_own_limit():
    telemetry = make_twin(FLEET, start=np.datetime64("2024-01-01T00"), hours=17_544, seed=7).telemetry
    met = {}
    for row, own in enumerate(FLEET.regions):
        air = PlantWeather.at(own, telemetry.column("temperature_c")[row], telemetry.column("dew_point_c")[row])
        binding = headroom(own, air, telemetry.column("it_load_mw")[row], own.grid_limit_mw).binding
        met[own.id] = {limit for limit in Limit if (binding == limit).any()}
    assert code_of(OUTDOOR) in met["arizona"]
    assert code_of(COOLING) in met["ireland"]
    assert code_of(GRID) in met["wyoming"]
    assert not any(code_of(UNKNOWN) in limits for limits in met.values())


def test_wyomings_grid_is_never_passed_by_load_that_fills_the_headroom():
    telemetry, own = summer_twin().telemetry, FLEET.regions[2]
    air = PlantWeather.at(own, telemetry.column("temperature_c")[2], telemetry.column("dew_point_c")[2])
    load = telemetry.column("it_load_mw")[2]
    full = load + headroom(own, air, load, own.grid_limit_mw).mw
    drawn = facility_mw(air, full)
    assert own.id == "wyoming"
    assert drawn.max() <= own.grid_limit_mw + 1e-9
    assert (drawn > own.grid_limit_mw - 1e-6).sum() > 100
