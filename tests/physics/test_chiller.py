"""Chillers: the published curves, their direction, and their ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plants import AIR_CHILLED, TOWER_CHILLED

from fleet.domain.region import ChillerPlant
from fleet.physics.chiller import CURVES, Chillers, chillers_in, full_load_cop, marginal_power_mw_per_mw, power_mw

PLANTS = (AIR_CHILLED, TOWER_CHILLED)
chilled = st.sampled_from(PLANTS)
MW = AIR_CHILLED.chiller_mw


def at_condenser(plant: ChillerPlant, condenser_c: float | np.ndarray) -> Chillers:
    """Chillers with air or tower water of this temperature at the condenser."""
    air = np.atleast_1d(np.asarray(condenser_c, dtype=float))
    outside = air if plant.condenser == "air" else air - plant.tower_approach_k
    return chillers_in(plant, outside, outside)


def power(plant: ChillerPlant, condenser_c: float, heat_mw: float) -> float:
    return float(power_mw(at_condenser(plant, condenser_c), np.array([heat_mw]))[0])


@pytest.mark.parametrize("plant", PLANTS)
def test_at_the_reference_conditions_capacity_and_efficiency_are_those_stated(plant: ChillerPlant) -> None:
    chillers = at_condenser(plant, CURVES[plant.condenser].design_c)
    assert chillers.capacity_mw[0] == pytest.approx(plant.chiller_mw)
    assert full_load_cop(chillers)[0] == pytest.approx(plant.reference_cop)
    assert power_mw(chillers, chillers.capacity_mw)[0] == pytest.approx(plant.chiller_mw / plant.reference_cop)


def test_the_published_curves_are_followed() -> None:
    # Air of 45 degC: d = 10 / 2.778 = 3.5997; r = 0.9949 - 0.045954 d - 0.0013543 d^2 = 0.81193, over 0.9949 at d = 0;
    # p = 2.333 - 1.975 r + 0.6121 r^2 = 1.13295, over 0.973945.
    hot = at_condenser(AIR_CHILLED, 45.0)
    assert hot.capacity_mw[0] == pytest.approx(75 * 0.81193 / 0.9949, rel=1e-4)
    assert full_load_cop(hot)[0] == pytest.approx(5.5 * 0.973945 / 1.13295, rel=1e-4)
    # Water of 34.44 degC: d = 5 / 2.682759 = 1.86376; r = 0.944836 - 0.0570088 d - 0.00185486 d^2 = 0.83214, over
    # 0.944836; p = 1.907846 - 1.204987 r + 0.2634623 r^2 = 1.08756, over 1.004528.
    warm = at_condenser(TOWER_CHILLED, 34.44)
    assert warm.capacity_mw[0] == pytest.approx(75 * 0.83214 / 0.944836, rel=1e-4)
    assert full_load_cop(warm)[0] == pytest.approx(5.5 * 1.004528 / 1.08756, rel=1e-4)
    # Half of that capacity: f = 0.03303 + 0.6852 / 2 + 0.2818 / 4 = 0.44608, over 1.00003 at full load.
    half = warm.capacity_mw / 2
    full_mw = warm.capacity_mw[0] / full_load_cop(warm)[0]
    assert power_mw(warm, half)[0] == pytest.approx(full_mw * 0.44608 / 1.00003, rel=1e-4)


@pytest.mark.parametrize("plant", PLANTS)
def test_from_20_degc_on_capacity_and_efficiency_strictly_fall(plant: ChillerPlant) -> None:
    # Dry bulb for air, wet bulb for the tower.
    weather = np.arange(20.0, 56.0, 0.1)
    chillers = chillers_in(plant, weather, weather)
    assert (np.diff(chillers.capacity_mw) < 0).all()
    assert (np.diff(full_load_cop(chillers)) < 0).all()
    for heat in (0.5, 10.0, 30.0):
        drawn = power_mw(chillers, np.full(len(weather), heat))[chillers.capacity_mw >= heat]
        assert (np.diff(heat / drawn) < 0).all()


@pytest.mark.parametrize("plant", PLANTS)
def test_capacity_is_constant_below_the_maximum_of_its_curve(plant: ChillerPlant) -> None:
    coldest_c = CURVES[plant.condenser].coldest_c
    assert coldest_c == pytest.approx(-12, abs=0.5)
    ratio = at_condenser(plant, np.array([coldest_c - 40, coldest_c, coldest_c + 1])).ratio
    assert ratio[0] == ratio[1] > ratio[2]


def test_air_condensers_depend_on_the_dry_bulb_and_towers_on_the_wet_bulb() -> None:
    dry, wet = np.array([30.0, 40.0]), np.array([20.0, 20.0])
    assert np.diff(chillers_in(AIR_CHILLED, dry, wet).ratio) < 0
    assert np.diff(chillers_in(TOWER_CHILLED, dry, wet).ratio) == 0
    assert np.diff(chillers_in(AIR_CHILLED, wet, wet - [0, 5]).ratio) == 0
    assert np.diff(chillers_in(TOWER_CHILLED, dry, wet - [0, 5]).ratio) > 0


@given(chilled, st.floats(-40, 75), st.floats(0, 150), st.floats(0, 40), st.floats(0, 40))
def test_power_never_falls_with_weather_or_heat(
    plant: ChillerPlant, condenser_c: float, heat_mw: float, hotter: float, more: float
) -> None:
    here = power(plant, condenser_c, heat_mw)
    assert power(plant, condenser_c + hotter, heat_mw) >= here - 1e-9
    assert power(plant, condenser_c, heat_mw + more) >= here - 1e-9


@given(chilled, st.floats(-20, 60), st.floats(0, 150))
def test_marginal_power_is_the_slope_of_power(plant: ChillerPlant, condenser_c: float, heat_mw: float) -> None:
    step = 1e-4
    slope = (power(plant, condenser_c, heat_mw + step) - power(plant, condenser_c, heat_mw)) / step
    ends = np.array([heat_mw, heat_mw + step])
    marginal = marginal_power_mw_per_mw(at_condenser(plant, np.full(2, condenser_c)), ends)
    assert marginal.min() - 1e-4 <= slope <= marginal.max() + 1e-4


def test_without_load_there_is_no_power_even_without_capacity() -> None:
    for plant in PLANTS:
        assert power(plant, 90.0, 0.0) == power(plant, 20.0, 0.0) == 0


def test_missing_weather_gives_missing_capacity_for_both_condensers() -> None:
    some, missing = np.array([20.0]), np.array([np.nan])
    for plant in PLANTS:
        assert np.isnan(chillers_in(plant, missing, some).ratio).all()
        assert np.isnan(chillers_in(plant, some, missing).ratio).all()
