"""Each window gets the first level at or above the level that it requires."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sites import conditions

from fleet.domain.levels import HeadroomLevels

LEVELS = np.array([0.0, 0.5, 1.0, 2.0, 4.0])
NO_LEVEL = len(LEVELS)
NO_EXTRA = np.zeros(1)


def index_for(levels: HeadroomLevels, step: int, duration_h: int, extra: np.ndarray) -> np.ndarray:
    """Return the (region, start) index of the level that a job gets."""
    return levels.index_of(levels.required_by(step, duration_h, extra))


def levels_requiring(required: np.ndarray, bucket_h: list[int]) -> HeadroomLevels:
    """Return levels with the given (origin, region, start, bucket) required level; the loads do not matter."""
    shape = (len(LEVELS), *required.shape[:3])
    return HeadroomLevels(
        levels=LEVELS,
        safe_load_mw=np.ones(shape),
        spare_mw=np.ones(shape),
        binding=np.zeros(shape, dtype=np.int8),
        temperature_c=np.ones(shape[1:]),
        margin_k=np.ones(shape[1:]),
        dew_point_c=np.ones(shape[1:]),
        dew_point_margin_k=np.ones(shape[1:]),
        required=required,
        bucket_h=np.array(bucket_h),
    )


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        (0.0, 0),
        (0.1, 1),  # the next level above, never the one below
        (0.5, 1),
        (0.500001, 1),  # a rounding error requires no higher level
        (0.51, 2),
        (4.0, 4),
        (4.01, NO_LEVEL),
        (np.inf, NO_LEVEL),
    ],
)
def test_a_window_gets_the_first_level_at_or_above_the_required_one(required, expected):
    levels = levels_requiring(np.full((1, 1, 3, 1), required), [3])
    np.testing.assert_array_equal(index_for(levels, 0, 1, NO_EXTRA), [[expected] * 3])


def test_a_required_level_that_is_a_sum_with_rounding_errors_gets_the_exact_level():
    required = sum([0.1] * 10)  # 0.9999999999999999
    required += sum([0.1] * 10) + 1e-15
    levels = levels_requiring(np.full((1, 1, 1, 1), required), [1])
    assert index_for(levels, 0, 1, NO_EXTRA).item() == 3  # 2.0


def test_the_required_level_depends_on_the_start_and_on_the_hours_within_the_horizon():
    # Four hours ahead; buckets of 1, 2 and 4 hours require 0, 1 and 4.
    levels = levels_requiring(np.broadcast_to(np.array([0.0, 1.0, 4.0]), (1, 1, 4, 3)), [1, 2, 4])
    by_duration = {duration_h: index_for(levels, 0, duration_h, NO_EXTRA)[0].tolist() for duration_h in (1, 2, 3, 4, 9)}
    assert by_duration[1] == [0, 0, 0, 0]
    # From the last start on, one hour is within the horizon, whatever the duration.
    assert by_duration[2] == [2, 2, 2, 0]
    # Three hours are longer than the bucket of two, so they get the bucket of four.
    assert by_duration[3] == [4, 4, 2, 0]
    assert by_duration[4] == [4, 4, 2, 0]
    assert by_duration[9] == by_duration[4]


def test_each_origin_region_and_start_has_its_own_required_level():
    required = np.arange(2 * 2 * 3).reshape(2, 2, 3, 1) % 5 * 1.0
    levels = levels_requiring(required, [3])
    expected_index = {0.0: 0, 1.0: 2, 2.0: 3, 3.0: 4, 4.0: 4}
    for step in range(2):
        expected = [[expected_index[level] for level in row] for row in required[step, :, :, 0].tolist()]
        np.testing.assert_array_equal(index_for(levels, step, 1, np.zeros(2)), expected)


def test_the_extra_level_of_a_region_is_added_to_the_required_level():
    levels = levels_requiring(np.full((1, 3, 2, 1), 0.5), [2])
    extra = np.array([0.0, 0.5, 4.0])
    np.testing.assert_array_equal(index_for(levels, 0, 1, extra), [[1, 1], [2, 2], [NO_LEVEL, NO_LEVEL]])


@given(st.floats(0, 5), st.floats(0, 5), st.integers(1, 8))
def test_more_extra_level_never_gives_a_lower_level(extra, more, duration_h):
    required = np.random.default_rng(0).uniform(0, 4, (1, 1, 4, 3)).cumsum(axis=3)
    levels = levels_requiring(required, [1, 2, 4])
    low, high = (index_for(levels, 0, duration_h, np.array([total])) for total in (extra, extra + more))
    assert (low <= high).all()


def test_a_single_level_takes_the_conditions_as_they_are():
    near = conditions(np.array([[[3.0, 2.0, -1.0]]]))
    levels = HeadroomLevels.single(near)
    np.testing.assert_array_equal(index_for(levels, 0, 3, NO_EXTRA), [[0, 0, 0]])
    np.testing.assert_array_equal(index_for(levels, 0, 1, np.array([0.1])), [[1, 1, 1]])
    np.testing.assert_array_equal(levels.spare_mw[0], near.safe_load_mw - near.load_bound_mw)
    np.testing.assert_array_equal(levels.safe_load_mw[0], near.safe_load_mw)
    np.testing.assert_array_equal(levels.temperature_c, near.temperature_bound_c)


@pytest.mark.parametrize("unknown", [np.inf, np.nan])
def test_an_hour_without_a_load_bound_has_no_spare_power(unknown):
    near = conditions(np.array([[[3.0, 2.0]]]), load_bound_mw=np.array([[[7.0, unknown]]]))
    np.testing.assert_array_equal(HeadroomLevels.single(near).spare_mw, [[[[3.0, -np.inf]]]])


def test_spare_power_ahead_joins_the_horizon_with_the_hours_beyond_it():
    levels = levels_requiring(np.zeros((2, 1, 3, 1)), [3])
    spare_mw = levels.spare_ahead_mw(1, np.array([[7.0, 8.0]]))
    np.testing.assert_array_equal(spare_mw[:-1, 0], [[1, 1, 1, 7, 8]] * len(LEVELS))
    # A window that requires more than the highest level gets nothing.
    assert np.isneginf(spare_mw[-1]).all()
