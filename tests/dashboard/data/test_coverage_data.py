from datetime import timedelta

import polars as pl
import pytest
from support.frames import ORIGIN, risk_rows

from fleet.dashboard.data import band_coverage


def coverage_of(*parts):
    return band_coverage(pl.concat(parts).lazy(), "outdoor", "arizona")


def test_rates_count_hours_and_whole_windows():
    # 33 is outside 30 +- 2 but below the path bound of 34; 35 is above both.
    mild = risk_rows(actual=[33.0] + [30.0] * 23)
    hot = risk_rows(origin=ORIGIN + timedelta(days=1), actual=[35.0] * 2 + [30.0] * 22)
    coverage = coverage_of(mild, hot)
    assert (coverage.hours, coverage.windows) == (48, 2)
    assert coverage.inside == pytest.approx(45 / 48)
    assert coverage.below_path == pytest.approx(1 / 2)
    low, high = coverage.inside_interval
    assert low <= coverage.inside <= high


def test_missing_hours_do_not_count_and_their_windows_are_incomplete():
    coverage = coverage_of(risk_rows(), risk_rows(origin=ORIGIN + timedelta(days=1), actual=[None] + [30.0] * 23))
    assert (coverage.hours, coverage.windows) == (47, 1)


def test_the_worst_month_is_named():
    coverage = coverage_of(risk_rows(), risk_rows(origin=ORIGIN + timedelta(days=31), actual=[50.0] * 6 + [30.0] * 18))
    assert coverage.worst_month == "August 2025"
    assert coverage.worst_inside == pytest.approx(18 / 24)


def test_the_hottest_tenth_is_scored_against_the_upper_bound():
    # Of 24 forecasts the warmest three are 39. One of their actual values is above its bound of 41.
    coverage = coverage_of(risk_rows(forecast=[39.0] * 3 + [30.0] * 21, actual=[42.0, 39.0, 39.0] + [30.0] * 21))
    assert (coverage.hottest_hours, coverage.hottest_below) == (3, pytest.approx(2 / 3))


def test_the_share_of_hours_without_a_bound_is_given():
    assert coverage_of(risk_rows(margin=[float("inf")] * 6 + [2.0] * 18)).unbounded == pytest.approx(0.25)
