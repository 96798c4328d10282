import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from support.builders import hours_from
from support.sites import region
from twin_study.operate import OutdoorAir, operate

from fleet.domain.region import ChillerPlant, Region
from fleet.domain.white_space import WhiteSpace
from fleet.errors import DataError
from fleet.fleets import load_fleet
from fleet.physics.cooling import inlet_temperature_c
from fleet.physics.trip.room import (
    RoomState,
    advance,
    cooling_at_0_c_mw,
    cooling_mw_per_k,
    plant_in,
    propagator,
    remaining_plant,
    room_of,
)
from fleet.units import FloatArray

# 10 MW of IT in racks of 10 kW: 1,000 racks.
SITE = region(
    white_space=WhiteSpace(rack_kw=10, air_m3_per_rack=12, metal_kj_per_k_per_rack=50, air_to_metal_k_per_kw=1.6)
)
ROOM = room_of(SITE)
CHILLED = region(
    plant=ChillerPlant(
        kind="chiller", supply_setpoint_c=20, design_supply_c=24, fan_reference_mw=0.5, fixed_mw=0.5, chiller_mw=9
    )
)
NO_COOLING = np.zeros(1)


def at(air_c: float, metal_c: float | None = None) -> RoomState:
    return RoomState(air_c=np.array([air_c]), metal_c=np.array([air_c if metal_c is None else metal_c]))


def rise_k(site: Region, load_mw: float, seconds: int) -> FloatArray:
    """Rise of the air temperature after each second without any cooling, (second,)."""
    step, state, rises = propagator(room_of(site), NO_COOLING, 1.0), at(0.0), [0.0]
    for _ in range(seconds):
        state, _ = advance(step, state, np.array([load_mw]), NO_COOLING)
        rises.append(float(state.air_c[0]))
    return np.array(rises)


def test_the_heat_capacity_of_a_hall_is_that_of_its_racks() -> None:
    assert ROOM.air_mj_per_k == pytest.approx(14.4)  # 1,000 x 12 m3 x 1.2 kJ/m3K
    assert ROOM.metal_mj_per_k == pytest.approx(50)  # 1,000 x 50 kJ/K
    assert ROOM.air_to_metal_k_per_mw == pytest.approx(1.6)  # 1.6 K/kW / 1,000


def test_the_heat_capacity_of_air_falls_with_altitude_and_that_of_metal_does_not() -> None:
    high = room_of(region(altitude_m=1_860))
    low = room_of(region(altitude_m=0))
    assert high.air_mj_per_k / low.air_mj_per_k == pytest.approx(0.80, abs=0.005)
    assert high.metal_mj_per_k == low.metal_mj_per_k


@pytest.mark.parametrize("load_mw", [2.0, 6.0, 10.0])
def test_without_cooling_the_air_first_rises_by_power_over_its_heat_capacity(load_mw: float) -> None:
    # 10 MW / 14.4 MJ/K = 0.69 K/s. In the first second the metal takes 1 / (2 R C_a) = 2 % of the heat.
    assert rise_k(SITE, load_mw, 1)[1] == pytest.approx(load_mw / 14.4, rel=0.05)
    step = propagator(ROOM, NO_COOLING, 1e-6)
    after, _ = advance(step, at(0.0), np.array([load_mw]), NO_COOLING)
    assert after.air_c[0] / 1e-6 == pytest.approx(load_mw / 14.4, rel=1e-4)


def test_after_some_minutes_air_and_metal_warm_equally_fast() -> None:
    rise = rise_k(SITE, 10.0, 600)
    assert rise[600] - rise[599] == pytest.approx(10 / (14.4 + 50), rel=1e-6)


def test_halls_of_dense_and_of_light_racks_trip_in_the_published_times() -> None:
    # Time from an inlet of 22 to 40 degC. Published: under 1 min at 10 kW, 3 min 9 s at 5 kW.
    def seconds(rack_kw: float, kelvin: float) -> int:
        site = region(it_capacity_mw=10.0, white_space=WhiteSpace(rack_kw=rack_kw))
        return int(np.argmax(rise_k(site, 10.0, 400) >= kelvin))

    assert 30 <= seconds(10, 40 - 22) < 60
    assert 150 <= seconds(5, 40 - 22) <= 210
    assert (seconds(10, 18), seconds(5, 18)) == (57, 170)  # as the docstring of WhiteSpace states
    assert 30 <= seconds(10, 20) <= 180
    # Twice the power per rack is more than twice as fast, because the metal warms with a delay.
    assert seconds(5, 18) > 2 * seconds(10, 18)


@given(st.floats(0, 20), st.floats(0, 5), st.floats(0, 50), st.floats(0, 50), st.floats(0.1, 120))
def test_a_step_of_any_length_is_exact(heat: float, per_k: float, air: float, metal: float, step_s: float) -> None:
    law = -25.0 * per_k  # there is no cooling at 25 degC
    halves, state = propagator(ROOM, np.array([per_k]), step_s / 2), at(air, metal)
    removed_in_halves = 0.0
    for _ in range(2):
        state, removed = advance(halves, state, np.array([heat]), np.array([law]))
        removed_in_halves += float(removed[0])
    whole = propagator(ROOM, np.array([per_k]), step_s)
    after, removed = advance(whole, at(air, metal), np.array([heat]), np.array([law]))
    np.testing.assert_allclose([after.air_c, after.metal_c], [state.air_c, state.metal_c], atol=1e-9)
    assert removed[0] == pytest.approx(removed_in_halves, abs=1e-7)
    stored = 14.4 * (after.air_c[0] - air) + 50 * (after.metal_c[0] - metal)
    assert stored + removed[0] == pytest.approx(heat * step_s, abs=1e-7)


def test_the_solution_agrees_with_a_general_solver() -> None:
    def rates(_: float, y: FloatArray) -> list[float]:
        flow = (y[0] - y[1]) / 1.6
        return [(8.0 - (2.0 + 0.5 * y[0]) - flow) / 14.4, flow / 50]

    expected = solve_ivp(rates, (0, 60), [30.0, 22.0], rtol=1e-10, atol=1e-10).y[:, -1]
    after, _ = advance(propagator(ROOM, np.array([0.5]), 60.0), at(30, 22), np.array([8.0]), np.array([2.0]))
    np.testing.assert_allclose([after.air_c[0], after.metal_c[0]], expected, atol=1e-6)


def test_scenarios_are_independent() -> None:
    per_k, heat = np.array([0.0, 0.5]), np.array([6.0, 9.0])
    law, state = np.array([0.0, -10.0]), RoomState(air_c=np.array([22.0, 30.0]), metal_c=np.array([22.0, 25.0]))
    both, removed = advance(propagator(ROOM, per_k, 1.0), state, heat, law)
    for i in range(2):
        start = RoomState(air_c=state.air_c[i : i + 1], metal_c=state.metal_c[i : i + 1])
        alone, took = advance(propagator(ROOM, per_k[i : i + 1], 1.0), start, heat[i : i + 1], law[i : i + 1])
        assert (both.air_c[i], both.metal_c[i], removed[i]) == pytest.approx(
            (alone.air_c[0], alone.metal_c[0], took[0])
        )


@pytest.mark.parametrize("site", [SITE, CHILLED])
@pytest.mark.parametrize("lost", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("load_mw", [1.0, 5.0, 9.0])
def test_a_hall_settles_at_the_inlet_of_the_static_model(site: Region, lost: float, load_mw: float) -> None:
    plant, load = remaining_plant(plant_in(site, np.array([20.0]), np.array([10.0])), lost), np.array([load_mw])
    step = propagator(room_of(site), cooling_mw_per_k(plant), 7_200.0)
    after, _ = advance(step, at(22.0), load, cooling_at_0_c_mw(plant, load))
    assert after.air_c[0] == pytest.approx(inlet_temperature_c(plant, load)[0], abs=1e-3)


def test_the_plant_has_the_pressure_of_its_altitude() -> None:
    # At 809 hPa the wet bulb is 17.15 degC, and 38 - 0.88 (38 - 17.15) = 19.65 degC is below the setpoint of 20 degC.
    # At sea level it is 18.58 degC, which gives 38 - 0.88 (38 - 18.58) = 20.91 degC.
    wyoming = next(region for region in load_fleet().regions if region.id == "wyoming")
    for site, supply_c in ((wyoming, 20.0), (wyoming.model_copy(update={"altitude_m": 0.0}), 20.91)):
        air = OutdoorAir(temperature_c=38.0, dew_point_c=5.0)
        operation = operate(site, hours_from("2024-07-01T20", 1), air, 40.0)
        plant = plant_in(site, 38.0, 5.0)
        assert plant.supply_c == pytest.approx(supply_c, abs=0.005)
        assert plant.supply_c == pytest.approx(operation.supply_c[0], abs=1e-9)


def test_a_dew_point_of_fog_counts_as_saturation_and_a_higher_one_is_refused() -> None:
    foggy, saturated = plant_in(SITE, 15.0, 16.9), plant_in(SITE, 15.0, 15.0)
    assert foggy.supply_c == saturated.supply_c
    with pytest.raises(
        DataError, match=r"region alpha: dew_point_c is 17.5, expected at most its temperature_c of 15,"
    ):
        plant_in(SITE, np.array([20.0, 15.0]), np.array([5.0, 17.5]))


@pytest.mark.parametrize(
    ("weather", "message"),
    [
        ((313.0, 10.0), "temperature_c is 313, expected -90 to 60; looks like kelvin"),
        ((np.inf, 10.0), "temperature_c is infinite"),
        ((20.0, -np.inf), "dew_point_c is infinite"),
    ],
)
def test_weather_of_another_unit_is_refused_with_its_region(weather: tuple[float, float], message: str) -> None:
    with pytest.raises(DataError, match=f"region alpha: {message}"):
        plant_in(SITE, *weather)


def test_a_plant_without_capacity_removes_no_heat() -> None:
    plant = remaining_plant(plant_in(SITE, np.array([20.0]), np.array([10.0])), 1.0)
    assert cooling_mw_per_k(plant)[0] == 0
    np.testing.assert_array_equal(cooling_at_0_c_mw(plant, np.array([5.0])), 0)


def test_more_capacity_lost_never_leaves_a_cooler_hall() -> None:
    plant, load = plant_in(SITE, np.full(4, 20.0), np.full(4, 10.0)), np.full(4, 6.0)
    remaining = remaining_plant(plant, np.array([0.0, 0.4, 0.7, 1.0]))
    step = propagator(ROOM, cooling_mw_per_k(remaining), 60.0)
    start = RoomState(air_c=np.full(4, 22.0), metal_c=np.full(4, 22.0))
    after, _ = advance(step, start, load, cooling_at_0_c_mw(remaining, load))
    assert (np.diff(after.air_c) > 0).all()
