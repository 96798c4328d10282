"""What happened, and what jobs that ran then took and breached."""

import numpy as np
import pytest
from support.sites import CALM, calm, changed, fleet_of, region

from fleet.actuals.actual_hours import ActualHours
from fleet.domain.region import Costs, EvaporativePlant, Fleet, OutsideAirPlant
from fleet.errors import DataError
from fleet.physics.limits import COOLING, code_of
from fleet.preparation.build_conditions import HourlyValues, conditions_of

# No fans, no losses, no fixed power: a MW of IT is a MW of the grid.
PLAIN = OutsideAirPlant(
    kind="outside_air", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0, fixed_mw=0, ups_loss_fraction=0
)

HOT = CALM | {"temperature_c": 28.0, "dew_point_c": 5.0}


def truth_of(fleet=None, **columns) -> ActualHours:
    own = fleet or fleet_of(region(plant=PLAIN))
    telemetry = calm(own, 1)
    for name, values in columns.items():
        telemetry = changed(telemetry, name, (0, slice(0, len(values))), values)
    return ActualHours.of(telemetry, own)


def load(*mw: float) -> np.ndarray:
    jobs = np.zeros((1, 24))
    jobs[0, : len(mw)] = mw
    return jobs


def test_an_hour_is_breached_when_base_load_and_jobs_together_pass_a_limit():
    actuals = truth_of(it_load_mw=[6.0, 6.0, 9.5, 10.5])
    # 10 MW is the limit: 6 + 4 keeps it, 6 + 4.1 and 9.5 + 1 do not, and 10.5 passes it alone.
    np.testing.assert_array_equal(actuals.breached(load(4.0, 4.1, 1.0, 0.0))[0, :5], [False, True, True, True, False])


def test_a_breach_is_judged_by_the_actual_weather():
    actuals = truth_of(temperature_c=[10.0, 28.0, 28.0])
    # At 28 degC cooling allows 6 of 10 MW: 6 MW of base load keep it, with half a MW of jobs they do not.
    np.testing.assert_array_equal(actuals.breached(load(0.5, 0.5, 0.0))[0, :3], [False, True, False])
    assert actuals.binding[0, 1] == code_of(COOLING)


@pytest.mark.parametrize("name", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_an_hour_that_is_not_known_is_no_breach(name):
    actuals = truth_of(**{name: [np.nan]})
    assert not actuals.breached(load(100.0))[0, 0]
    assert actuals.breached(load(0.0, 100.0))[0, 1]


def test_jobs_take_the_difference_that_they_make():
    taken = truth_of(carbon_g_per_kwh=[300.0, 500.0], price_usd_per_mwh=[50.0, -20.0]).taken(load(2.0, 1.0))
    np.testing.assert_allclose(taken.energy_mwh[0, :3], [2, 1, 0])
    # 300 g/kWh is 300 kg/MWh, and carbon costs 1 USD/kg.
    np.testing.assert_allclose(taken.carbon_kg[0, :3], [600, 500, 0])
    np.testing.assert_allclose(taken.cost_usd[0, :3], [2 * 50 + 600, -20 + 500, 0])
    assert (taken.water_l == 0).all()


def test_what_is_not_known_is_missing_and_not_zero():
    taken = truth_of(carbon_g_per_kwh=[np.nan], price_usd_per_mwh=[50.0, np.nan]).taken(load(1.0, 1.0))
    assert np.isnan(taken.carbon_kg[0, 0])
    assert np.isnan(taken.cost_usd[0, :2]).all()
    assert taken.energy_mwh[0, 0] == pytest.approx(1)
    assert taken.carbon_kg[0, 1] == pytest.approx(300)


def test_base_load_and_jobs_together_take_what_they_take_at_once():
    fleet = fleet_of(region())
    actuals = ActualHours.of(calm(fleet, 1), fleet)
    base, jobs = actuals.base_resource_use(), actuals.resource_use(load(*[2.0] * 24))
    doubled = ActualHours.of(changed(calm(fleet, 1), "it_load_mw", (0, slice(None)), 8.0), fleet).base_resource_use()
    np.testing.assert_allclose(base.energy_mwh + jobs.energy_mwh, doubled.energy_mwh)
    np.testing.assert_allclose(base.carbon_kg + jobs.carbon_kg, doubled.carbon_kg)


def test_a_missing_column_is_refused():
    fleet = fleet_of()
    with pytest.raises(DataError, match="dew_point_c"):
        ActualHours.of(changed(calm(fleet, 1), "dew_point_c", (0, slice(None)), np.nan), fleet)


def test_without_carbon_what_breaches_is_known_and_what_it_costs_is_not():
    fleet = fleet_of()
    actuals = ActualHours.of(changed(calm(fleet, 1), "carbon_g_per_kwh", (0, slice(None)), np.nan), fleet)
    assert actuals.judged.all()
    assert np.isnan(actuals.resource_use(load(*[2.0] * 24)).cost_usd).all()


def test_jobs_pay_for_their_own_water_alone():
    plant = EvaporativePlant(
        kind="evaporative", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0, fixed_mw=0, effectiveness=1
    )
    actuals = truth_of(fleet_of(region(plant=plant)), temperature_c=[28.0], dew_point_c=[0.0])
    # 10 K are taken off the air: 3600 / 2450 x 10 / 10 x 3 / 2 = 2.204 L/kWh, for 2 MW of jobs and not for the 6 below.
    assert actuals.resource_use(load(2.0)).water_l[0, 0] == pytest.approx(2_000 * 3_600 / 2_450 * 1.5)
    assert actuals.base_resource_use().water_l[0, 0] == pytest.approx(6_000 * 3_600 / 2_450 * 1.5)


def test_an_hour_is_judged_where_weather_and_load_are_known():
    actuals = truth_of(temperature_c=[np.nan], it_load_mw=[6.0, np.nan])
    np.testing.assert_array_equal(actuals.judged[0, :3], [False, False, True])


@pytest.mark.parametrize("count_grid_water", [False, True])
def test_what_is_expected_of_the_actual_weather_is_what_a_small_job_takes(count_grid_water):
    plant = EvaporativePlant(
        kind="evaporative", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0.5, fixed_mw=0.5
    )
    own = region(plant=plant, water_scarcity=10, grid_water_l_per_kwh=1.3)
    fleet = Fleet(name="test", costs=Costs(count_grid_water=count_grid_water), regions=(own,))
    actuals = truth_of(fleet, temperature_c=[28.0], dew_point_c=[5.0])
    actual = HourlyValues(**{name: np.array([[level]]) for name, level in HOT.items()})
    expected = conditions_of(fleet, expected=actual, bound=actual, grid_limit_mw=np.array([[20.0]]))
    small_mw = 1e-4
    taken = actuals.resource_use(load(small_mw))
    assert taken.water_l[0, 0] / small_mw == pytest.approx(expected.water_l_per_mwh[0, 0], rel=1e-4)
    assert taken.carbon_kg[0, 0] / small_mw == pytest.approx(expected.carbon_kg_per_mwh[0, 0], rel=1e-4)
    assert taken.cost_usd[0, 0] / small_mw == pytest.approx(expected.cost_usd_per_mwh[0, 0], rel=1e-4)
    # On site alone these hours take less than 3,000 L/MWh, and the electricity of a MWh of IT more than 1,300 L.
    assert (expected.water_l_per_mwh[0, 0] > 3_000) == count_grid_water
