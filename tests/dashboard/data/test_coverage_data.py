from datetime import timedelta

import polars as pl
import pytest
from support.frames import ORIGIN, risk_rows

from fleet.dashboard.data import coverage_data as coverage


def coverage_of(*parts):
    return coverage(pl.concat(parts).lazy(), "outdoor", "arizona")


def test_rates_count_hours_and_whole_days():
    # 33 is outside 30 +- 2 but below the whole-day line of 34; 35 is above both.
    mild = risk_rows(actual=[33.0] + [30.0] * 23)
    bad = risk_rows(origin=ORIGIN + timedelta(days=1), actual=[35.0] * 2 + [30.0] * 22)
    found = coverage_of(mild, bad)
    assert (found.hours, found.windows) == (48, 2)
    assert found.inside == pytest.approx(45 / 48)
    assert found.below_all_day == pytest.approx(1 / 2)
    low, high = found.inside_interval
    assert low <= found.inside <= high


def test_missing_hours_do_not_count_and_their_windows_are_not_whole():
    found = coverage_of(risk_rows(), risk_rows(origin=ORIGIN + timedelta(days=1), actual=[None] + [30.0] * 23))
    assert (found.hours, found.windows) == (47, 1)


def test_the_worst_month_is_named():
    found = coverage_of(risk_rows(), risk_rows(origin=ORIGIN + timedelta(days=31), actual=[50.0] * 6 + [30.0] * 18))
    assert found.worst_month == "August 2025"
    assert found.worst_inside == pytest.approx(18 / 24)


def test_the_hottest_tenth_is_scored_against_the_upper_bound():
    # Of 24 forecasts the warmest three are 39: one of them came out above its bound of 41.
    found = coverage_of(risk_rows(forecast=[39.0] * 3 + [30.0] * 21, actual=[42.0, 39.0, 39.0] + [30.0] * 21))
    assert (found.hot_hours, found.hot_below) == (3, pytest.approx(2 / 3))


def test_hours_without_a_bound_are_told():
    assert coverage_of(risk_rows(margin=[float("inf")] * 6 + [2.0] * 18)).unbounded == pytest.approx(0.25)
