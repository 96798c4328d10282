"""Where the utility may call down a site, only its firm power is promised, and no call breaks the promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plants import PLANTS, region_with
from support.sites import CALM_DAYS, DAY, NAIVE, calm, changed, fleet_of, region

from fleet.actuals.actual_hours import ActualHours
from fleet.domain.conditions import Conditions
from fleet.domain.region import Curtailment, Fleet, OutsideAirPlant, Region
from fleet.domain.telemetry import Telemetry
from fleet.physics.limits import GRID, code_of
from fleet.preparation.prepare import prepare, with_foresight
from fleet.preparation.prepared import Prepared

# Without fans, losses and fixed power, a MW of IT power is a MW from the grid.
PLAIN = OutsideAirPlant(
    kind="outside_air", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0, fixed_mw=0, ups_loss_fraction=0
)
# Calm telemetry ends with the 29th of May.
CONTRACT = Curtailment(firm_mw=7.0, months=(3, 5), from_hour_utc=20, to_hour_utc=23)
EVENING = slice(20, 23)


def prepared(site: Region, origins: int = 1) -> Prepared:
    """Return the conditions at the last origins of calm telemetry."""
    fleet = fleet_of(site)
    return prepare(calm(fleet), fleet, np.arange(CALM_DAYS * DAY - origins, CALM_DAYS * DAY), NAIVE)


def test_only_firm_power_is_promised_in_hours_with_possible_calls() -> None:
    ahead = prepared(region(plant=PLAIN, curtailment=CONTRACT)).ahead(0, 24)
    # 7 MW are firm and the load is 6 MW. Outside these hours the 10 MW of IT power bind.
    np.testing.assert_allclose(ahead.headroom_mw[0, EVENING], 1.0)
    np.testing.assert_allclose(ahead.forecast_headroom_mw[0, EVENING], 1.0)
    assert (ahead.binding[0, EVENING] == code_of(GRID)).all()
    np.testing.assert_allclose(np.delete(ahead.headroom_mw[0], EVENING), 4.0)


def test_beyond_the_horizon_a_contract_counts_in_its_months() -> None:
    far = prepared(region(plant=PLAIN, curtailment=CONTRACT)).beyond.season.headroom_mw[0, 0].reshape(12, DAY)
    # Of the months with a climatological band, March has calls and February has none.
    np.testing.assert_allclose(far[2, EVENING], 1.0)
    np.testing.assert_allclose(np.delete(far[2], EVENING), 4.0)
    np.testing.assert_allclose(far[1], 4.0)


@pytest.mark.slow
def test_each_origin_uses_the_contract_of_the_hours_ahead_of_it() -> None:
    many = prepared(region(plant=PLAIN, curtailment=CONTRACT), origins=30)
    for step, origin in enumerate(many.origin_utc):
        hour = (origin + np.arange(1, 25)).astype(int) % 24
        np.testing.assert_array_equal(many.near.binding[step, 0] == code_of(GRID), (hour >= 20) & (hour < 23))


def test_foresight_does_not_know_calls() -> None:
    forecast = prepared(region(plant=PLAIN, curtailment=CONTRACT), origins=30)
    foreseen = with_foresight(forecast)
    np.testing.assert_array_equal(foreseen.near.binding[0], forecast.near.binding[0])


@pytest.mark.slow
def test_a_contract_whose_firm_power_is_the_grid_limit_changes_nothing() -> None:
    without = prepared(region(grid_limit_mw=9.0)).ahead(0, 72)
    contract = CONTRACT.model_copy(update={"firm_mw": 9.0})
    curtailed = prepared(region(grid_limit_mw=9.0, curtailment=contract)).ahead(0, 72)
    for name in Conditions.QUANTITIES:
        np.testing.assert_array_equal(getattr(curtailed, name), getattr(without, name))


def filling_jobs_mw(fleet: Fleet, telemetry: Telemetry) -> np.ndarray:
    """Return the (region, hour) power of jobs that fill the headroom in the actual weather at the sure grid limit."""
    actuals = ActualHours.of(telemetry, fleet)
    return np.maximum(actuals.safe_load_mw - actuals.base_load_mw, 0)


def with_limit(telemetry: Telemetry, limit_mw: np.ndarray) -> Telemetry:
    """Return the telemetry with an observed grid limit."""
    values = dict(telemetry.values) | {"grid_limit_mw": limit_mw}
    return Telemetry(regions=telemetry.regions, time_utc=telemetry.time_utc, values=values)


@given(
    st.sampled_from(PLANTS),
    st.lists(st.tuples(st.integers(0, 23), st.floats(0, 1)), max_size=24),
    st.floats(-10, 40),
    st.floats(30, 100),
)
def test_no_call_breaches_a_load_that_fits_the_sure_limit(plant, calls, temperature_c, firm_mw) -> None:
    contract = Curtailment(firm_mw=firm_mw, months=(1,), from_hour_utc=16, to_hour_utc=4)
    fleet = fleet_of(region_with(plant, curtailment=contract))
    telemetry = changed(calm(fleet, 1), "temperature_c", (0, slice(None)), temperature_c)
    jobs = filling_jobs_mw(fleet, telemetry)
    limit = np.full((1, DAY), 100.0)
    for hour, share in calls:
        if hour >= 16 or hour < 4:
            limit[0, hour] = firm_mw + share * (100 - firm_mw)
    actuals = ActualHours.of(with_limit(telemetry, limit), fleet)
    without_jobs = actuals.breached(np.zeros_like(jobs))
    np.testing.assert_array_equal(actuals.breached(jobs), without_jobs)


def test_the_actual_grid_limit_is_the_observed_one_or_the_sure_one_where_none_was_observed() -> None:
    january = CONTRACT.model_copy(update={"months": (1,)})
    fleet = fleet_of(region(plant=PLAIN, curtailment=january))
    limit = np.full((1, DAY), 20.0)
    limit[0, [3, 21, 22]] = 5.0, 8.0, np.nan
    actuals = ActualHours.of(with_limit(calm(fleet, 1), limit), fleet)
    # At 20 MW the 10 MW of IT bind. 5 MW is below the firm power, 8 MW is above it, and at 22 nothing was observed.
    np.testing.assert_array_equal(actuals.safe_load_mw[0, [0, 3, 20, 21, 22]], [10, 5, 10, 8, 7])
    jobs = np.full((1, DAY), 1.5)
    np.testing.assert_array_equal(np.flatnonzero(actuals.breached(jobs)[0]), [3, 22])
    # A missing value after an order says nothing of the end of the order.
    limit[0, 4:6] = np.nan
    after_order = ActualHours.of(with_limit(calm(fleet, 1), limit), fleet)
    np.testing.assert_array_equal(after_order.safe_load_mw[0, 3:7], [5, 5, 5, 10])
    without = ActualHours.of(calm(fleet, 1), fleet)
    np.testing.assert_array_equal(without.safe_load_mw[0, 20:], [7, 7, 7, 10])
