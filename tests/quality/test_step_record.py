import numpy as np
import pytest

from fleet.quality.step_record import DISTANCES_H, largest_step, no_steps

VALUES = np.array([0.0, 1.0, np.nan, 4.0, 3.0, 9.0, 2.0])
NONE = np.zeros(len(VALUES), dtype=np.bool_)


@pytest.mark.parametrize(
    ("hour", "distance_h", "record"),
    # Over one hour: 4 to 3, then 3 to 9 and 9 to 2. Over two hours also 1 to 4 and 4 to 9.
    [(5, 1, 1.0), (6, 1, 6.0), (7, 1, 7.0), (5, 2, 3.0), (6, 2, 6.0)],
)
def test_the_record_is_the_largest_step_over_at_most_the_distance(hour, distance_h, record):
    assert largest_step(VALUES, NONE, hour, distance_h, no_steps(), False) == record


def test_a_doubted_value_gives_no_step():
    doubted = NONE.copy()
    doubted[5] = True
    assert largest_step(VALUES, doubted, 7, 1, no_steps(), False) == 1.0


def test_a_value_that_stands_out_for_one_hour_gives_no_step():
    values = np.array([5.0, 5.1, 5.2, 1.0, 5.1, 5.3, 5.2])
    assert largest_step(values, NONE, 7, 1, no_steps(), False) == pytest.approx(4.2)
    assert largest_step(values, NONE, 7, 1, no_steps(), True) == pytest.approx(0.2)


def test_calls_in_turn_give_the_same_record_as_one_call():
    values = np.random.default_rng(0).normal(0, 1, 300)
    state, none = no_steps(), np.zeros(300, dtype=np.bool_)
    for hour in range(60, 300, 7):
        record = largest_step(values, none, hour, 5, state, False)
        assert record == largest_step(values, none, hour, 5, no_steps(), False)
    assert DISTANCES_H[0] == 1
