"""Rates, and how sure their count makes them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.evaluation.intervals import day_block_interval, rate, rates


def test_no_breach_in_n_days_has_the_upper_end_of_clopper_and_pearson():
    low, high = day_block_interval(np.zeros(12, dtype=np.bool_), np.repeat(np.arange(4), 3))
    # (1 - p)^4 = 0.025 at the upper end.
    assert (low, high) == (0, pytest.approx(1 - 0.025**0.25))


def test_what_always_held_is_as_sure_as_what_never_broke():
    held = rate(np.ones(12), np.repeat(np.arange(4), 3))
    assert held.interval_95 == (pytest.approx(0.025**0.25), 1)


def test_nothing_has_no_rate():
    assert np.isnan(day_block_interval(np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.int64))).all()
    nothing = rate(np.array([np.nan]), np.array([3]))
    assert nothing.count == 0
    assert np.isnan([nothing.share, *nothing.interval_95]).all()


def test_a_single_day_says_nothing_about_others():
    assert rate(np.array([1.0, 0.0, 1.0]), np.array([5, 5, 5])).interval_95 == (0, 1)


def test_breaches_of_one_day_leave_a_wider_interval_than_the_same_number_spread_out():
    day = np.repeat(np.arange(20), 10)
    clumped, spread = np.zeros(200, dtype=np.bool_), np.zeros(200, dtype=np.bool_)
    clumped[:10] = True
    spread[::20] = True
    widths = [np.ptp(day_block_interval(flags, day)) for flags in (clumped, spread)]
    assert widths[0] > widths[1]


def test_a_heavy_case_counts_for_as_many_light_ones():
    so, day = np.array([True, False, False]), np.array([0, 1, 2])
    copied = np.repeat([0, 1, 2], [3, 1, 1])
    assert day_block_interval(so, day, np.array([3.0, 1.0, 1.0])) == day_block_interval(so[copied], day[copied])


def test_each_cell_has_the_rate_that_it_has_alone():
    rng = np.random.default_rng(0)
    so = np.where(rng.random(600) < 0.1, np.nan, rng.random(600) < 0.3)
    day, cell = rng.integers(30, size=600), rng.integers(3, size=600)
    together = rates(so, day, cell, 4)
    assert together[:3] == tuple(rate(so[cell == each], day[cell == each]) for each in range(3))
    assert sum(each.count for each in together) == np.isfinite(so).sum()
    # Nothing belongs to the last cell.
    assert together[3].count == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_an_interval_is_ordered_within_nought_and_one_and_does_not_depend_on_names_of_days(pairs):
    flags = np.array([flag for flag, _ in pairs], dtype=np.bool_)
    day = np.array([number for _, number in pairs], dtype=np.int64)
    low, high = day_block_interval(flags, day)
    assert 0 <= low <= high <= 1
    assert low <= flags.mean() + 1e-12 or flags.any()
    assert day_block_interval(flags, day + 1_000) == (low, high)
    assert rate(flags, day).interval_95 == (low, high)
