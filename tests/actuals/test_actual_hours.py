"""The actual hours: which loads breached, and which resources jobs used."""

import numpy as np
import pytest
from support.sites import CALM, calm, changed, fleet_of, region

from fleet.actuals.actual_hours import ActualHours
from fleet.domain.region import Costs, EvaporativePlant, Fleet, OutsideAirPlant
from fleet.errors import DataError
from fleet.physics.limits import COOLING, code_of
from fleet.preparation.build_conditions import HourlyValues, conditions_of

# Without fans, losses and fixed power, a MW of IT power is a MW from the grid.
PLAIN = OutsideAirPlant(
    kind="outside_air", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0, fixed_mw=0, ups_loss_fraction=0
)

HOT = CALM | {"temperature_c": 28.0, "dew_point_c": 5.0}


def actuals_with(fleet=None, **columns) -> ActualHours:
    """Return a calm day in which some columns begin with the given values."""
    fleet = fleet or fleet_of(region(plant=PLAIN))
    telemetry = calm(fleet, 1)
    for name, values in columns.items():
        telemetry = changed(telemetry, name, (0, slice(0, len(values))), values)
    return ActualHours.of(telemetry, fleet)


def jobs_mw(*mw: float) -> np.ndarray:
    """Return the (region, hour) power of jobs in the first hours of the day."""
    power_mw = np.zeros((1, 24))
    power_mw[0, : len(mw)] = mw
    return power_mw


def test_an_hour_is_breached_when_base_load_and_jobs_together_exceed_a_limit():
    actuals = actuals_with(it_load_mw=[6.0, 6.0, 9.5, 10.5])
    # The limit is 10 MW: 6 + 4 fits, 6 + 4.1 and 9.5 + 1 do not, and 10.5 exceeds the limit without jobs.
    np.testing.assert_array_equal(
        actuals.breached(jobs_mw(4.0, 4.1, 1.0, 0.0))[0, :5], [False, True, True, True, False]
    )


def test_a_breach_is_judged_by_the_actual_weather():
    actuals = actuals_with(temperature_c=[10.0, 28.0, 28.0])
    # At 28 degC cooling allows 6 of 10 MW: 6 MW of base load fit, and with half a MW of jobs they do not.
    np.testing.assert_array_equal(actuals.breached(jobs_mw(0.5, 0.5, 0.0))[0, :3], [False, True, False])
    assert actuals.binding[0, 1] == code_of(COOLING)


@pytest.mark.parametrize("name", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_an_hour_with_a_missing_value_is_no_breach(name):
    actuals = actuals_with(**{name: [np.nan]})
    assert not actuals.breached(jobs_mw(100.0))[0, 0]
    assert actuals.breached(jobs_mw(0.0, 100.0))[0, 1]


def test_jobs_use_the_difference_between_the_facility_with_and_without_them():
    actuals = actuals_with(carbon_g_per_kwh=[300.0, 500.0], price_usd_per_mwh=[50.0, -20.0])
    used = actuals.resource_use(jobs_mw(2.0, 1.0))
    np.testing.assert_allclose(used.energy_mwh[0, :3], [2, 1, 0])
    # 300 g/kWh is 300 kg/MWh, and carbon costs 1 USD/kg.
    np.testing.assert_allclose(used.carbon_kg[0, :3], [600, 500, 0])
    np.testing.assert_allclose(used.cost_usd[0, :3], [2 * 50 + 600, -20 + 500, 0])
    assert (used.water_l == 0).all()


def test_resource_use_with_missing_inputs_is_missing_and_not_zero():
    actuals = actuals_with(carbon_g_per_kwh=[np.nan], price_usd_per_mwh=[50.0, np.nan])
    used = actuals.resource_use(jobs_mw(1.0, 1.0))
    assert np.isnan(used.carbon_kg[0, 0])
    assert np.isnan(used.cost_usd[0, :2]).all()
    assert used.energy_mwh[0, 0] == pytest.approx(1)
    assert used.carbon_kg[0, 1] == pytest.approx(300)


def test_base_load_and_jobs_together_use_as_much_as_a_base_load_of_their_sum():
    fleet = fleet_of(region())
    actuals = ActualHours.of(calm(fleet, 1), fleet)
    base, jobs = actuals.base_resource_use(), actuals.resource_use(jobs_mw(*[2.0] * 24))
    # The base load is 6 MW.
    larger = ActualHours.of(changed(calm(fleet, 1), "it_load_mw", (0, slice(None)), 8.0), fleet).base_resource_use()
    np.testing.assert_allclose(base.energy_mwh + jobs.energy_mwh, larger.energy_mwh)
    np.testing.assert_allclose(base.carbon_kg + jobs.carbon_kg, larger.carbon_kg)


def test_a_missing_column_is_refused():
    fleet = fleet_of()
    with pytest.raises(DataError, match="dew_point_c"):
        ActualHours.of(changed(calm(fleet, 1), "dew_point_c", (0, slice(None)), np.nan), fleet)


def test_without_carbon_breaches_are_known_and_costs_are_not():
    fleet = fleet_of()
    actuals = ActualHours.of(changed(calm(fleet, 1), "carbon_g_per_kwh", (0, slice(None)), np.nan), fleet)
    assert actuals.judged.all()
    assert np.isnan(actuals.resource_use(jobs_mw(*[2.0] * 24)).cost_usd).all()


def test_jobs_use_only_the_water_of_their_own_heat():
    plant = EvaporativePlant(
        kind="evaporative", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0, fixed_mw=0, effectiveness=1
    )
    actuals = actuals_with(fleet_of(region(plant=plant)), temperature_c=[28.0], dew_point_c=[0.0])
    # Cooling the air by 10 K takes 3600 / 2450 x 10 / 10 x 3 / 2 = 2.204 L/kWh: for 2 MW of jobs, not for 6 MW of load.
    assert actuals.resource_use(jobs_mw(2.0)).water_l[0, 0] == pytest.approx(2_000 * 3_600 / 2_450 * 1.5)
    assert actuals.base_resource_use().water_l[0, 0] == pytest.approx(6_000 * 3_600 / 2_450 * 1.5)


def test_an_hour_is_judged_where_weather_and_load_are_known():
    actuals = actuals_with(temperature_c=[np.nan], it_load_mw=[6.0, np.nan])
    np.testing.assert_array_equal(actuals.judged[0, :3], [False, False, True])


@pytest.mark.parametrize("count_grid_water", [False, True])
def test_a_small_job_uses_what_is_expected_in_the_actual_weather(count_grid_water):
    plant = EvaporativePlant(
        kind="evaporative", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0.5, fixed_mw=0.5
    )
    site = region(plant=plant, water_scarcity=10, grid_water_l_per_kwh=1.3)
    fleet = Fleet(name="test", costs=Costs(count_grid_water=count_grid_water), regions=(site,))
    actuals = actuals_with(fleet, temperature_c=[28.0], dew_point_c=[5.0])
    actual = HourlyValues(**{name: np.array([[value]]) for name, value in HOT.items()})
    expected = conditions_of(fleet, expected=actual, bound=actual, grid_limit_mw=np.array([[20.0]]))
    small_mw = 1e-4
    used = actuals.resource_use(jobs_mw(small_mw))
    assert used.water_l[0, 0] / small_mw == pytest.approx(expected.water_l_per_mwh[0, 0], rel=1e-4)
    assert used.carbon_kg[0, 0] / small_mw == pytest.approx(expected.carbon_kg_per_mwh[0, 0], rel=1e-4)
    assert used.cost_usd[0, 0] / small_mw == pytest.approx(expected.cost_usd_per_mwh[0, 0], rel=1e-4)
    # On site a MWh of IT takes less than 3,000 L, and its electricity more than 1,300 L.
    assert (expected.water_l_per_mwh[0, 0] > 3_000) == count_grid_water
