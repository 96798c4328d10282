import numpy as np
import psychrolib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plants import EVAPORATIVE, IT_MW, OUTSIDE_AIR, PLANTS, at_supply, in_weather

from fleet.domain.region import Plant
from fleet.physics.cooling import (
    air_volume_flow_m3_s,
    exhaust_temperature_c,
    flow_ratio,
    inlet_temperature_c,
    load_at_inlet_mw,
)
from fleet.physics.plant import airflow_capacity_mw

LEVEL = OUTSIDE_AIR.model_copy(update={"recirculation_idle_k": 2.0, "recirculation_full_k": 2.0})

plants = st.sampled_from([EVAPORATIVE, OUTSIDE_AIR, LEVEL])
steps = st.floats(0, 20)
loads = st.floats(0, 120)


def test_capacity_is_full_up_to_design_and_falls_to_zero_at_the_exhaust_limit() -> None:
    # The exhaust limit is 22 + 10 = 32 degC. At 27 degC half of the rise is left.
    supply_c = np.array([18.0, 22.0, 27.0, 32.0, 40.0])
    np.testing.assert_allclose(airflow_capacity_mw(OUTSIDE_AIR, IT_MW, supply_c), [80, 80, 40, 0, 0])


def test_inlet_is_supply_plus_recirculation() -> None:
    load = np.array([0.0, 40.0, 80.0, 100.0])
    # Idle 1 K; half load 1 + (3 - 1) / 2 = 2 K; full load 3 K; a quarter beyond full load 3 + 10 / 4 = 5.5 K.
    np.testing.assert_allclose(inlet_temperature_c(at_supply(OUTSIDE_AIR, 20), load), [21, 22, 23, 25.5])


def test_inlet_is_infinite_for_any_load_without_capacity() -> None:
    too_hot = at_supply(OUTSIDE_AIR, 35)
    assert inlet_temperature_c(too_hot, np.array([0.1]))[0] == np.inf
    assert inlet_temperature_c(too_hot, np.array([0.0]))[0] == 36


@given(plants, st.floats(18, 40), loads, steps, steps)
def test_inlet_never_falls_with_supply_or_load(
    plant: Plant, supply_c: float, load: float, warmer: float, more: float
) -> None:
    def inlet(at_c: float, mw: float) -> float:
        return float(inlet_temperature_c(at_supply(plant, at_c), np.array([mw]))[0])

    assert inlet(supply_c + warmer, load) >= inlet(supply_c, load) - 1e-9
    assert inlet(supply_c, load + more) >= inlet(supply_c, load) - 1e-9


@given(plants, st.floats(18, 31.5), st.floats(19, 45))
def test_load_at_inlet_meets_the_limit_and_is_the_largest_that_does(
    plant: Plant, supply_c: float, limit_c: float
) -> None:
    at = at_supply(plant, supply_c)
    load = load_at_inlet_mw(at, limit_c)
    idle_c = inlet_temperature_c(at, np.zeros(1))[0]
    if idle_c > limit_c:
        assert load[0] == 0
    else:
        assert inlet_temperature_c(at, load)[0] <= limit_c + 1e-6
        assert inlet_temperature_c(at, load + 0.01)[0] > limit_c


@given(plants, st.floats(18, 40), st.floats(20, 45), steps, steps)
def test_load_at_inlet_falls_with_supply_and_rises_with_the_limit(
    plant: Plant, supply_c: float, limit_c: float, warmer: float, wider: float
) -> None:
    def load(at_c: float, below_c: float) -> float:
        return float(load_at_inlet_mw(at_supply(plant, at_c), below_c)[0])

    assert load(supply_c + warmer, limit_c) <= load(supply_c, limit_c) + 1e-9
    assert load(supply_c, limit_c + wider) >= load(supply_c, limit_c) - 1e-9


@pytest.mark.parametrize("plant", [*PLANTS, LEVEL])
def test_missing_input_gives_missing_results(plant: Plant) -> None:
    some, missing = np.array([20.0]), np.array([np.nan])
    for state in (in_weather(plant, np.nan, 10), in_weather(plant, 20, np.nan), in_weather(plant, 20, 10, hpa=np.nan)):
        for result in (
            state.supply_c,
            state.capacity_mw,
            flow_ratio(state, some),
            inlet_temperature_c(state, some),
            air_volume_flow_m3_s(state, some),
            load_at_inlet_mw(state, 35.0),
        ):
            assert np.isnan(result).all()
    state = in_weather(plant, 20, 10)
    assert np.isnan(inlet_temperature_c(state, missing)).all()
    assert np.isnan(air_volume_flow_m3_s(state, missing)).all()


def test_the_air_flow_carries_the_heat_of_the_load() -> None:
    # 40 MW at 10 K: 40,000 / (1.006 x 10) = 3,976 kg/s, at the density of dry air of 20 degC and 90 kPa.
    psychrolib.SetUnitSystem(psychrolib.SI)
    density = psychrolib.GetDryAirDensity(20.0, 90_000.0)
    flow = air_volume_flow_m3_s(in_weather(OUTSIDE_AIR, 20, 10), np.array([40.0]))
    assert flow[0] == pytest.approx(40_000 / 10.06 / density, rel=1e-4)


@given(st.sampled_from(PLANTS), st.floats(-20, 31), st.floats(0, 20), st.floats(0, 80))
def test_flow_times_rise_is_the_heat_that_is_removed(
    plant: Plant, temperature: float, spread: float, load_mw: float
) -> None:
    state = in_weather(plant, temperature, temperature - spread)
    carried = np.minimum(load_mw, state.capacity_mw)
    flow = air_volume_flow_m3_s(state, carried)
    density = 90_000 / (287.042 * (state.supply_c + 273.15))
    heat_mw = flow * density * 1.006 * (exhaust_temperature_c(state) - state.supply_c) / 1_000
    np.testing.assert_allclose(heat_mw, carried, rtol=1e-9, atol=1e-9)


def test_a_chilled_hall_keeps_its_inlet_up_to_the_capacity_of_the_chillers() -> None:
    cool, hot = (in_weather(PLANTS[2], temperature, 5) for temperature in (10.0, 45.0))
    load = np.array([40.0])
    assert inlet_temperature_c(hot, load) == inlet_temperature_c(cool, load) == 20 + 1 + 2 * 40 / 80
    # Beyond their capacity the inlet rises by 10 K times the excess over the capacity.
    beyond = 1.1 * hot.capacity_mw
    assert hot.capacity_mw[0] < 80 / 1.1
    assert inlet_temperature_c(hot, beyond)[0] == pytest.approx(21 + 2 * beyond[0] / 80 + 10 * 0.1)


@given(st.sampled_from(PLANTS[2:]), st.floats(-20, 60), st.floats(19, 60))
def test_load_at_inlet_of_a_chilled_hall_meets_the_limit(plant: Plant, temperature: float, limit_c: float) -> None:
    state = in_weather(plant, temperature, temperature - 3)
    load = load_at_inlet_mw(state, limit_c)
    if limit_c <= 21:  # setpoint plus recirculation of an idle hall
        assert load[0] == 0
    elif state.capacity_mw[0] > 0.1:
        np.testing.assert_allclose(inlet_temperature_c(state, load), limit_c, atol=1e-6)
