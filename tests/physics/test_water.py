import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plants import AIR_CHILLED, EVAPORATIVE, OUTSIDE_AIR, PLANTS, TOWER_CHILLED, in_weather, region_with

from fleet.domain.region import Plant
from fleet.physics.plant import PlantState, plant_state
from fleet.physics.power import chiller_power_mw
from fleet.physics.water import added_water_l_per_h, marginal_water_l_per_kwh, water_l_per_kwh

LOAD = np.array([40.0])


def hot(plant: Plant) -> PlantState:
    """Dry air of 38 degC with a wet bulb of 10 degC, which an evaporative plant cools to its setpoint of 18 degC."""
    return plant_state(region_with(plant), np.array([38.0]), np.array([10.0]), 1_000.0)


def test_water_is_the_heat_balance_times_the_drain() -> None:
    # (3600 / 2450) (38 - 18) / 10 x 3 / 2 = 4.408 L/kWh
    assert water_l_per_kwh(hot(EVAPORATIVE), LOAD)[0] == pytest.approx(4.408, abs=1e-3)


def test_a_smaller_temperature_rise_needs_more_air_and_more_water() -> None:
    # T = 45, Twb = 25: 45 - 0.88 (45 - 25) = 27.4 degC, 2.4 K above the design of 25. So the air warms by 7.6 K, not
    # 10.
    monsoon = plant_state(region_with(EVAPORATIVE), np.array([45.0]), np.array([25.0]), 1_000.0)
    # (3600 / 2450) (45 - 27.4) / 7.6 x 3 / 2 = 5.104 L/kWh
    assert water_l_per_kwh(monsoon, LOAD)[0] == pytest.approx(5.104, abs=1e-3)
    assert marginal_water_l_per_kwh(monsoon, LOAD)[0] == pytest.approx(5.104, abs=1e-3)


def test_water_stops_rising_beyond_the_largest_flow() -> None:
    monsoon = plant_state(region_with(EVAPORATIVE), np.array([45.0]), np.array([25.0]), 1_000.0)
    # The largest flow carries 80 x 7.6 / 10 = 60.8 MW.
    full, beyond = np.array([60.8]), np.array([75.0])
    assert added_water_l_per_h(monsoon, full, beyond - full)[0] == pytest.approx(0, abs=1e-6)
    assert marginal_water_l_per_kwh(monsoon, beyond)[0] == 0
    assert water_l_per_kwh(monsoon, beyond)[0] == pytest.approx(60.8 / 75 * 5.104, abs=1e-3)


def test_more_cycles_use_less_water() -> None:
    frugal = EVAPORATIVE.model_copy(update={"cycles_of_concentration": 6.0})
    # 6 / 5 over 3 / 2 is 0.8.
    ratio = water_l_per_kwh(hot(frugal), LOAD) / water_l_per_kwh(hot(EVAPORATIVE), LOAD)
    assert ratio[0] == pytest.approx(0.8)


@given(st.floats(-30, 18))
def test_water_is_exactly_zero_below_the_setpoint(temperature: float) -> None:
    dry = np.array([temperature])
    assert water_l_per_kwh(plant_state(region_with(EVAPORATIVE), dry, dry - 3, 1_000.0), LOAD)[0] == 0


def test_without_evaporation_there_is_no_water() -> None:
    for plant in (OUTSIDE_AIR, AIR_CHILLED):
        for water in (water_l_per_kwh, marginal_water_l_per_kwh):
            assert water(hot(plant), LOAD)[0] == 0
        assert added_water_l_per_h(hot(plant), LOAD, LOAD)[0] == 0


def test_a_tower_evaporates_the_heat_and_the_power_of_its_chillers() -> None:
    state = hot(TOWER_CHILLED)
    # (3600 / 2450) (40 + chiller power) / 40 x 3 / 2
    rejected = 40 + chiller_power_mw(state, LOAD)[0]
    assert water_l_per_kwh(state, LOAD)[0] == pytest.approx(3_600 / 2_450 * rejected / 40 * 1.5)
    # The rejected heat is 1 to 1.3 of the IT power, which gives 2.2 to 2.9 L/kWh.
    assert 2.2 < water_l_per_kwh(state, LOAD)[0] < 2.9


@given(st.sampled_from([EVAPORATIVE, TOWER_CHILLED]), st.floats(-20, 45), st.floats(0, 60), st.floats(0, 60))
def test_water_adds_up(plant: Plant, temperature: float, below_mw: float, more_mw: float) -> None:
    state = in_weather(plant, temperature, temperature - 10)
    if state.capacity_mw[0] < 1:  # without capacity, the flow jumps at the first megawatt and has no slope
        return
    below, more = np.array([below_mw]), np.array([more_mw])
    first, then = added_water_l_per_h(state, np.zeros(1), below), added_water_l_per_h(state, below, more)
    np.testing.assert_allclose(first + then, added_water_l_per_h(state, np.zeros(1), below + more), atol=1e-6)
    step = np.array([1e-4])
    per_kwh = added_water_l_per_h(state, below, step) / (1_000 * step)
    ends = [marginal_water_l_per_kwh(state, end)[0] for end in (below, below + step)]
    assert min(ends) - 1e-3 <= per_kwh[0] <= max(ends) + 1e-3


@given(st.floats(-20, 60))
def test_water_of_a_tower_is_proportional_to_small_loads(temperature: float) -> None:
    state = in_weather(TOWER_CHILLED, temperature, temperature - 10)
    if state.capacity_mw[0] < 1:
        return
    none, little = (water_l_per_kwh(state, np.array([mw]))[0] for mw in (0.0, 0.01))
    assert none == pytest.approx(little)
    assert none == pytest.approx(marginal_water_l_per_kwh(state, np.zeros(1))[0])


@pytest.mark.parametrize("plant", PLANTS)
def test_missing_weather_stays_missing(plant: Plant) -> None:
    for state in (in_weather(plant, np.nan, 18), in_weather(plant, 35, np.nan)):
        assert np.isnan(water_l_per_kwh(state, LOAD)).all()
        assert np.isnan(marginal_water_l_per_kwh(state, LOAD)).all()
        assert np.isnan(added_water_l_per_h(state, LOAD, LOAD)).all()
