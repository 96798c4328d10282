from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import hours_from

from fleet.conformal.tracker import Tracker
from fleet.conformal.window_levels import WARM_UP_DAYS, buckets, decision_levels, needed_levels

TENTH = Fraction(1, 10)
RUNGS = np.array([0.0, 1.0, 2.0])


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


def needed(promised: list[list[float]], actual: list[float], longest: list[int], rungs=RUNGS) -> np.ndarray:
    """(start, bucket) of one origin and region; promised is (rung, lead)."""
    promised_mw = np.array(promised, dtype=float)[:, None, None]
    return needed_levels(promised_mw, np.array([[actual]], dtype=float), rungs, np.array(longest))[0, 0]


def test_a_window_needs_the_least_rung_whose_worst_hour_was_kept():
    # Headroom promised at the rungs, and what it came to be.
    promised = [[9, 5, 9, 9], [8, 4, 8, 8], [7, 3, 7, 7]]
    actual = [8.5, 4.5, 20, 6]
    # Hour by hour: 8.5 keeps the 8 of rung 1, 4.5 the 4 of rung 1, 20 the 9 of rung 0, and 6 not even the 7 of rung 2.
    np.testing.assert_array_equal(needed(promised, actual, [1])[:, 0], [1, 1, 0, 3])
    # Two hours: the worst of 8.5 and 4.5 is 4.5; promised was 5, then 4. So with 4.5 and 20. Of 20 and 6: 6, below 7.
    # The last window has one hour left.
    np.testing.assert_array_equal(needed(promised, actual, [2])[:, 0], [1, 1, 3, 3])


def test_an_hour_with_room_to_spare_may_have_less_than_was_promised():
    # The first hour broke its promise of 9; the second, which decides, kept its 2.
    assert needed([[9, 2], [8, 1], [7, 0]], [5, 2], [2])[0, 0] == 0


def test_where_nothing_was_promised_nothing_is_needed():
    np.testing.assert_array_equal(needed([[0, 0], [0, 0], [0, 0]], [0, 0], [1, 2]), 0)


def test_dust_breaks_no_promise():
    assert needed([[3.0], [2.0], [1.0]], [3.0 - 1e-12], [1]) == 0
    assert needed([[3.0], [2.0], [1.0]], [3.0 - 1e-6], [1]) == 1


def test_where_even_the_last_rung_promised_too_much_the_score_lies_past_it():
    np.testing.assert_array_equal(needed([[3], [2], [1]], [0.5], [1]), 3)  # one rung's distance past the last, 2 + 1
    np.testing.assert_array_equal(needed([[3], [2]], [0.5], [1], rungs=np.array([0.0, 4.0])), 5)


def test_a_window_with_a_gap_has_no_score():
    promised = [[9.0, 9, 9, 9]] * 3
    assert np.isnan(needed(promised, [9, np.nan, 9, 9], [2])[:, 0]).tolist() == [True, True, False, False]
    unbounded = [[9, 9, np.nan, 9]] * 3
    assert np.isnan(needed(unbounded, [9, 9, 9, 9], [2])[:, 0]).tolist() == [False, True, True, False]


@given(st.integers(1, 12), st.integers(0, 1_000))
def test_the_worst_of_a_window_is_that_of_its_hours(leads, seed):
    rng = np.random.default_rng(seed)
    longest = buckets(leads)
    actual = rng.uniform(0, 10, (2, 2, leads))
    promised = np.sort(rng.uniform(0, 10, (3, 2, 2, leads)), axis=0)[::-1]
    found = needed_levels(promised, actual, RUNGS, longest)
    assert found.shape == (2, 2, leads, len(longest))
    for start in range(leads):
        for bucket, hours in enumerate(longest):
            window = slice(start, start + hours)
            kept = promised[..., window].min(axis=-1) <= actual[..., window].min(axis=-1)
            expected = np.where(kept.any(axis=0), RUNGS[kept.argmax(axis=0)], 3)
            np.testing.assert_array_equal(found[..., start, bucket], expected)


def test_inputs_are_left_as_they_were():
    promised, actual = np.ones((3, 2, 1, 4)), np.ones((2, 1, 4))
    promised.flags.writeable = actual.flags.writeable = False
    needed_levels(promised, actual, RUNGS, np.array([1, 4]))


# Levels that windows needed, tracked.
LEADS = 4
LONGEST = buckets(LEADS)
ORIGINS = 24 * 60


def history(seed: int = 0) -> np.ndarray:
    """(origin, region, start, bucket): rungs 0, 1, 2 and past the last."""
    shape = (ORIGINS, 2, LEADS, len(LONGEST))
    return np.random.default_rng(seed).choice([0.0, 1.0, 2.0, 3.0], shape, p=[0.8, 0.12, 0.06, 0.02])


def levels(needed: np.ndarray, *, since: int = 0, miscoverage: Fraction = TENTH) -> np.ndarray:
    return decision_levels(needed, hours_from("2024-01-01", len(needed)), LONGEST, miscoverage, since=since)


@pytest.mark.parametrize("start", range(LEADS))
@pytest.mark.parametrize("bucket", range(len(LONGEST)))
def test_what_a_window_needed_is_known_when_it_has_ended(start, bucket):
    # Buckets of 1, 2 and 4 hours: from start s (the hour s + 1 ahead) it ends s + hours ahead, and with the horizon.
    ends = min(start + LONGEST[bucket], LEADS)
    needed, origin = history(), 24 * 50
    spoilt = needed.copy()
    spoilt[origin - ends + 1 :, :, start, bucket] = 3.0
    np.testing.assert_array_equal(levels(spoilt)[: origin + 1], levels(needed)[: origin + 1])
    # One hour earlier, a hit instead of a miss or a miss instead of a hit reaches the origin, and nothing else.
    was, promised = (each[origin - ends, :, start, bucket] for each in (needed, levels(needed)))
    spoilt[origin - ends, :, start, bucket] = np.where(was > promised, -9.0, 99.0)
    changed = (levels(spoilt) != levels(needed))[: origin + 1]
    assert np.argwhere(changed).tolist() == [[origin, region, start, bucket] for region in range(2)]


def test_levels_are_tracked_apart_and_infinite_for_thirty_days():
    needed = history()
    found = levels(needed)
    assert found.shape == needed.shape
    for start in range(LEADS):
        for bucket, hours in enumerate(LONGEST):
            ends = min(start + hours, LEADS)
            tracked = Tracker(warm_up_days=WARM_UP_DAYS).margin(
                needed[:, :, start, bucket][:, :, None],
                hours_from("2024-01-01", ORIGINS),
                np.array([ends]),
                TENTH,
            )
            np.testing.assert_array_equal(found[:, :, start, bucket], np.maximum(tracked[:, :, 0], 0))
            first = np.flatnonzero(np.isfinite(found[:, 0, start, bucket]))[0]
            assert first == 24 * WARM_UP_DAYS + ends - 1


def test_where_nothing_was_ever_needed_a_level_stays_within_a_step_of_zero_and_never_below():
    found = levels(np.zeros((ORIGINS, 1, LEADS, len(LONGEST))))
    assert (found >= 0).all()
    # A step up near zero is gain / 2 x 0.9, and the gain 2 / root(720) = 0.075 at the most; four hours hear of it late.
    assert (found[24 * WARM_UP_DAYS + LEADS :] <= 4 * 0.075 / 2 * 0.9).all()


def test_origins_before_since_only_calibrate():
    np.testing.assert_array_equal(levels(history(), since=1_000), levels(history())[1_000:])


def test_no_more_windows_than_agreed_need_more_than_their_level():
    needed = history(seed=3)
    found = levels(needed)
    promised = np.isfinite(found)
    # 720 origins of 24 series; steps of a gain of 0.06 sum up to at most log(3 / 0.5) / 0.06 / 720 = 0.04 of bias each.
    assert (needed > found)[promised].mean() == pytest.approx(0.1, abs=0.04)


def test_unknown_needs_count_for_nothing():
    needed = history()
    needed[: 24 * 10] = np.nan
    found = levels(needed)
    assert np.isposinf(found[: 24 * 40]).all()
    assert np.isfinite(found[-1]).all()
    assert np.isposinf(levels(np.full_like(needed, np.nan))).all()
