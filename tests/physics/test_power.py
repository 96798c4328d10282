import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.plants import AIR_CHILLED, PLANTS, TOWER_CHILLED, at_supply, in_weather
from support.plants import OUTSIDE_AIR as PLANT

from fleet.domain.region import ChillerPlant, OutsideAirPlant, Plant
from fleet.physics.power import (
    facility_power_mw,
    full_flow_fan_mw,
    load_at_facility_power_mw,
    marginal_facility_mw_per_mw,
)

plants = st.sampled_from([PLANT, PLANT.model_copy(update={"fan_reference_mw": 0.0})])
supplies = st.floats(18, 40)
loads = st.floats(0, 150)
steps = st.floats(0, 20)
small_steps = st.one_of(steps, st.floats(0, 0.2))


def facility(plant: OutsideAirPlant, supply_c: float, load_mw: float) -> float:
    return float(facility_power_mw(at_supply(plant, supply_c, altitude_m=70), np.array([load_mw]))[0])


def load_at(plant: OutsideAirPlant, supply_c: float, limit_mw: float) -> float:
    return float(load_at_facility_power_mw(at_supply(plant, supply_c, altitude_m=70), limit_mw)[0])


def test_facility_power_is_the_sum_of_its_parts() -> None:
    # 40 MW needs half of the flow: 40 x 1.04 + 4 + 5 x 0.5^3 = 46.225.
    assert float(facility_power_mw(at_supply(PLANT, 20), np.array([40.0]))[0]) == pytest.approx(46.225)
    # At 27 degC the same load needs the whole flow: 40 x 1.04 + 4 + 5 = 50.6.
    assert float(facility_power_mw(at_supply(PLANT, 27), np.array([40.0]))[0]) == pytest.approx(50.6)


def test_the_same_air_costs_more_fan_power_in_thin_air() -> None:
    # The density is 0.80 of that at sea level: 1 / 0.80^2 = 1.57.
    assert full_flow_fan_mw(at_supply(PLANT, 20, altitude_m=1_860)) / full_flow_fan_mw(
        at_supply(PLANT, 20)
    ) == pytest.approx(1.57, abs=0.02)


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
    else:  # without capacity, the first megawatt needs the fans at full power
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
        at_supply(plant, np.array([supply_c, supply_c]), altitude_m=70), np.array([load_mw, load_mw + step])
    )
    if after - before > 1:  # without capacity, fan power jumps at the first megawatt and has no slope
        return
    assert marginal.min() - 1e-3 <= (after - before) / step <= marginal.max() + 1e-3


@given(st.sampled_from(PLANTS), st.floats(-20, 60), st.floats(0, 30), loads, small_steps, small_steps, steps)
@example(TOWER_CHILLED, 9.40, 27.58, 70.0, 0.05, 0.0, 0.0)  # the wet bulb falls from 0.54 to -0.05 degC
@example(TOWER_CHILLED, 9.49, 27.80, 70.0, 0.0, 0.10, 0.0)
def test_facility_power_never_falls_with_heat_humidity_or_load(
    plant: Plant, temperature: float, spread: float, load_mw: float, hotter: float, damper: float, more: float
) -> None:
    def power(dry: float, dew: float, mw: float) -> float:
        return float(facility_power_mw(in_weather(plant, dry, dew), np.array([mw]))[0])

    dew_point = temperature - spread
    here = power(temperature, dew_point, load_mw)
    assert power(temperature + hotter, dew_point, load_mw) >= here - 1e-6
    assert power(temperature, dew_point + damper, load_mw) >= here - 1e-6
    assert power(temperature, dew_point, load_mw + more) >= here - 1e-9


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("hpa", [1_013.25, 900.0, 400.0])
def test_facility_power_never_falls_in_small_steps_of_heat_or_humidity_where_the_wet_bulb_freezes(
    plant: Plant, hpa: float
) -> None:
    def power(dry: np.ndarray, dew: np.ndarray) -> np.ndarray:
        return facility_power_mw(in_weather(plant, dry.ravel(), dew.ravel(), hpa=hpa), np.full(dry.size, 70.0))

    warming = np.meshgrid(np.linspace(-40, 2, 22), np.linspace(-3, 27, 601), indexing="ij")
    assert (np.diff(power(*warming[::-1]).reshape(22, 601)) >= -1e-6).all()
    dampening = np.meshgrid(np.linspace(-3, 27, 31), np.linspace(-40, 2, 421), indexing="ij")
    assert (np.diff(power(*dampening).reshape(31, 421)) >= -1e-6).all()


def test_chillers_draw_their_heat_over_their_efficiency() -> None:
    # In the reference air of 35 degC the COP is 5.5: 75 x 1.04 + 4 + 3 (75 / 80)^3 + 75 / 5.5.
    power_mw = facility_power_mw(in_weather(AIR_CHILLED, 35.0, 10.0, hpa=1_013.25), np.array([75.0]))
    assert power_mw[0] == pytest.approx(75 * 1.04 + 4 + 3 * (75 / 80) ** 3 + 75 / 5.5)


chilled = st.sampled_from([AIR_CHILLED, TOWER_CHILLED])


@given(chilled, st.floats(-20, 60), st.floats(0, 150))
def test_load_at_facility_power_of_a_chilled_hall_meets_the_limit_from_below(
    plant: ChillerPlant, temperature: float, limit_mw: float
) -> None:
    state = in_weather(plant, temperature, temperature - 4)
    load = load_at_facility_power_mw(state, limit_mw)
    drawn = facility_power_mw(state, load)
    if limit_mw <= plant.fixed_mw:
        assert load[0] == 0
    else:
        assert limit_mw - 1e-6 <= drawn[0] <= limit_mw


@pytest.mark.slow
@given(chilled, st.floats(-20, 50), st.floats(5, 150), steps, steps, steps)
def test_load_at_facility_power_of_a_chilled_hall_falls_with_heat_and_humidity_and_rises_with_the_limit(
    plant: ChillerPlant, temperature: float, limit_mw: float, hotter: float, damper: float, more: float
) -> None:
    def load(dry: float, dew: float, mw: float) -> float:
        return float(load_at_facility_power_mw(in_weather(plant, dry, dew), mw)[0])

    dew_point = temperature - 15
    here = load(temperature, dew_point, limit_mw)
    assert load(temperature + hotter, dew_point, limit_mw) <= here + 1e-6
    assert load(temperature, dew_point + damper, limit_mw) <= here + 1e-6
    assert load(temperature, dew_point, limit_mw + more) >= here - 1e-6


@given(chilled, st.floats(-20, 50), st.floats(0, 150))
def test_marginal_power_of_a_chilled_hall_is_the_slope_of_facility_power(
    plant: ChillerPlant, temperature: float, load_mw: float
) -> None:
    step = 1e-4
    state = in_weather(plant, [temperature] * 2, [temperature - 4] * 2)
    ends = np.array([load_mw, load_mw + step])
    before, after = facility_power_mw(state, ends)
    marginal = marginal_facility_mw_per_mw(state, ends)
    assert marginal.min() - 1e-3 <= (after - before) / step <= marginal.max() + 1e-3


@pytest.mark.parametrize("plant", PLANTS)
def test_each_hour_may_have_its_own_limit(plant: Plant) -> None:
    state, limits = in_weather(plant, [25.0, 25.0], [10.0, 10.0]), np.array([40.0, 60.0])
    single = [load_at_facility_power_mw(in_weather(plant, 25.0, 10.0), limit)[0] for limit in limits]
    np.testing.assert_array_equal(load_at_facility_power_mw(state, limits), single)


@pytest.mark.parametrize("plant", PLANTS)
def test_missing_input_gives_missing_results(plant: Plant) -> None:
    missing, some = np.array([np.nan]), np.array([20.0])
    for state, load in ((in_weather(plant, np.nan, 5), some), (in_weather(plant, 20, 5), missing)):
        assert np.isnan(facility_power_mw(state, load)).all()
        assert np.isnan(marginal_facility_mw_per_mw(state, load)).all()
        assert np.isnan(load_at_facility_power_mw(state, load)).all()
