import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.region import OutsideAirPlant
from fleet.physics.power import (
    facility_power_mw,
    full_flow_fan_mw,
    load_at_facility_power_mw,
    marginal_facility_mw_per_mw,
)

IT_MW = 80.0
PLANT = OutsideAirPlant(
    kind="outside_air", supply_setpoint_c=18, design_supply_c=22, fan_reference_mw=5, fixed_mw=4, ups_loss_fraction=0.04
)
plants = st.sampled_from([PLANT, PLANT.model_copy(update={"fan_reference_mw": 0.0})])
supplies = st.floats(18, 40)
loads = st.floats(0, 150)
steps = st.floats(0, 20)


def facility(plant: OutsideAirPlant, supply_c: float, load_mw: float) -> float:
    return float(facility_power_mw(plant, IT_MW, 70, np.array([supply_c]), np.array([load_mw]))[0])


def load_at(plant: OutsideAirPlant, supply_c: float, limit_mw: float) -> float:
    return float(load_at_facility_power_mw(plant, IT_MW, 70, np.array([supply_c]), limit_mw)[0])


def test_facility_power_is_the_sum_of_its_parts() -> None:
    # 40 MW at half flow: 40 x 1.04 + 4 + 5 x 0.5^3 = 46.225
    assert float(facility_power_mw(PLANT, IT_MW, 0, np.array([20.0]), np.array([40.0]))[0]) == pytest.approx(46.225)
    # At 27 degC the same load needs the whole flow: 40 x 1.04 + 4 + 5 = 50.6
    assert float(facility_power_mw(PLANT, IT_MW, 0, np.array([27.0]), np.array([40.0]))[0]) == pytest.approx(50.6)


def test_the_same_air_costs_more_fan_power_in_thin_air() -> None:
    # Density 0.80 of sea level: 1 / 0.80^2 = 1.57
    assert full_flow_fan_mw(PLANT, 1_860) / full_flow_fan_mw(PLANT, 0) == pytest.approx(1.57, abs=0.02)


@given(plants, supplies, loads, steps, steps)
def test_facility_power_never_falls_with_load_or_supply(
    plant: OutsideAirPlant, supply_c: float, load_mw: float, warmer: float, more: float
) -> None:
    here = facility(plant, supply_c, load_mw)
    assert here >= load_mw
    assert facility(plant, supply_c + warmer, load_mw) >= here - 1e-9
    assert facility(plant, supply_c, load_mw + more) >= here - 1e-9


@given(plants, supplies, st.floats(0, 200))
def test_load_at_facility_power_meets_the_limit_exactly(
    plant: OutsideAirPlant, supply_c: float, limit_mw: float
) -> None:
    load = load_at(plant, supply_c, limit_mw)
    if facility(plant, supply_c, 0) > limit_mw:
        assert load == 0
    elif load > 0:
        assert facility(plant, supply_c, load) == pytest.approx(limit_mw, abs=1e-6)
    else:  # no capacity: the fans start at full power with the first megawatt
        assert facility(plant, supply_c, 1e-6) >= limit_mw


@given(plants, supplies, st.floats(0, 200), steps, steps)
def test_load_at_facility_power_falls_with_supply_and_rises_with_the_limit(
    plant: OutsideAirPlant, supply_c: float, limit_mw: float, warmer: float, more: float
) -> None:
    here = load_at(plant, supply_c, limit_mw)
    assert load_at(plant, supply_c + warmer, limit_mw) <= here + 1e-9
    assert load_at(plant, supply_c, limit_mw + more) >= here - 1e-9


@given(plants, supplies, st.floats(0, 100))
def test_marginal_power_is_the_slope_of_facility_power(plant: OutsideAirPlant, supply_c: float, load_mw: float) -> None:
    step = 1e-5
    before, after = facility(plant, supply_c, load_mw), facility(plant, supply_c, load_mw + step)
    marginal = marginal_facility_mw_per_mw(
        plant, IT_MW, 70, np.array([supply_c, supply_c]), np.array([load_mw, load_mw + step])
    )
    if after - before > 1:  # the jump of the fans at the first megawatt without capacity is no slope
        return
    assert marginal.min() - 1e-3 <= (after - before) / step <= marginal.max() + 1e-3


def test_missing_input_gives_missing_results() -> None:
    missing, some = np.array([np.nan]), np.array([20.0])
    for supply_c, load in ((missing, some), (some, missing)):
        assert np.isnan(facility_power_mw(PLANT, IT_MW, 70, supply_c, load)).all()
        assert np.isnan(marginal_facility_mw_per_mw(PLANT, IT_MW, 70, supply_c, load)).all()
        assert np.isnan(load_at_facility_power_mw(PLANT, IT_MW, 70, supply_c, load)).all()
