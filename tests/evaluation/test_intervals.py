"""Rates and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.evaluation.intervals import day_block_interval, rate, rates


def test_no_breach_in_n_days_gives_the_upper_end_of_clopper_and_pearson():
    low, high = day_block_interval(np.zeros(12, dtype=np.bool_), np.repeat(np.arange(4), 3))
    # (1 - p)^4 = 0.025 at the upper end.
    assert (low, high) == (0, pytest.approx(1 - 0.025**0.25))


def test_full_coverage_mirrors_zero_coverage():
    full = rate(np.ones(12), np.repeat(np.arange(4), 3))
    assert full.interval_95 == (pytest.approx(0.025**0.25), 1)


def test_the_rate_of_no_case_is_nan():
    assert np.isnan(day_block_interval(np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.int64))).all()
    empty = rate(np.array([np.nan]), np.array([3]))
    assert empty.count == 0
    assert np.isnan([empty.share, *empty.interval_95]).all()


def test_a_single_day_gives_the_widest_interval():
    assert rate(np.array([1.0, 0.0, 1.0]), np.array([5, 5, 5])).interval_95 == (0, 1)


def test_breaches_of_one_day_give_a_wider_interval_than_breaches_of_many_days():
    day = np.repeat(np.arange(20), 10)
    clumped, spread = np.zeros(200, dtype=np.bool_), np.zeros(200, dtype=np.bool_)
    clumped[:10] = True
    spread[::20] = True
    widths = [np.ptp(day_block_interval(flags, day)) for flags in (clumped, spread)]
    assert widths[0] > widths[1]


def test_a_weight_of_three_counts_as_three_cases():
    outcome, day = np.array([True, False, False]), np.array([0, 1, 2])
    copied = np.repeat([0, 1, 2], [3, 1, 1])
    assert day_block_interval(outcome, day, np.array([3.0, 1.0, 1.0])) == day_block_interval(
        outcome[copied], day[copied]
    )


def test_each_group_has_the_same_rate_as_alone():
    rng = np.random.default_rng(0)
    outcome = np.where(rng.random(600) < 0.1, np.nan, rng.random(600) < 0.3)
    day, group = rng.integers(30, size=600), rng.integers(3, size=600)
    together = rates(outcome, day, group, 4)
    assert together[:3] == tuple(rate(outcome[group == number], day[group == number]) for number in range(3))
    assert sum(group_rate.count for group_rate in together) == np.isfinite(outcome).sum()
    # The last group has no case.
    assert together[3].count == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_an_interval_is_ordered_within_zero_and_one_and_does_not_depend_on_day_numbers(pairs):
    flags = np.array([flag for flag, _ in pairs], dtype=np.bool_)
    day = np.array([number for _, number in pairs], dtype=np.int64)
    low, high = day_block_interval(flags, day)
    assert 0 <= low <= high <= 1
    assert low <= flags.mean() + 1e-12 or flags.any()
    assert day_block_interval(flags, day + 1_000) == (low, high)
    assert rate(flags, day).interval_95 == (low, high)
