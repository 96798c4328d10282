"""A contract that lets the utility call a site down: what may still be promised, and that no call breaks it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.plants import PLANTS, region_with
from support.sites import CALM_DAYS, DAY, NAIVE, calm, changed, fleet_of, region

from fleet.actuals.actual_hours import ActualHours
from fleet.domain.conditions import Conditions, Limit
from fleet.domain.region import Curtailment, Fleet, OutsideAirPlant, Region
from fleet.domain.telemetry import Telemetry
from fleet.preparation.prepare import prepare, with_foresight
from fleet.preparation.prepared import Prepared

# No fans, no losses, no fixed power: a MW of IT is a MW of the grid.
PLAIN = OutsideAirPlant(
    kind="outside_air", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0, fixed_mw=0, ups_loss_fraction=0
)
# Calm telemetry ends with the 29th of May.
CONTRACT = Curtailment(firm_mw=7.0, months=(3, 5), from_hour_utc=20, to_hour_utc=23)
EVENING = slice(20, 23)


def prepared(own: Region, origins: int = 1) -> Prepared:
    fleet = fleet_of(own)
    return prepare(calm(fleet), fleet, np.arange(CALM_DAYS * DAY - origins, CALM_DAYS * DAY), NAIVE)


def test_only_firm_power_is_promised_where_a_call_may_come() -> None:
    ahead = prepared(region(plant=PLAIN, curtailment=CONTRACT)).ahead(0, 24)
    # 7 MW are firm and 6 taken; without calls the 10 MW of IT bind.
    np.testing.assert_allclose(ahead.headroom_mw[0, EVENING], 1.0)
    np.testing.assert_allclose(ahead.forecast_headroom_mw[0, EVENING], 1.0)
    assert (ahead.binding[0, EVENING] == Limit.GRID).all()
    np.testing.assert_allclose(np.delete(ahead.headroom_mw[0], EVENING), 4.0)


def test_past_the_horizon_a_contract_counts_in_its_months() -> None:
    far = prepared(region(plant=PLAIN, curtailment=CONTRACT)).far.headroom_mw[0, 0].reshape(12, DAY)
    # The season is bounded where it was seen for long enough: in February and March.
    np.testing.assert_allclose(far[2, EVENING], 1.0)
    np.testing.assert_allclose(np.delete(far[2], EVENING), 4.0)
    np.testing.assert_allclose(far[1], 4.0)


def test_each_origin_looks_at_the_hours_after_its_own() -> None:
    many = prepared(region(plant=PLAIN, curtailment=CONTRACT), origins=30)
    for step, origin in enumerate(many.origin_utc):
        hour = (origin + np.arange(1, 25)).astype(int) % 24
        np.testing.assert_array_equal(many.near.binding[step, 0] == Limit.GRID, (hour >= 20) & (hour < 23))


def test_foresight_of_the_weather_is_none_of_calls() -> None:
    own = prepared(region(plant=PLAIN, curtailment=CONTRACT), origins=30)
    known = with_foresight(own)
    np.testing.assert_array_equal(known.near.binding[0], own.near.binding[0])


def test_a_contract_that_takes_nothing_changes_nothing() -> None:
    without = prepared(region(grid_limit_mw=9.0))
    firm = CONTRACT.model_copy(update={"firm_mw": 9.0})
    with_it = prepared(region(grid_limit_mw=9.0, curtailment=firm))
    for name in Conditions.QUANTITIES:
        np.testing.assert_array_equal(getattr(with_it.ahead(0, 72), name), getattr(without.ahead(0, 72), name))


def filled(fleet: Fleet, telemetry: Telemetry) -> np.ndarray:
    """(region, hour) jobs that fill what the weather and the sure limit leave."""
    actuals = ActualHours.of(telemetry, fleet)
    return np.maximum(actuals.safe_load_mw - actuals.base_load_mw, 0)


def with_limit(telemetry: Telemetry, limit_mw: np.ndarray) -> Telemetry:
    values = dict(telemetry.values) | {"grid_limit_mw": limit_mw}
    return Telemetry(regions=telemetry.regions, time_utc=telemetry.time_utc, values=values)


@given(
    st.sampled_from(PLANTS),
    st.lists(st.tuples(st.integers(0, 23), st.floats(0, 1)), max_size=24),
    st.floats(-10, 40),
    st.floats(30, 100),
)
def test_no_call_breaks_what_was_promised_against_the_sure_limit(plant, calls, temperature_c, firm_mw) -> None:
    contract = Curtailment(firm_mw=firm_mw, months=(1,), from_hour_utc=16, to_hour_utc=4)
    fleet = fleet_of(region_with(plant, curtailment=contract))
    telemetry = changed(calm(fleet, 1), "temperature_c", (0, slice(None)), temperature_c)
    jobs = filled(fleet, telemetry)
    limit = np.full((1, DAY), 100.0)
    for hour, share in calls:
        if hour >= 16 or hour < 4:
            limit[0, hour] = firm_mw + share * (100 - firm_mw)
    actuals = ActualHours.of(with_limit(telemetry, limit), fleet)
    alone = actuals.breached(np.zeros_like(jobs))
    np.testing.assert_array_equal(actuals.breached(jobs), alone)


def test_the_grid_that_was_known_judges_and_the_sure_one_where_it_was_not() -> None:
    january = CONTRACT.model_copy(update={"months": (1,)})
    fleet = fleet_of(region(plant=PLAIN, curtailment=january))
    limit = np.full((1, DAY), 20.0)
    limit[0, [3, 21, 22]] = 5.0, 8.0, np.nan
    actuals = ActualHours.of(with_limit(calm(fleet, 1), limit), fleet)
    # 20 MW leave the 10 MW of IT; 5 MW are deeper than the contract allows, 8 not so deep, and the last is not known.
    np.testing.assert_array_equal(actuals.safe_load_mw[0, [0, 3, 20, 21, 22]], [10, 5, 10, 8, 7])
    jobs = np.full((1, DAY), 1.5)
    np.testing.assert_array_equal(np.flatnonzero(actuals.breached(jobs)[0]), [3, 22])
    without = ActualHours.of(calm(fleet, 1), fleet)
    np.testing.assert_array_equal(without.safe_load_mw[0, 20:], [7, 7, 7, 10])
