from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from support.builders import hours_from

from fleet.conformal.tracker import Tracker
from fleet.conformal.window_levels import LOAD_WARM_UP_DAYS, WindowGrid, buckets, load_levels, weather_levels

TENTH = Fraction(1, 10)


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


# The tracked bound of the levels that windows need.
LEADS = 4
LONGEST = buckets(LEADS)
GRID = WindowGrid.within(LEADS, TENTH, TENTH)
ORIGINS = 24 * 60


def history(seed: int = 0) -> np.ndarray:
    """Returns (origin, region, start, bucket) needed levels: 0, 1, 2 and one above the highest."""
    shape = (ORIGINS, 2, LEADS, len(LONGEST))
    return np.random.default_rng(seed).choice([0.0, 1.0, 2.0, 3.0], shape, p=[0.8, 0.12, 0.06, 0.02])


def bounds(needed: np.ndarray) -> np.ndarray:
    origin_utc = hours_from("2024-01-01", len(needed))
    _, bound = load_levels(needed, origin_utc, GRID, new=len(needed))
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


def test_each_start_and_bucket_has_its_own_bound_after_the_warm_up():
    needed = history()
    bound = bounds(needed)
    assert bound.shape == needed.shape
    for start in range(LEADS):
        for bucket, hours in enumerate(LONGEST):
            end_h = min(start + hours, LEADS)
            tracked = Tracker(warm_up_days=LOAD_WARM_UP_DAYS).margin(
                needed[:, :, start, bucket][:, :, None],
                hours_from("2024-01-01", ORIGINS),
                np.array([end_h]),
                TENTH,
            )
            np.testing.assert_array_equal(bound[:, :, start, bucket], np.maximum(tracked[:, :, 0], 0))
            first = np.flatnonzero(np.isfinite(bound[:, 0, start, bucket]))[0]
            assert first == 24 * LOAD_WARM_UP_DAYS + end_h - 1


def test_a_bound_of_zero_levels_stays_near_zero_and_never_below():
    bound = bounds(np.zeros((ORIGINS, 1, LEADS, len(LONGEST))))
    assert (bound >= 0).all()
    # A step up near zero is gain / 2 x 0.9, with a gain of at most 2 / root(480) = 0.092. With a delay of up to four
    # hours, there are up to four such steps in a row.
    assert (bound[24 * LOAD_WARM_UP_DAYS + LEADS :] <= 4 * 0.092 / 2 * 0.9).all()


def test_a_history_may_be_cut_into_calls_anywhere():
    needed, origin_utc = history(), hours_from("2024-01-01", ORIGINS)
    # The first cuts are within the warm-up of thirty days.
    state, parts, cuts = None, [], [0, 1, 500, 501, 719, 725, 1_000, ORIGINS]
    for start, stop in pairwise(cuts):
        part = slice(max(start - LEADS, 0), stop)
        state, bound = load_levels(needed[part], origin_utc[part], GRID, state=state, new=stop - start)
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
    assert np.isposinf(bound[: 24 * 30]).all()
    assert np.isfinite(bound[-1]).all()
    assert np.isposinf(bounds(np.full_like(needed, np.nan))).all()


def test_a_flag_in_some_hour_of_a_window_is_found():
    flags = np.zeros((1, LEADS), dtype=bool)
    flags[0, 2] = True
    # Windows of 1, 2 and 4 hours; each ends with the last hour at the latest.
    expected = [[False, False, True], [False, True, True], [True, True, True], [False, False, False]]
    assert GRID.any_within(flags)[0].tolist() == expected


def test_windows_of_coarse_origins_become_known_in_steps():
    grid = WindowGrid(
        first_lead=25,
        hours=24,
        starts=1,
        longest_h=np.array([6, 12, 24]),
        step_h=6,
        weather_miscoverage=TENTH,
        load_miscoverage=TENTH,
    )
    # They end 30, 36 and 48 hours after their origin.
    assert grid.delay.tolist() == [[5, 6, 8]]


def near_and_away(seed: int = 0):
    """Return needed weather levels and whether each window is near a limit: 2 near a limit, 0 elsewhere."""
    is_near = np.random.default_rng(seed).random((ORIGINS, 1, LEADS, len(LONGEST))) < 0.5
    return np.where(is_near, 2.0, 0.0), is_near


def test_windows_near_a_limit_of_temperature_have_a_level_of_their_own():
    needed, is_near = near_and_away()
    origin_utc = hours_from("2024-01-01", ORIGINS)
    _, level = weather_levels(needed, is_near, origin_utc, GRID, highest=4.0, new=ORIGINS)
    last = slice(ORIGINS - 24 * 5, None)
    assert (level[last][is_near[last]] > 1.5).all()
    assert (level[last][~is_near[last]] < 0.5).all()


def test_near_a_limit_the_highest_level_counts_until_enough_such_windows_are_known():
    needed, is_near = near_and_away()
    is_near[: 24 * 40] = False
    origin_utc = hours_from("2024-01-01", ORIGINS)
    _, level = weather_levels(needed, is_near, origin_utc, GRID, highest=4.0, new=ORIGINS)
    first = slice(24 * 40, 24 * 41)
    assert (level[first][is_near[first]] == 4.0).all()
    assert np.isfinite(level[first]).all()
    # Without any other windows, the level near a limit counts elsewhere too.
    _, level = weather_levels(needed, ~np.zeros_like(is_near), origin_utc, GRID, highest=4.0, new=ORIGINS)
    assert np.isfinite(level[-1]).all()
