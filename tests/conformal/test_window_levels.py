from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import hours_from

from fleet.conformal.tracker import Tracker
from fleet.conformal.window_levels import WARM_UP_DAYS, buckets, decision_levels, needed_levels

TENTH = Fraction(1, 10)
LEVELS = np.array([0.0, 1.0, 2.0])


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [
        (1, [1]),
        (2, [1, 2]),
        (3, [1, 2, 3]),
        (24, [1, 2, 4, 8, 16, 24]),
        (48, [1, 2, 4, 8, 16, 32, 48]),
        (64, [1, 2, 4, 8, 16, 32, 64]),
    ],
)
def test_buckets_double_up_to_the_horizon(horizon, expected):
    np.testing.assert_array_equal(buckets(horizon), expected)


def needed(stated: list[list[float]], actual: list[float], longest: list[int], levels=LEVELS) -> np.ndarray:
    """Returns the (start, bucket) needed levels of one origin and region, from (level, lead) stated headroom."""
    headroom_mw = np.array(stated, dtype=float)[:, None, None]
    return needed_levels(headroom_mw, np.array([[actual]], dtype=float), levels, np.array(longest))[0, 0]


def test_a_window_needs_the_least_level_whose_worst_headroom_was_there():
    stated = [[9, 5, 9, 9], [8, 4, 8, 8], [7, 3, 7, 7]]
    actual = [8.5, 4.5, 20, 6]
    # Single hours: 8.5 is enough for the 8 of level 1, 4.5 for the 4 of level 1, 20 for the 9 of level 0. 6 is not
    # enough even for the 7 of level 2.
    np.testing.assert_array_equal(needed(stated, actual, [1])[:, 0], [1, 1, 0, 3])
    # Two hours: the worst of 8.5 and 4.5 is 4.5, enough for the 4 of level 1. The same holds for 4.5 and 20. The worst
    # of 20 and 6 is 6, which is below the 7 of level 2. The last window has one hour left.
    np.testing.assert_array_equal(needed(stated, actual, [2])[:, 0], [1, 1, 3, 3])


def test_only_the_worst_hour_of_a_window_counts():
    # The first hour has 5 instead of 9. The second hour, which is the worst, has its 2.
    assert needed([[9, 2], [8, 1], [7, 0]], [5, 2], [2])[0, 0] == 0


def test_a_window_without_stated_headroom_needs_the_lowest_level():
    np.testing.assert_array_equal(needed([[0, 0], [0, 0], [0, 0]], [0, 0], [1, 2]), 0)


def test_a_rounding_error_does_not_count():
    assert needed([[3.0], [2.0], [1.0]], [3.0 - 1e-12], [1]) == 0
    assert needed([[3.0], [2.0], [1.0]], [3.0 - 1e-6], [1]) == 1


def test_the_score_lies_above_the_highest_level_if_that_was_not_enough():
    np.testing.assert_array_equal(needed([[3], [2], [1]], [0.5], [1]), 3)  # one above the highest level: 2 + 1
    np.testing.assert_array_equal(needed([[3], [2]], [0.5], [1], levels=np.array([0.0, 4.0])), 5)


def test_a_window_with_a_gap_has_no_score():
    stated = [[9.0, 9, 9, 9]] * 3
    assert np.isnan(needed(stated, [9, np.nan, 9, 9], [2])[:, 0]).tolist() == [True, True, False, False]
    unbounded = [[9, 9, np.nan, 9]] * 3
    assert np.isnan(needed(unbounded, [9, 9, 9, 9], [2])[:, 0]).tolist() == [False, True, True, False]


@given(st.integers(1, 12), st.integers(0, 1_000))
def test_the_worst_headroom_of_a_window_is_the_least_of_its_hours(leads, seed):
    rng = np.random.default_rng(seed)
    longest = buckets(leads)
    actual = rng.uniform(0, 10, (2, 2, leads))
    stated = np.sort(rng.uniform(0, 10, (3, 2, 2, leads)), axis=0)[::-1]
    level = needed_levels(stated, actual, LEVELS, longest)
    assert level.shape == (2, 2, leads, len(longest))
    for start in range(leads):
        for bucket, hours in enumerate(longest):
            window = slice(start, start + hours)
            is_enough = stated[..., window].min(axis=-1) <= actual[..., window].min(axis=-1)
            expected = np.where(is_enough.any(axis=0), LEVELS[is_enough.argmax(axis=0)], 3)
            np.testing.assert_array_equal(level[..., start, bucket], expected)


def test_inputs_are_left_as_they_were():
    stated, actual = np.ones((3, 2, 1, 4)), np.ones((2, 1, 4))
    stated.flags.writeable = actual.flags.writeable = False
    needed_levels(stated, actual, LEVELS, np.array([1, 4]))


# The tracked bound of the levels that windows need.
LEADS = 4
LONGEST = buckets(LEADS)
ORIGINS = 24 * 60


def history(seed: int = 0) -> np.ndarray:
    """Returns (origin, region, start, bucket) needed levels: 0, 1, 2 and one above the highest."""
    shape = (ORIGINS, 2, LEADS, len(LONGEST))
    return np.random.default_rng(seed).choice([0.0, 1.0, 2.0, 3.0], shape, p=[0.8, 0.12, 0.06, 0.02])


def bounds(needed: np.ndarray, *, miscoverage: Fraction = TENTH) -> np.ndarray:
    origin_utc = hours_from("2024-01-01", len(needed))
    _, bound = decision_levels(needed, origin_utc, LONGEST, miscoverage, new=len(needed))
    return bound


@pytest.mark.parametrize("start", range(LEADS))
@pytest.mark.parametrize("bucket", range(len(LONGEST)))
def test_a_needed_level_becomes_known_when_its_window_has_ended(start, bucket):
    # A window of 1, 2 or 4 hours that starts s + 1 hours ahead ends s + hours ahead, or with the horizon.
    end_h = min(start + LONGEST[bucket], LEADS)
    needed, origin = history(), 24 * 50
    bound = bounds(needed)
    changed = needed.copy()
    changed[origin - end_h + 1 :, :, start, bucket] = 3.0
    np.testing.assert_array_equal(bounds(changed)[: origin + 1], bound[: origin + 1])
    # One hour earlier, a hit instead of a miss, or a miss instead of a hit, changes the bound at the origin only.
    is_miss = (needed > bound)[origin - end_h, :, start, bucket]
    changed[origin - end_h, :, start, bucket] = np.where(is_miss, -9.0, 99.0)
    differs = (bounds(changed) != bound)[: origin + 1]
    assert np.argwhere(differs).tolist() == [[origin, region, start, bucket] for region in range(2)]


def test_each_start_and_bucket_has_its_own_bound_after_thirty_days():
    needed = history()
    bound = bounds(needed)
    assert bound.shape == needed.shape
    for start in range(LEADS):
        for bucket, hours in enumerate(LONGEST):
            end_h = min(start + hours, LEADS)
            tracked = Tracker(warm_up_days=WARM_UP_DAYS).margin(
                needed[:, :, start, bucket][:, :, None],
                hours_from("2024-01-01", ORIGINS),
                np.array([end_h]),
                TENTH,
            )
            np.testing.assert_array_equal(bound[:, :, start, bucket], np.maximum(tracked[:, :, 0], 0))
            first = np.flatnonzero(np.isfinite(bound[:, 0, start, bucket]))[0]
            assert first == 24 * WARM_UP_DAYS + end_h - 1


def test_a_bound_of_zero_levels_stays_near_zero_and_never_below():
    bound = bounds(np.zeros((ORIGINS, 1, LEADS, len(LONGEST))))
    assert (bound >= 0).all()
    # A step up near zero is gain / 2 x 0.9, with a gain of at most 2 / root(720) = 0.075. With a delay of up to four
    # hours, there are up to four such steps in a row.
    assert (bound[24 * WARM_UP_DAYS + LEADS :] <= 4 * 0.075 / 2 * 0.9).all()


def test_a_history_may_be_cut_into_calls_anywhere():
    needed, origin_utc = history(), hours_from("2024-01-01", ORIGINS)
    # The first cuts are within the warm-up of thirty days.
    state, parts, cuts = None, [], [0, 1, 500, 501, 719, 725, 1_000, ORIGINS]
    for start, stop in pairwise(cuts):
        part = slice(max(start - LEADS, 0), stop)
        state, bound = decision_levels(needed[part], origin_utc[part], LONGEST, TENTH, state=state, new=stop - start)
        parts.append(bound)
    np.testing.assert_array_equal(np.concatenate(parts), bounds(needed))


def test_the_share_of_windows_above_their_bound_is_the_miscoverage():
    needed = history(seed=3)
    bound = bounds(needed)
    is_finite = np.isfinite(bound)
    # With 720 origins and a gain of 0.06, the bias of each of 24 series is at most log(3 / 0.5) / 0.06 / 720 = 0.04.
    assert (needed > bound)[is_finite].mean() == pytest.approx(0.1, abs=0.04)


def test_unknown_needed_levels_do_not_count():
    needed = history()
    needed[: 24 * 10] = np.nan
    bound = bounds(needed)
    assert np.isposinf(bound[: 24 * 40]).all()
    assert np.isfinite(bound[-1]).all()
    assert np.isposinf(bounds(np.full_like(needed, np.nan))).all()
