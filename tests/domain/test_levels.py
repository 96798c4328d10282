"""Each window gets the first levels at or above those that it requires, and their bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.level_tables import levels_of_loads
from support.sites import conditions

from fleet.domain.levels import HeadroomLevels
from fleet.physics.limits import GRID, IT_POWER, code_of


def levels(**changes) -> HeadroomLevels:
    """Return four levels in three hours: the weather takes 0, 1, 2 and 4 MW, and the load adds 0, 3, 6 and 12 MW."""
    defaults = {
        "levels": np.array([0.0, 1.0, 2.0, 4.0]),
        "safe_mw": np.array([20.0, 19.0, 18.0, 16.0]),
        "load_mw": np.array([5.0, 8.0, 11.0, 17.0]),
        "hours": 3,
    }
    return levels_of_loads(**(defaults | changes))


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        (0.0, 0),
        (0.1, 1),  # the next level above, never the one below
        (1.0, 1),
        (1.000001, 1),  # a rounding error requires no higher level
        (1.01, 2),
        (4.0, 3),
        (4.01, 4),
        (np.inf, 4),
    ],
)
def test_a_window_gets_the_first_level_at_or_above_the_required_one(required, expected):
    assert levels().index_of(np.array(required)) == expected


@given(st.floats(0, 5), st.floats(0, 5))
def test_more_extra_level_never_gives_a_lower_level(required, more):
    assert levels().index_of(np.array(required)) <= levels().index_of(np.array(required + more))


def test_the_bucket_of_a_job_counts_its_hours_within_the_horizon():
    four_hours = levels(hours=4, bucket_h=[1, 2, 4])
    by_duration = {duration_h: four_hours.bucket_of(duration_h).tolist() for duration_h in (1, 2, 3, 4, 9)}
    # From the last start on, one hour is within the horizon, whatever the duration. Three hours are longer than the
    # bucket of two, so they get the bucket of four.
    assert by_duration == {1: [0, 0, 0, 0], 2: [1, 1, 1, 0], 3: [2, 2, 1, 0], 4: [2, 2, 1, 0], 9: [2, 2, 1, 0]}


def test_weather_and_load_have_a_level_each():
    at = 0, 0, slice(None)
    assert levels().bound_at(at, 0, 2).spare_mw.tolist() == [9.0] * 3  # 20 - 11
    assert levels().bound_at(at, 3, 0).spare_mw.tolist() == [11.0] * 3  # 16 - 5
    assert levels().bound_at(at, 3, 0).safe_load_mw.tolist() == [16.0] * 3
    for weather, load in ((0, 2), (3, 0), (1, 1)):
        bound = levels().bound_at(at, weather, load)
        np.testing.assert_array_equal(
            levels().spare_mw((0, slice(None), slice(None)), weather, load)[0], bound.spare_mw
        )


def test_the_bound_of_the_temperature_is_that_of_the_weather_level():
    # 20 degC and a margin of 3 K.
    for weather, expected in ((0, 20.0), (1, 23.0), (3, 32.0)):
        assert levels().bound_at((0, 0, slice(None)), weather, 0).temperature_bound_c.tolist() == [expected] * 3


def test_the_grid_limit_meets_the_load_of_its_own_level():
    at = 0, 0, slice(None)
    tight = levels(grid_mw=12.0, grid_level=2.0)
    # 12 - 11 at levels 0 to 2, although the load of level 0 is 5 MW; 12 - 17 at level 4.
    assert [tight.bound_at(at, 0, load).spare_mw[0] for load in range(4)] == [1.0, 1.0, 1.0, -5.0]
    assert tight.bound_at(at, 0, 0).binding[0] == code_of(GRID)
    assert tight.bound_at(at, 0, 0).safe_load_mw[0] == 12.0
    loose = levels(grid_mw=30.0, grid_level=2.0)
    assert loose.bound_at(at, 0, 0).binding[0] == code_of(IT_POWER)


def test_single_levels_take_the_conditions_as_they_are():
    near = conditions(np.array([[[3.0, 2.0, -1.0]]]))
    single = HeadroomLevels.single(near)
    bound = single.bound_at((0, 0, slice(None)), 0, 0)
    np.testing.assert_array_equal(bound.spare_mw, (near.safe_load_mw - near.load_bound_mw)[0, 0])
    np.testing.assert_array_equal(bound.safe_load_mw, near.safe_load_mw[0, 0])
    np.testing.assert_array_equal(bound.binding, near.binding[0, 0])
    np.testing.assert_array_equal(bound.temperature_bound_c, near.temperature_bound_c[0, 0])
    assert single.index_of(single.weather_required[0, 0, 0]) == 0
    assert single.index_of(np.array([0.1])) == 1


@pytest.mark.parametrize("unknown", [np.inf, np.nan])
def test_an_hour_without_a_load_bound_has_no_spare_power(unknown):
    near = conditions(np.array([[[3.0, 2.0]]]), load_bound_mw=np.array([[[7.0, unknown]]]))
    bound = HeadroomLevels.single(near).bound_at((0, 0, slice(None)), 0, 0)
    assert bound.spare_mw.tolist() == [3.0, -np.inf]
