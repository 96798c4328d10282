"""Where bounds held, and where they did not, on cases small enough to count."""

import numpy as np
import pytest
from support.builders import hours_from

from fleet.evaluation.reliability import PathReliability, Reliability, all_held, each_held, pit, weeks

DAYS = 20
ORIGINS = hours_from("2024-02-20T00", DAYS * 24)
FORECAST = np.tile(np.arange(24.0), DAYS)[:, None] + np.zeros(2)


def reliability(missed) -> Reliability:
    """Two leads; missed(origin, lead) -> where the bound did not hold."""
    origin, lead = np.indices((len(ORIGINS), 2))
    return Reliability.of(np.where(missed(origin, lead + 1), 0.0, 1.0), FORECAST, ORIGINS)


def shares(found) -> list[float]:
    return [each.share for each in found]


def test_a_miss_is_counted_in_its_lead_and_hour_and_season():
    # Every origin at 00 misses its second hour, which is 02 UTC.
    found = reliability(lambda origin, lead: (origin % 24 == 0) & (lead == 2))
    assert found.overall.count == 2 * 24 * DAYS
    assert found.overall.share == pytest.approx(1 - 1 / 48)
    assert shares(found.by_lead) == pytest.approx([1, 1 - 1 / 24])
    # Each hour of the day is the target of two origins a day.
    assert shares(found.by_hour) == pytest.approx([1, 1, 1 / 2, *[1] * 21])
    assert [each.count for each in found.by_hour][2:] == [2 * DAYS] * 22
    # Ten days of February, ten of March; the leads reach a little further.
    assert {name: each.count for name, each in found.by_season.items()} == {"Dec-Feb": 477, "Mar-May": 483}
    assert found.weakest[0] == "02:00 UTC"
    assert found.weakest[1] == found.by_hour[2]


def test_the_hottest_tenth_is_of_the_forecasts_with_leads_pooled():
    # The forecast is the hour of its origin, and its 90 % quantile lies between 20 and 21: three hours of 24 are above.
    found = reliability(lambda origin, _: origin % 24 == 23)
    assert found.hottest.count == 3 * DAYS * 2
    assert found.hottest.share == pytest.approx(2 / 3)
    assert shares(found.by_decile[:-1]) == [1] * 9
    assert sum(each.count for each in found.by_decile) == found.overall.count


def test_what_is_not_known_is_in_no_cell():
    held = np.ones((48, 2))
    held[:24] = np.nan
    found = Reliability.of(held, FORECAST[:48], ORIGINS[:48])
    for of_each in ([found.overall], found.by_lead, found.by_hour, found.by_decile):
        assert sum(each.count for each in of_each) == 48


def test_nothing_known_is_weakest_nowhere():
    found = Reliability.of(np.full((48, 2), np.nan), FORECAST[:48], ORIGINS[:48])
    assert found.weakest is None
    assert found.worst_week is None
    assert found.by_season == {}


def test_the_worst_week_is_of_168_hours_of_origins_and_whole():
    # 20 days are two whole weeks and six days, which miss everything and are left out.
    found = reliability(lambda origin, _: (origin >= 14 * 24) | ((origin >= 8 * 24) & (origin < 9 * 24)))
    assert [week.start_utc for week in found.weeks] == ["2024-02-20T00:00Z", "2024-02-27T00:00Z"]
    assert found.worst_week.start_utc == "2024-02-27T00:00Z"
    assert found.worst_week.share == pytest.approx(6 / 7)
    assert found.worst_week.count == 168 * 2


def test_less_than_a_week_is_one():
    [only] = weeks(np.array([[1.0], [0.0]]), ORIGINS[:2])
    assert (only.count, only.share) == (2, 0.5)


def test_origins_six_hours_apart_fill_weeks_of_28():
    assert [week.count for week in weeks(np.ones((60, 1)), ORIGINS[::6][:60])] == [28, 28]


def test_paths_are_scored_whole_by_window_and_where_it_is_hottest():
    held = np.ones(len(ORIGINS))
    held[23::24] = 0
    held[0] = np.nan
    found = PathReliability.of(held, {1: np.ones(len(ORIGINS)), 2: held}, FORECAST, ORIGINS, width_ratio=1.5)
    assert (found.overall.count, found.overall.share) == (479, pytest.approx(1 - DAYS / 479))
    assert (found.hottest.count, found.hottest.share) == (3 * DAYS, pytest.approx(2 / 3))
    assert {window: each.share for window, each in found.by_window.items()} == {1: 1, 2: found.overall.share}
    # Two nights of the first week miss one path each but the gap leaves it shorter: 160 of 167.
    assert found.worst_week.share == pytest.approx(160 / 167)


def test_a_window_with_a_gap_is_not_judged_and_a_bound_that_is_met_holds():
    actual, zero = np.array([[1.0, np.nan], [1.0, 2.0], [1.0, 3.0]]), np.zeros((3, 2))
    upper = np.full((3, 2), 2.0)
    np.testing.assert_array_equal(all_held(actual, zero, upper), [np.nan, 1, 0])
    np.testing.assert_array_equal(each_held(actual, zero, upper), [[1, np.nan], [1, 1], [1, 0]])


def test_actuals_fall_into_the_bins_between_the_quantiles():
    actual = np.array([[0.5, 1.5, 1.6, 9.0, np.nan, 2.5]])
    quantiles = np.stack([np.full((1, 6), 1.0), np.full((1, 6), 2.0)])
    quantiles[1, 0, 5] = np.inf
    bins = pit(actual, quantiles, ORIGINS[:1])
    # The gap and the hour without a finite quantile are left out.
    assert [each.count for each in bins] == [4, 4, 4]
    assert shares(bins) == pytest.approx([1 / 4, 2 / 4, 1 / 4])


def test_honest_quantiles_fill_their_bins_evenly():
    rng = np.random.default_rng(0)
    levels = np.quantile(rng.normal(size=100_000), np.arange(1, 10) / 10)
    actual = rng.normal(size=(480, 24))
    bins = pit(actual, np.broadcast_to(levels[:, None, None], (9, 480, 24)), ORIGINS)
    assert shares(bins) == pytest.approx([0.1] * 10, abs=0.015)
