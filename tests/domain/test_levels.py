import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sites import conditions

from fleet.domain.levels import HeadroomLevels

RUNGS = np.array([0.0, 0.5, 1.0, 2.0, 4.0])
NONE = len(RUNGS)
NOTHING = np.zeros(1)


def rung(ladder: HeadroomLevels, step: int, duration: int, extra: np.ndarray) -> np.ndarray:
    """(region, start) the rung that a job asks for."""
    return ladder.rung(ladder.asked(step, duration, extra))


def ladder_of(level: np.ndarray, longest: list[int]) -> HeadroomLevels:
    """level: (origin, region, start, bucket)."""
    shape = (len(RUNGS), *level.shape[:3])
    return HeadroomLevels(
        rungs=RUNGS,
        safe_load_mw=np.ones(shape),
        spare_mw=np.ones(shape),
        binding=np.zeros(shape, dtype=np.int8),
        temperature_c=np.ones(shape[1:]),
        margin_k=np.ones(shape[1:]),
        level=level,
        longest=np.array(longest),
    )


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (0.0, 0),
        (0.1, 1),  # the next rung above, never the one below
        (0.5, 1),
        (0.500001, 1),  # dust asks for no other rung
        (0.51, 2),
        (4.0, 4),
        (4.01, NONE),  # past the last there is none
        (np.inf, NONE),
    ],
)
def test_a_window_stands_on_the_first_rung_at_or_above_its_level(level, expected):
    ladder = ladder_of(np.full((1, 1, 3, 1), level), [3])
    np.testing.assert_array_equal(rung(ladder, 0, 1, NOTHING), [[expected] * 3])


def test_a_level_that_is_a_sum_of_steps_stands_on_the_rung_it_means():
    level = sum([0.1] * 10)  # 0.9999999999999999
    level += sum([0.1] * 10) + 1e-15
    ladder = ladder_of(np.full((1, 1, 1, 1), level), [1])
    assert rung(ladder, 0, 1, NOTHING).item() == 3  # 2.0


def test_a_window_asks_by_its_first_hour_and_by_how_much_of_it_lies_inside_the_horizon():
    # Buckets of 1, 2 and 4 hours ask for 0, 1 and 4, four hours ahead.
    ladder = ladder_of(np.broadcast_to(np.array([0.0, 1.0, 4.0]), (1, 1, 4, 3)), [1, 2, 4])
    by_duration = {duration: rung(ladder, 0, duration, NOTHING)[0].tolist() for duration in (1, 2, 3, 4, 100)}
    assert by_duration[1] == [0, 0, 0, 0]
    # The last hour has one hour ahead, whatever the job.
    assert by_duration[2] == [2, 2, 2, 0]
    # Three hours are more than two: they ask as four do.
    assert by_duration[3] == [4, 4, 2, 0]
    assert by_duration[4] == [4, 4, 2, 0]
    assert by_duration[100] == by_duration[4]


def test_each_origin_region_and_start_has_its_own_level():
    level = np.arange(2 * 2 * 3).reshape(2, 2, 3, 1) % 5 * 1.0
    ladder = ladder_of(level, [3])
    rung_of = {0.0: 0, 1.0: 2, 2.0: 3, 3.0: 4, 4.0: 4}
    for step in range(2):
        expected = [[rung_of[each] for each in row] for row in level[step, :, :, 0].tolist()]
        np.testing.assert_array_equal(rung(ladder, step, 1, np.zeros(2)), expected)


def test_the_extra_of_a_region_is_added_to_what_its_windows_ask_for():
    ladder = ladder_of(np.full((1, 3, 2, 1), 0.5), [2])
    np.testing.assert_array_equal(rung(ladder, 0, 1, np.array([0.0, 0.5, 4.0])), [[1, 1], [2, 2], [NONE, NONE]])


@given(st.floats(0, 5), st.floats(0, 5), st.integers(1, 8))
def test_more_conservatism_never_stands_on_a_lower_rung(extra, more, duration):
    level = np.random.default_rng(0).uniform(0, 4, (1, 1, 4, 3)).cumsum(axis=3)
    ladder = ladder_of(level, [1, 2, 4])
    low, high = (rung(ladder, 0, duration, np.array([each])) for each in (extra, extra + more))
    assert (low <= high).all()


def test_a_single_rung_believes_the_conditions_as_they_stand():
    near = conditions(np.array([[[3.0, 2.0, -1.0]]]))
    ladder = HeadroomLevels.single(near)
    np.testing.assert_array_equal(rung(ladder, 0, 3, NOTHING), [[0, 0, 0]])
    np.testing.assert_array_equal(rung(ladder, 0, 1, np.array([0.1])), [[1, 1, 1]])
    np.testing.assert_array_equal(ladder.spare_mw[0], near.safe_load_mw - near.load_bound_mw)
    np.testing.assert_array_equal(ladder.safe_load_mw[0], near.safe_load_mw)
    np.testing.assert_array_equal(ladder.temperature_c, near.temperature_bound_c)


@pytest.mark.parametrize("unknown", [np.inf, np.nan])
def test_an_hour_without_a_bound_of_the_load_has_no_room_at_all(unknown):
    near = conditions(np.array([[[3.0, 2.0]]]), load_bound_mw=np.array([[[7.0, unknown]]]))
    np.testing.assert_array_equal(HeadroomLevels.single(near).spare_mw, [[[[3.0, -np.inf]]]])
