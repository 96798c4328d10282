"""The lowest levels of weather and load at which a window's worst headroom was there."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.conformal.needed_levels import WindowHours, needed_load_levels, needed_weather_levels
from fleet.conformal.window_levels import WindowGrid

LEVELS = np.array([0.0, 1.0, 2.0])


def grid_of(horizon: int) -> WindowGrid:
    return WindowGrid.within(horizon, Fraction(1, 20), Fraction(1, 20))


def hours_of(safe, load, actual_safe, actual_load, grid=None, grid_load_level=0) -> WindowHours:
    """Return one origin. `safe` and `load` are (level, hour)."""
    safe, load, actual_safe, actual_load = (
        np.array(values, dtype=float) for values in (safe, load, actual_safe, actual_load)
    )
    grid = np.full(actual_safe.shape, np.inf) if grid is None else np.array(grid, dtype=float)
    return WindowHours(
        safe_load_mw=safe[:, None],
        grid_load_mw=grid[None],
        load_mw=load[:, None],
        grid_load_level=grid_load_level,
        actual_safe_mw=actual_safe[None],
        actual_load_mw=actual_load[None],
    )


def weather(hours: WindowHours) -> np.ndarray:
    """Return the (start, bucket) needed weather level."""
    return needed_weather_levels(hours, LEVELS, grid_of(hours.grid_load_mw.shape[1]))[0]


def load(hours: WindowHours, level: int = 0) -> np.ndarray:
    """Return the (start, bucket) needed load level, if every window required the weather level of this index."""
    grid = grid_of(hours.grid_load_mw.shape[1])
    needed = needed_weather_levels(hours, LEVELS, grid)
    return needed_load_levels(hours, LEVELS, np.full(needed.shape, level), needed, grid)[0]


SAFE = [[9, 5, 9, 9], [8, 4, 8, 8], [7, 3, 7, 7]]
NO_LOAD = [[0, 0, 0, 0]] * 3


def test_a_window_needs_the_least_weather_level_whose_worst_headroom_was_there():
    needed = weather(hours_of(SAFE, NO_LOAD, [8.5, 4.5, 20, 6], [0, 0, 0, 0]))
    # Single hours: 8.5 is enough for the 8 of level 1, 4.5 for the 4 of level 1, 20 for the 9 of level 0. 6 is not
    # enough even for the 7 of level 2, so the score lies one above the highest level.
    np.testing.assert_array_equal(needed[:, 0], [1, 1, 0, 3])
    # Two hours: the worst of 8.5 and 4.5 is 4.5, enough for the 4 of level 1. The worst of 20 and 6 is 6, which is
    # below the 7 of level 2. The last window has one hour left.
    np.testing.assert_array_equal(needed[:, 1], [1, 1, 3, 3])


def test_the_weather_is_judged_beside_the_actual_load_and_the_grid_limit():
    # 3 MW of actual load leave 6 of 9 and 5.5 of 8.5 MW.
    assert weather(hours_of([[9], [8], [7]], NO_LOAD[:3], [8.5], [3]))[0, 0] == 1
    # The grid allows 8 MW at every level, so the stated 9 never counts.
    assert weather(hours_of([[9], [8], [7]], NO_LOAD[:3], [8], [3], grid=[8]))[0, 0] == 0


def test_the_load_needs_the_least_level_whose_worst_headroom_was_there():
    # 9 MW are safe. The load was 4 MW, and level 2 states 5 MW.
    rising = [[3, 3], [3.5, 3.5], [5, 5]]
    np.testing.assert_array_equal(load(hours_of([[9, 9]] * 3, rising, [9, 9], [4, 3.2])), [[2, 2], [1, 1]])
    # 6 MW were more than any level states.
    np.testing.assert_array_equal(load(hours_of([[9]] * 3, [[3], [3.5], [5]], [9], [6])), 3)


def test_with_the_grid_limit_the_load_counts_at_least_at_its_level():
    # The grid allows 9 MW. At level 0 the load is 3 MW, but 5 MW meet the grid limit.
    hours = hours_of([[20]] * 3, [[3], [4], [5]], [9], [5], grid=[9], grid_load_level=2)
    assert load(hours)[0, 0] == 0


def test_a_window_whose_weather_was_worse_than_its_level_has_no_load_score():
    hours = hours_of([[9], [8], [7]], NO_LOAD[:3], [8.5], [0])
    assert np.isnan(load(hours, level=0)[0, 0])
    assert load(hours, level=1)[0, 0] == 0
    assert np.isnan(load(hours, level=3)[0, 0])


def test_a_window_without_stated_headroom_needs_the_lowest_levels():
    hours = hours_of([[0, 0]] * 3, [[5, 5]] * 3, [0, 0], [30, 30])
    np.testing.assert_array_equal(weather(hours), 0)
    np.testing.assert_array_equal(load(hours), 0)


def test_a_rounding_error_does_not_count():
    for error, expected in ((1e-12, 0), (1e-6, 1)):
        assert weather(hours_of([[3], [2], [1]], NO_LOAD[:3], [3.0 - error], [0]))[0, 0] == expected


def test_a_window_with_a_gap_has_no_score():
    gap = hours_of([[9, 9, 9, 9]] * 3, NO_LOAD, [9, np.nan, 9, 9], [0, 0, 0, 0])
    assert np.isnan(weather(gap)[:, 1]).tolist() == [True, True, False, False]
    assert np.isnan(load(gap)[:, 1]).tolist() == [True, True, False, False]
    unbounded = hours_of([[9, 9, np.nan, 9]] * 3, NO_LOAD, [9, 9, 9, 9], [0, 0, 0, 0])
    assert np.isnan(weather(unbounded)[:, 1]).tolist() == [False, True, True, False]


@pytest.mark.slow
@given(st.integers(1, 12), st.integers(0, 1_000))
def test_levels_that_are_needed_state_no_more_than_there_was(leads, seed):
    rng = np.random.default_rng(seed)
    grid = grid_of(leads)
    safe = np.sort(rng.uniform(5, 20, (3, 2, leads)), axis=0)[::-1]
    load_mw = np.sort(rng.uniform(0, 10, (3, 2, leads)), axis=0)
    hours = WindowHours(
        safe_load_mw=safe,
        grid_load_mw=rng.uniform(5, 30, (2, leads)),
        load_mw=load_mw,
        grid_load_level=1,
        actual_safe_mw=rng.uniform(5, 20, (2, leads)),
        actual_load_mw=rng.uniform(0, 10, (2, leads)),
    )
    weather_level = needed_weather_levels(hours, LEVELS, grid)
    index = np.minimum(weather_level, 2).astype(np.int64)
    load_level = needed_load_levels(hours, LEVELS, index, weather_level, grid)
    np.testing.assert_array_equal(np.isnan(load_level), weather_level > 2)
    for origin, start, bucket in np.argwhere(load_level <= 2):
        window = slice(start, grid.end_h[start, bucket])
        at, of_load = index[origin, start, bucket], int(load_level[origin, start, bucket])
        at_grid = load_mw[max(of_load, 1), origin, window]
        stated = np.minimum(
            safe[at, origin, window] - load_mw[of_load, origin, window],
            hours.grid_load_mw[origin, window] - at_grid,
        ).min()
        actual = (hours.actual_safe_mw - hours.actual_load_mw)[origin, window].min()
        assert max(stated, 0) <= max(actual, 0) + 1e-6


@pytest.mark.parametrize("level", range(3))
def test_a_higher_weather_level_never_needs_a_higher_load_level(level):
    rng = np.random.default_rng(level)
    safe = np.sort(rng.uniform(5, 20, (3, 6)), axis=0)[::-1]
    rising = np.sort(rng.uniform(0, 10, (3, 6)), axis=0)
    hours = hours_of(safe, rising, rng.uniform(5, 20, 6), rng.uniform(0, 10, 6))
    lower, higher = load(hours, level), load(hours, min(level + 1, 2))
    both = np.isfinite(lower) & np.isfinite(higher)
    assert (higher[both] <= lower[both]).all()
