import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.region import EvaporativePlant, OutsideAirPlant
from fleet.physics.cooling import supply_temperature_c
from fleet.physics.water import water_l_per_kwh

EVAPORATIVE = EvaporativePlant(
    kind="evaporative", supply_setpoint_c=18, design_supply_c=25, fan_reference_mw=5, fixed_mw=4
)
OUTSIDE_AIR = OutsideAirPlant(
    kind="outside_air", supply_setpoint_c=18, design_supply_c=22, fan_reference_mw=5, fixed_mw=4
)


def test_water_is_the_heat_balance_times_the_drain() -> None:
    # (3600 / 2450) (38 - 18) / 10 x 3 / 2 = 4.408 L/kWh
    assert water_l_per_kwh(EVAPORATIVE, np.array([38.0]), np.array([18.0]))[0] == pytest.approx(4.408, abs=1e-3)


def test_more_cycles_take_less_water() -> None:
    frugal = EVAPORATIVE.model_copy(update={"cycles_of_concentration": 6.0})
    hot, supply = np.array([38.0]), np.array([18.0])
    # 6 / 5 over 3 / 2 = 0.8
    ratio = water_l_per_kwh(frugal, hot, supply) / water_l_per_kwh(EVAPORATIVE, hot, supply)
    assert ratio[0] == pytest.approx(0.8)


@given(st.floats(-30, 18))
def test_water_is_exactly_zero_below_the_setpoint(temperature: float) -> None:
    dry = np.array([temperature])
    supply = supply_temperature_c(EVAPORATIVE, dry, dry - 3)
    assert water_l_per_kwh(EVAPORATIVE, dry, supply)[0] == 0


def test_outside_air_takes_no_water_and_missing_weather_stays_missing() -> None:
    assert water_l_per_kwh(OUTSIDE_AIR, np.array([35.0]), np.array([18.0]))[0] == 0
    for plant in (EVAPORATIVE, OUTSIDE_AIR):
        assert np.isnan(water_l_per_kwh(plant, np.array([np.nan]), np.array([18.0]))).all()
        assert np.isnan(water_l_per_kwh(plant, np.array([35.0]), np.array([np.nan]))).all()
