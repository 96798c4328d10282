"""The coverage of bounds in cases that are small enough to count."""

import numpy as np
import pytest
from support.builders import hours_from

from fleet.evaluation.reliability import PathReliability, Reliability, weeks

DAYS = 20
ORIGINS = hours_from("2024-02-20T00", DAYS * 24)
FORECAST = np.tile(np.arange(24.0), DAYS)[:, None] + np.zeros(2)


def reliability(is_missed) -> Reliability:
    """Return the reliability of two leads, where is_missed(origin, lead) says where the bound is missed."""
    origin, lead = np.indices((len(ORIGINS), 2))
    return Reliability.of(np.where(is_missed(origin, lead + 1), 0.0, 1.0), FORECAST, ORIGINS)


def shares(rates) -> list[float]:
    return [rate.share for rate in rates]


def counts(rates) -> list[int]:
    return [rate.count for rate in rates]


def test_a_miss_is_counted_in_its_lead_hour_and_season():
    # Each origin at 00 UTC misses its second hour, 02 UTC.
    result = reliability(lambda origin, lead: (origin % 24 == 0) & (lead == 2))
    assert result.overall.count == 2 * 24 * DAYS
    assert result.overall.share == pytest.approx(1 - 1 / 48)
    assert shares(result.by_lead) == pytest.approx([1, 1 - 1 / 24])
    # Each hour of the day is the target of two origins a day.
    assert shares(result.by_hour) == pytest.approx([1, 1, 1 / 2, *[1] * 21])
    assert counts(result.by_hour)[2:] == [2 * DAYS] * 22
    # Ten days of February and ten of March. The leads move three targets from February to March.
    assert {name: season.count for name, season in result.by_season.items()} == {"Dec-Feb": 477, "Mar-May": 483}
    assert result.weakest[0] == "02:00 UTC"
    assert result.weakest[1] == result.by_hour[2]


def test_the_hottest_tenth_has_the_highest_forecasts_of_all_leads():
    # The forecast is the hour of the origin. Its 90 % quantile is between 20 and 21, so three of 24 hours are above.
    result = reliability(lambda origin, _: origin % 24 == 23)
    assert result.hottest.count == 3 * DAYS * 2
    assert result.hottest.share == pytest.approx(2 / 3)
    assert shares(result.by_decile[:-1]) == [1] * 9
    assert sum(counts(result.by_decile)) == result.overall.count


def test_missing_values_are_in_no_cell():
    is_covered = np.ones((48, 2))
    is_covered[:24] = np.nan
    result = Reliability.of(is_covered, FORECAST[:48], ORIGINS[:48])
    for rates in ([result.overall], result.by_lead, result.by_hour, result.by_decile):
        assert sum(counts(rates)) == 48


def test_without_a_known_value_there_is_no_weakest_cell():
    result = Reliability.of(np.full((48, 2), np.nan), FORECAST[:48], ORIGINS[:48])
    assert result.weakest is None
    assert result.worst_week is None
    assert result.by_season == {}


def test_the_worst_week_has_168_hours_of_origins():
    # 20 days are two whole weeks and six days. The six days miss all targets and are left out.
    result = reliability(lambda origin, _: (origin >= 14 * 24) | ((origin >= 8 * 24) & (origin < 9 * 24)))
    assert [week.start_utc for week in result.weeks] == ["2024-02-20T00:00Z", "2024-02-27T00:00Z"]
    assert result.worst_week.start_utc == "2024-02-27T00:00Z"
    assert result.worst_week.share == pytest.approx(6 / 7)
    assert result.worst_week.count == 168 * 2


def test_less_than_one_week_counts_as_one_week():
    [week] = weeks(np.array([[1.0], [0.0]]), ORIGINS[:2])
    assert (week.count, week.share) == (2, 0.5)


def test_a_week_has_28_origins_that_are_six_hours_apart():
    assert [week.count for week in weeks(np.ones((60, 1)), ORIGINS[::6][:60])] == [28, 28]


def test_paths_are_scored_overall_by_window_and_in_the_hottest_tenth():
    is_covered = np.ones(len(ORIGINS))
    is_covered[23::24] = 0
    is_covered[0] = np.nan
    result = PathReliability.of(
        is_covered, {1: np.ones(len(ORIGINS)), 2: is_covered}, FORECAST, ORIGINS, width_ratio=1.5
    )
    assert (result.overall.count, result.overall.share) == (479, pytest.approx(1 - DAYS / 479))
    assert (result.hottest.count, result.hottest.share) == (3 * DAYS, pytest.approx(2 / 3))
    assert {window: coverage.share for window, coverage in result.by_window.items()} == {1: 1, 2: result.overall.share}
    # Each of the seven nights of the first week misses one path, and one path has a gap: 160 of 167.
    assert result.worst_week.share == pytest.approx(160 / 167)
