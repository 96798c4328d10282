import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.region import EvaporativePlant, OutsideAirPlant, Plant
from fleet.physics.cooling import (
    cooling_capacity_mw,
    flow_ratio,
    inlet_temperature_c,
    load_at_inlet_mw,
    supply_temperature_c,
)
from fleet.physics.psychrometrics import wet_bulb_c

IT_MW = 80.0
EVAPORATIVE = EvaporativePlant(
    kind="evaporative", supply_setpoint_c=18, design_supply_c=25, fan_reference_mw=5, fixed_mw=4
)
OUTSIDE_AIR = OutsideAirPlant(
    kind="outside_air", supply_setpoint_c=18, design_supply_c=22, fan_reference_mw=5, fixed_mw=4
)
LEVEL = OUTSIDE_AIR.model_copy(update={"recirculation_idle_k": 2.0, "recirculation_full_k": 2.0})

plants = st.sampled_from([EVAPORATIVE, OUTSIDE_AIR, LEVEL])
temperatures = st.floats(-30, 50)
steps = st.floats(0, 20)
loads = st.floats(0, 120)


def supply(plant: Plant, temperature: float, dew_point: float) -> float:
    dry = np.array([temperature])
    return float(supply_temperature_c(plant, dry, wet_bulb_c(dry, np.array([dew_point]), 900.0))[0])


@given(plants, temperatures, st.floats(0, 40), steps)
def test_supply_never_falls_with_temperature(plant: Plant, temperature: float, spread: float, step: float) -> None:
    dew_point = temperature - spread
    assert supply(plant, temperature + step, dew_point) >= supply(plant, temperature, dew_point) - 1e-6


@given(plants, temperatures, st.floats(0, 40), steps)
def test_supply_never_falls_with_dew_point(plant: Plant, temperature: float, spread: float, step: float) -> None:
    dew_point = temperature - spread
    assert supply(plant, temperature, dew_point + step) >= supply(plant, temperature, dew_point) - 1e-6


def test_supply_is_the_setpoint_in_cold_air_and_never_below_the_wet_bulb() -> None:
    assert supply(EVAPORATIVE, -10, -15) == 18
    assert supply(OUTSIDE_AIR, -10, -15) == 18
    # T 40, Twb 25: 40 - 0.88 (40 - 25) = 26.8
    assert supply_temperature_c(EVAPORATIVE, np.array([40.0]), np.array([25.0]))[0] == pytest.approx(26.8)
    assert supply(OUTSIDE_AIR, 27, 10) == 27


def test_a_humid_hour_is_worse_than_a_hotter_dry_one_for_an_evaporative_plant() -> None:
    # 45 degC at 10 % humidity has its dew point at 5.8 degC; the monsoon hour's wet-bulb is about 25 degC.
    assert supply(EVAPORATIVE, 32, 22.5) > supply(EVAPORATIVE, 45, 5.8)


def test_capacity_is_full_up_to_design_and_falls_to_zero_at_the_exhaust_limit() -> None:
    # Exhaust limit 22 + 10 = 32: at 27 half of the rise is left.
    supply_c = np.array([18.0, 22.0, 27.0, 32.0, 40.0])
    np.testing.assert_allclose(cooling_capacity_mw(OUTSIDE_AIR, IT_MW, supply_c), [80, 80, 40, 0, 0])


def test_inlet_is_supply_plus_recirculation() -> None:
    load = np.array([0.0, 40.0, 80.0, 100.0])
    # idle 1 K; half load 1 + (3 - 1) / 2 = 2; full 3; a quarter too much flow 3 + 10 / 4 = 5.5
    np.testing.assert_allclose(inlet_temperature_c(OUTSIDE_AIR, IT_MW, np.array([20.0]), load), [21, 22, 23, 25.5])


def test_inlet_is_infinite_for_any_load_without_capacity() -> None:
    too_hot = np.array([35.0])
    assert inlet_temperature_c(OUTSIDE_AIR, IT_MW, too_hot, np.array([0.1]))[0] == np.inf
    assert inlet_temperature_c(OUTSIDE_AIR, IT_MW, too_hot, np.array([0.0]))[0] == 36


@given(plants, st.floats(18, 40), loads, steps, steps)
def test_inlet_never_falls_with_supply_or_load(
    plant: Plant, supply_c: float, load: float, warmer: float, more: float
) -> None:
    def inlet(at_c: float, mw: float) -> float:
        return float(inlet_temperature_c(plant, IT_MW, np.array([at_c]), np.array([mw]))[0])

    assert inlet(supply_c + warmer, load) >= inlet(supply_c, load) - 1e-9
    assert inlet(supply_c, load + more) >= inlet(supply_c, load) - 1e-9


@given(plants, st.floats(18, 31.5), st.floats(19, 45))
def test_load_at_inlet_meets_the_limit_and_is_the_largest_that_does(
    plant: Plant, supply_c: float, limit_c: float
) -> None:
    at = np.array([supply_c])
    load = load_at_inlet_mw(plant, IT_MW, at, limit_c)
    idle_c = inlet_temperature_c(plant, IT_MW, at, np.zeros(1))[0]
    if idle_c > limit_c:
        assert load[0] == 0
    else:
        assert inlet_temperature_c(plant, IT_MW, at, load)[0] <= limit_c + 1e-6
        assert inlet_temperature_c(plant, IT_MW, at, load + 0.01)[0] > limit_c


@given(plants, st.floats(18, 40), st.floats(20, 45), steps, steps)
def test_load_at_inlet_falls_with_supply_and_rises_with_the_limit(
    plant: Plant, supply_c: float, limit_c: float, warmer: float, wider: float
) -> None:
    def load(at_c: float, below_c: float) -> float:
        return float(load_at_inlet_mw(plant, IT_MW, np.array([at_c]), below_c)[0])

    assert load(supply_c + warmer, limit_c) <= load(supply_c, limit_c) + 1e-9
    assert load(supply_c, limit_c + wider) >= load(supply_c, limit_c) - 1e-9


def test_missing_input_gives_missing_results() -> None:
    missing, some = np.array([np.nan]), np.array([20.0])
    for plant in (EVAPORATIVE, OUTSIDE_AIR, LEVEL):
        assert np.isnan(supply_temperature_c(plant, missing, some)).all()
        assert np.isnan(supply_temperature_c(plant, some, missing)).all()
        assert np.isnan(cooling_capacity_mw(plant, IT_MW, missing)).all()
        assert np.isnan(flow_ratio(plant, IT_MW, missing, np.zeros(1))).all()
        assert np.isnan(inlet_temperature_c(plant, IT_MW, missing, some)).all()
        assert np.isnan(inlet_temperature_c(plant, IT_MW, some, missing)).all()
        assert np.isnan(load_at_inlet_mw(plant, IT_MW, missing, 35.0)).all()
