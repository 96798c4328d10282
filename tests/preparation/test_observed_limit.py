"""An observed grid limit lowers the promise until a newer one is observed, and never raises it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import hours_from
from support.sites import CALM_DAYS, DAY, NAIVE, calm, fleet_of, region

from fleet.domain.region import Curtailment, OutsideAirPlant
from fleet.domain.telemetry import Telemetry
from fleet.physics.limits import GRID, code_of
from fleet.preparation.observed_limit import (
    ObservedLimit,
    last_observed_mw,
    limits_ahead_mw,
    limits_seen_at,
    lowest_of_day_mw,
    silent_hours,
)
from fleet.preparation.prepare import prepare, with_foresight, with_settings
from fleet.preparation.prepared import Prepared

# Without fans, losses and fixed power, a MW of IT power is a MW from the grid.
PLAIN = OutsideAirPlant(
    kind="outside_air", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0, fixed_mw=0, ups_loss_fraction=0
)
SITE = region(plant=PLAIN)
FLEET = fleet_of(SITE)
LAST = CALM_DAYS * DAY - 1
GAP = np.nan
BOTH = 48  # hours within and beyond the horizon


def observed(*limits_mw: float, hours: int = CALM_DAYS * DAY) -> Telemetry:
    """Return calm telemetry whose last hours have these observed limits; nothing was observed before."""
    grid = np.full((1, hours), GAP)
    grid[0, hours - len(limits_mw) :] = limits_mw
    telemetry = calm(FLEET, hours // DAY)
    return Telemetry(
        regions=telemetry.regions, time_utc=telemetry.time_utc, values={**telemetry.values, "grid_limit_mw": grid}
    )


def prepared(telemetry: Telemetry, origins: int = 1) -> Prepared:
    return prepare(telemetry, FLEET, np.arange(LAST + 1 - origins, LAST + 1), NAIVE)


def test_the_last_observed_limit_holds_through_gaps_and_is_infinite_before_the_first():
    seen = last_observed_mw(observed(GAP, 9.0, GAP, GAP, 7.5, GAP, hours=DAY))
    np.testing.assert_array_equal(seen[0, -7:], [np.inf, np.inf, 9.0, 9.0, 9.0, 7.5, 7.5])
    assert np.isinf(last_observed_mw(calm(FLEET, 1))).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limits_mw", "left_mw"),
    [
        # The load is 6 MW and 10 MW of IT are installed; the contract gives 20 MW.
        ((20.0, 7.0, GAP, GAP), 1.0),
        ((0.0,), 0.0),
    ],
)
def test_the_lower_of_contract_and_last_observed_limit_counts_now_ahead_and_beyond_the_horizon(limits_mw, left_mw):
    conditions = prepared(observed(*limits_mw))
    ahead = conditions.ahead(0, DAY)
    np.testing.assert_allclose(ahead.headroom_mw, left_mw)
    np.testing.assert_allclose(ahead.forecast_headroom_mw, left_mw)
    np.testing.assert_allclose(conditions.now.headroom_mw, left_mw)
    at = 0, slice(None), slice(None)
    for level in range(len(conditions.levels.levels)):
        np.testing.assert_allclose(np.maximum(conditions.levels.spare_mw(at, level, level), 0), left_mw)
    assert (ahead.binding == code_of(GRID)).all()
    # Of the months with a climatological band, one is March.
    march_mw = conditions.beyond.season.headroom_mw[conditions.beyond.rows.season[0], 0].reshape(12, DAY)[2]
    np.testing.assert_allclose(march_mw, left_mw)


@pytest.mark.slow
def test_an_observed_limit_above_the_contract_never_widens_and_one_that_ended_is_forgotten():
    without = prepared(calm(FLEET)).ahead(0, BOTH).table
    np.testing.assert_array_equal(prepared(observed(100.0, GAP)).ahead(0, BOTH).table, without)
    # Beyond the horizon the lowest limit of a day holds until midnight, so this order ended on an earlier day.
    np.testing.assert_array_equal(prepared(observed(7.0, *[50.0] * DAY)).ahead(0, BOTH).table, without)


@pytest.mark.slow
def test_an_origin_sees_only_limits_up_to_it():
    telemetry = observed(20.0, 8.0, 7.0, 20.0, 3.0, GAP)
    many = prepared(telemetry, origins=6)
    # The load is 6 MW. Six hours before the end the contract's 20 MW hold, so 10 MW of IT power bind.
    np.testing.assert_allclose(many.near.headroom_mw[:, 0, 0], [4.0, 2.0, 1.0, 4.0, 0.0, 0.0])
    for step in (0, 2, 3):
        position = LAST - 5 + step
        alone = prepare(telemetry.hours(0, position + 1), FLEET, np.array([position]), NAIVE)
        np.testing.assert_array_equal(alone.ahead(0, BOTH).table, many.ahead(step, BOTH).table)
        np.testing.assert_array_equal(alone.levels.grid_load_mw[0], many.levels.grid_load_mw[step])
        np.testing.assert_array_equal(alone.levels.load_mw[:, 0], many.levels.load_mw[:, step])
        np.testing.assert_array_equal(
            alone.beyond.season.table[:, alone.beyond.rows.season[0]],
            many.beyond.season.table[:, many.beyond.rows.season[step]],
        )


@pytest.mark.slow
def test_other_settings_and_foresight_keep_the_observed_limit():
    limited = prepared(observed(*[7.0] * 30), origins=30)
    for other in (with_settings(limited, NAIVE), with_foresight(limited)):
        np.testing.assert_allclose(other.near.headroom_mw[0], 1.0)


def test_firm_power_counts_in_the_hours_of_possible_calls_and_the_observed_limit_in_all():
    contract = Curtailment(firm_mw=7.0, months=(1,), from_hour_utc=20, to_hour_utc=23)
    fleet = fleet_of(region(plant=PLAIN, curtailment=contract))
    origins = hours_from("2024-01-10T00", 2)
    limits = limits_ahead_mw(fleet, origins, np.array([[np.inf, 8.0]]), 24)[:, 0]
    assert (limits[0, :19].min(), limits[0, 19:22].max(), limits[0, 22]) == (20.0, 7.0, 20.0)
    assert (limits[1, :18].max(), limits[1, 18:21].max(), limits[1, 21:].max()) == (8.0, 7.0, 8.0)


@given(st.lists(st.sampled_from([5.0, 8.0, 15.0, 25.0, np.inf]), min_size=1, max_size=80), st.integers(0, 23))
def test_the_lowest_limit_of_a_day_holds_until_midnight(seen_mw, first_hour):
    hours = hours_from(f"2024-03-01T{first_hour:02}", len(seen_mw))
    lowest_mw = lowest_of_day_mw(FLEET, hours, np.array([seen_mw]))[0]
    for position, hour in enumerate(hours):
        since = max(position - int(hour.astype(np.int64)) % 24, 0)
        assert lowest_mw[position] == min([20.0, *seen_mw[since : position + 1]])


def test_what_was_seen_is_told_with_its_age():
    telemetry = observed(9.0, *[GAP] * 30, hours=3 * DAY)
    origin = telemetry.time_utc[-1]
    (limit,) = limits_seen_at(telemetry, FLEET, origin)
    assert limit == ObservedLimit(region="alpha", observed_mw=9.0, observed_utc=origin - 30, age_h=30, contract_mw=20.0)
    assert limit.is_below
    assert limit.is_silent
    assert limits_seen_at(telemetry, FLEET, origin - 31) == ()
    (recent,) = limits_seen_at(telemetry, FLEET, origin - 7)
    assert (recent.age_h, recent.is_silent) == (23, False)


def test_silent_origins_are_counted_by_region():
    telemetry = observed(9.0, *[GAP] * 30, hours=3 * DAY)
    assert silent_hours(telemetry, FLEET, np.arange(3 * DAY)) == {"alpha": 7}
    assert silent_hours(calm(FLEET, 3), FLEET, np.arange(3 * DAY)) == {}
