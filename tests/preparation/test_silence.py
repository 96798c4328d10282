"""Regions that do not report: silence never adds headroom, and the reason names region, column and hour."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import CORRUPTIONS, corrupted, hours_from
from support.controllers import caution_of
from support.sites import CALM_DAYS, DAY, NAIVE, calm, changed, fleet_of, region, summer_twin

from fleet.decisions.level_rows import LevelRows
from fleet.decisions.window_headroom import WindowHeadroom
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.fleets import load_fleet
from fleet.preparation.build_conditions import BOUNDED
from fleet.preparation.prepare import prepare, with_settings
from fleet.preparation.prepared import Prepared
from fleet.preparation.silence import Cause, Silence, bridged_h

ARIZONA, IRELAND = 0, 1
FLEET = load_fleet()
# The origin at which the silent region is looked at, and the longest job of the property test.
ORIGIN, LONGEST_H = 134 * DAY + 5, 40
ALL_HOURS = slice(None)


def silenced(telemetry: Telemetry, row: int, column: str, hours: slice) -> Telemetry:
    return changed(telemetry, column, (row, hours), np.nan)


@cache
def last_heard(hours: int) -> Prepared:
    """Return the origin `hours` hours before ORIGIN, with full telemetry."""
    origin = ORIGIN - hours
    return prepare(summer_twin().telemetry.hours(0, origin + 1), FLEET, np.array([origin]), NAIVE)


@cache
def silent(row: int, column: str, hours: int) -> Prepared:
    telemetry = silenced(summer_twin().telemetry, row, column, slice(ORIGIN - hours + 1, None))
    return prepare(telemetry.hours(0, ORIGIN + 1), FLEET, np.array([ORIGIN]), NAIVE)


def window_mw(prepared: Prepared, extra: float) -> dict[int, np.ndarray]:
    """Return duration -> (region, start) headroom of each window."""
    regions = len(prepared.fleet.regions)
    windows = WindowHeadroom(prepared, 0, LevelRows.of(prepared, 0, 24 + LONGEST_H, caution_of(regions, extra)))
    return {hours: windows.spare_mw(hours).min(axis=2) for hours in (1, 2, 3, 5, 8, 13, 24, LONGEST_H)}


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(
    row=st.sampled_from([ARIZONA, IRELAND]),
    column=st.sampled_from(BOUNDED),
    hours=st.integers(1, 13),
    extra=st.sampled_from([0.0, 0.3, 2.0]),
)
def test_no_window_gets_more_than_at_the_last_heard_origin(row, column, hours, extra):
    now, before = window_mw(silent(row, column, hours), extra), window_mw(last_heard(hours), extra)
    for duration_h, headroom_mw in now.items():
        # The same hours: `hours` later, counted from the earlier origin.
        assert (headroom_mw[row, : 24 - hours] <= before[duration_h][row, hours:]).all(), duration_h


@pytest.mark.slow
def test_a_feed_that_is_an_hour_late_still_gets_headroom_and_no_more_than_before():
    now, before = window_mw(silent(IRELAND, "temperature_c", 1), 0.0), window_mw(last_heard(1), 0.0)
    assert (now[5][IRELAND, :-1] <= before[5][IRELAND, 1:]).all()
    assert (now[5][IRELAND] > 0).any()


@pytest.mark.slow
def test_other_regions_are_decided_as_if_nothing_were_silent():
    now, full = silent(IRELAND, "it_load_mw", 13), last_heard(0)
    for name in ("safe_load_mw", "load_mw"):
        np.testing.assert_array_equal(*(getattr(part.levels, name)[:, :, ARIZONA] for part in (now, full)))
    for name in ("weather_required", "load_required"):
        np.testing.assert_array_equal(*(getattr(part.levels, name)[:, ARIZONA] for part in (now, full)))
    assert now.silence.is_closed.tolist() == [[False, True, False]]
    assert np.isneginf(window_mw(now, 0.0)[1][IRELAND]).all()


@pytest.mark.slow
def test_a_live_hour_and_a_replay_hold_a_silent_region_alike():
    telemetry = silenced(summer_twin().telemetry, ARIZONA, "temperature_c", slice(ORIGIN - 1, ORIGIN + 6))
    telemetry = silenced(telemetry, IRELAND, "dew_point_c", slice(ORIGIN - 9, ORIGIN + 1))
    year = prepare(telemetry, FLEET, np.arange(ORIGIN - 20, ORIGIN + 20), NAIVE)
    for origin in (ORIGIN - 8, ORIGIN, ORIGIN + 1, ORIGIN + 3, ORIGIN + 7):
        live = prepare(telemetry.hours(0, origin + 1), FLEET, np.array([origin]), NAIVE)
        step = origin - ORIGIN + 20
        np.testing.assert_array_equal(live.levels.safe_load_mw[:, 0], year.levels.safe_load_mw[:, step])
        np.testing.assert_array_equal(live.levels.load_mw[:, 0], year.levels.load_mw[:, step])
        np.testing.assert_array_equal(live.levels.load_required[0], year.levels.load_required[step])
        no_extra = np.zeros(3)
        np.testing.assert_array_equal(
            live.bound_beyond(0, 60, no_extra).spare_mw, year.bound_beyond(step, 60, no_extra).spare_mw
        )
        assert [live.silence.why_closed(0, row) for row in range(3)] == [
            year.silence.why_closed(step, row) for row in range(3)
        ]
    assert year.silence.is_closed.any()


@pytest.mark.slow
def test_other_settings_hold_a_silent_region_too():
    now = silent(ARIZONA, "temperature_c", 2)
    again = with_settings(now, now.settings)
    np.testing.assert_array_equal(again.levels.load_mw, now.levels.load_mw)
    np.testing.assert_array_equal(again.levels.load_required, now.levels.load_required)
    assert now.silence.lead_in_h == 2


def judged(telemetry: Telemetry, origins: np.ndarray) -> Silence:
    return Silence.of({name: telemetry.values[name] for name in BOUNDED}, telemetry.time_utc, origins)


def test_the_region_closes_when_the_value_may_have_moved_and_opens_after_as_many_hours_as_it_was_silent():
    telemetry = summer_twin().telemetry
    limit_h = int(bridged_h(telemetry.values["temperature_c"][IRELAND])[ORIGIN])
    assert 2 <= limit_h <= 6
    silent_h = 7
    hours = slice(ORIGIN + 1, ORIGIN + 1 + silent_h)
    silence = judged(silenced(telemetry, IRELAND, "temperature_c", hours), np.arange(ORIGIN, ORIGIN + 30))
    is_closed = silence.is_closed[:, IRELAND]
    expected = np.zeros(30, dtype=bool)
    expected[limit_h + 1 : 2 * silent_h] = True
    np.testing.assert_array_equal(is_closed, expected)
    last = str(telemetry.time_utc[ORIGIN]) + ":00Z"
    assert silence.why_closed(silent_h, IRELAND) == (
        f"temperature_c has had no usable value since {last} (7 h; at most {limit_h} h are bridged)"
    )
    assert silence.why_closed(silent_h + 2, IRELAND) == (
        "temperature_c reports again after 7 h of silence, and must report for 5 h more"
    )
    assert silence.why_closed(0, IRELAND) is None
    assert not silence.is_closed[:, ARIZONA].any()


def test_a_slow_series_is_bridged_longer_than_a_fast_one():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=24 * 200)
    slow, fast = np.zeros_like(noise), np.zeros_like(noise)
    for hour in range(1, len(noise)):
        slow[hour] = 0.995 * slow[hour - 1] + noise[hour]
        fast[hour] = 0.5 * fast[hour - 1] + noise[hour]
    assert bridged_h(slow)[-1] > 6
    assert bridged_h(fast)[-1] == 2
    assert bridged_h(np.full(24 * 200, np.nan))[-1] <= 12


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_silence_is_judged_from_the_past_alone(how):
    telemetry = silenced(summer_twin().telemetry, IRELAND, "it_load_mw", slice(ORIGIN - 4, ORIGIN + 30))
    telemetry = silenced(telemetry, ARIZONA, "temperature_c", slice(3, None, 24))
    values = {name: corrupted(grid, ORIGIN, how) for name, grid in telemetry.values.items()}
    later = replace(telemetry, values=values)
    origins = np.arange(ORIGIN - 30, ORIGIN + 1)
    expected, found = judged(telemetry, origins), judged(later, origins)
    for name in ("heard_h", "cause", "column", "hours", "limit_h"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert set(np.unique(expected.cause)) == {Cause.NONE, Cause.SILENT, Cause.UNREPORTED}


def two_sites() -> Fleet:
    return fleet_of(region("alpha"), region("beta"))


def last_of(telemetry: Telemetry, fleet: Fleet) -> Prepared:
    return prepare(telemetry, fleet, np.array([len(telemetry.time_utc) - 1]), NAIVE)


@pytest.mark.slow
def test_an_hour_of_day_that_is_never_reported_closes_its_region_alone():
    fleet = two_sites()
    prepared = last_of(silenced(calm(fleet), 1, "temperature_c", slice(3, None, 24)), fleet)
    assert prepared.silence.is_closed.tolist() == [[False, True]]
    assert prepared.silence.why_closed(0, 1) == "temperature_c has had no value at 03:00 UTC for 7 days"
    assert (window_mw(prepared, 0.0)[8][0, :16] > 0).all()
    assert np.isneginf(window_mw(prepared, 0.0)[8][1]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("from_day", "cause"),
    [
        (CALM_DAYS - 10, "it_load_mw has 9 days of history, and 30 are needed"),
        (CALM_DAYS, "it_load_mw has no full day of values yet"),
    ],
)
def test_a_new_region_is_closed_alone(from_day, cause):
    fleet = two_sites()
    prepared = last_of(silenced(calm(fleet), 1, "it_load_mw", slice(None, from_day * DAY)), fleet)
    assert prepared.silence.why_closed(0, 1) == cause
    assert (window_mw(prepared, 0.0)[8][0, :16] > 0).all()
    assert np.isneginf(window_mw(prepared, 0.0)[8][1]).all()


@pytest.mark.slow
def test_a_region_without_telemetry_is_closed_alone_and_a_misspelt_one_is_refused():
    prepared = last_of(calm(fleet_of()), two_sites())
    assert prepared.silence.why_closed(0, 1) == "temperature_c has no full day of values yet"
    with pytest.raises(DataError, match="telemetry has no region gamma"):
        last_of(calm(two_sites()), fleet_of(region("alpha"), region("gamma")))


@pytest.mark.slow
def test_a_region_that_joins_is_forecast_from_its_own_history_on():
    fleet, joins = two_sites(), 20 * DAY
    telemetry = calm(fleet)
    for name in BOUNDED:
        telemetry = silenced(telemetry, 1, name, slice(None, joins))
    origins = np.arange(CALM_DAYS * DAY - 40 * DAY, CALM_DAYS * DAY - 1)
    prepared = prepare(telemetry, fleet, origins, NAIVE)
    headroom_mw = prepared.levels.spare_mw((slice(None), 1, slice(0, 1)), 0, 0)[:, 0]
    assert not prepared.silence.is_closed.any()
    assert np.isneginf(headroom_mw[0])
    assert headroom_mw[-1] == pytest.approx(4.0)
    alone = prepare(telemetry, fleet, origins[-1:], NAIVE)
    np.testing.assert_array_equal(alone.levels.load_mw[:, 0], prepared.levels.load_mw[:, -1])


def test_nothing_is_silent_where_every_value_is_known():
    fleet = fleet_of()
    prepared = last_of(calm(fleet), fleet)
    none = Silence.none(hours_from("2024-05-29T23", 1), 1)
    for name in ("heard_h", "cause", "origin_utc"):
        np.testing.assert_array_equal(getattr(prepared.silence, name), getattr(none, name))
