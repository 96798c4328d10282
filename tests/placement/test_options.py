"""Windows over the hours ahead, and the cheapest of the feasible options."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.placement.options import Options, cheapest, least_over_window, sum_over_window

windows = st.tuples(st.integers(1, 40), st.integers(1, 30), st.integers(0, 5), st.integers(0, 2**32 - 1))


def options(cost_usd, allowed=None) -> Options:
    cost = np.asarray(cost_usd, dtype=float)
    everywhere = np.ones(cost.shape, dtype=np.bool_)
    return Options(
        allowed=everywhere if allowed is None else allowed,
        room_mw=np.ones(cost.shape),
        forecast_room_mw=np.ones(cost.shape),
        cost_usd=cost,
        home=0,
    )


def chosen(cost_usd, feasible=None):
    own = options(cost_usd)
    return cheapest(own, own.allowed if feasible is None else np.asarray(feasible))


@given(windows)
def test_the_least_over_a_window_is_that_of_brute_force(window):
    duration, starts, spare, seed = window
    values = np.random.default_rng(seed).normal(size=(2, 3, starts + duration - 1 + spare))
    expected = np.stack([values[..., s : s + duration].min(axis=-1) for s in range(starts)], axis=-1)
    np.testing.assert_array_equal(least_over_window(values, duration, starts), expected)


@given(windows)
def test_the_sum_over_a_window_is_that_of_brute_force(window):
    duration, starts, spare, seed = window
    values = np.random.default_rng(seed).normal(size=(3, starts + duration - 1 + spare))
    cumulative = np.concatenate([np.zeros((3, 1)), np.cumsum(values, axis=1)], axis=1)
    expected = np.stack([values[:, s : s + duration].sum(axis=1) for s in range(starts)], axis=1)
    np.testing.assert_allclose(sum_over_window(cumulative, duration, starts), expected, atol=1e-9)


def test_windows_leave_their_values_as_they_were():
    values = np.arange(12.0).reshape(2, 6)
    values.flags.writeable = False
    least_over_window(values, 3, 4)
    sum_over_window(values, 2, 3)


def test_the_cheapest_is_chosen():
    assert chosen([[3.0, 2.0], [1.0, 4.0]]) == (1, 0)


def test_the_earliest_start_of_the_first_region_wins_a_tie():
    assert chosen([[2.0, 1.0, 1.0], [1.0, 1.0, 1.0]]) == (0, 1)


def test_dust_of_sums_does_not_break_a_tie():
    assert chosen([[10.0, 10.0 - 1e-9]]) == (0, 0)
    assert chosen([[10.0, 9.99]]) == (0, 1)


def test_an_unknown_cost_comes_after_every_known_one():
    assert chosen([[np.nan, 1e9], [np.inf, np.nan]]) == (0, 1)
    assert chosen([[np.nan, np.nan]]) == (0, 0)


def test_an_option_that_is_not_feasible_is_never_chosen():
    assert chosen([[1.0, 2.0]], [[False, True]]) == (0, 1)
    assert chosen([[1.0, np.nan]], [[False, True]]) == (0, 1)
    assert chosen([[1.0, 2.0]], [[False, False]]) is None


@pytest.mark.parametrize("cost", [-5.0, 0.0])
def test_energy_that_is_paid_for_being_used_is_the_cheapest(cost):
    assert chosen([[1.0, cost]]) == (0, 1)
