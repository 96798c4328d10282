import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scores import blocks

from fleet.conformal.queue import MarginQueue

DOUBLE = np.dtype(np.float64)
TICKS, REGIONS = 40, 2


def distinct_margins(leads: int) -> np.ndarray:
    """Returns (tick, region, lead) margins that all differ."""
    return np.arange(1.0, TICKS * REGIONS * leads + 1).reshape(TICKS, REGIONS, leads)


def test_a_score_counts_against_the_margin_issued_with_its_forecast():
    delay = np.array([1, 3])
    margins = distinct_margins(2)
    queue = MarginQueue(MarginQueue.empty((REGIONS, 2), delay, DOUBLE), TICKS, delay)
    for tick in range(TICKS):
        margin = queue.issued_for(tick)
        for lead, ticks in enumerate(delay):
            expected = margins[tick - ticks, :, lead] if tick >= ticks else np.full(REGIONS, np.nan)
            np.testing.assert_array_equal(margin[:, lead], expected)
        queue.issue(tick, margins[tick])
    np.testing.assert_array_equal(queue.issued, margins)


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=4),
    st.lists(st.integers(0, TICKS), max_size=8),
)
def test_a_queue_continues_from_the_waiting_margins_of_the_last_one(delay, cuts):
    delay = np.array(delay)
    margins = distinct_margins(len(delay))
    single = MarginQueue(MarginQueue.empty(margins.shape[1:], delay, DOUBLE), TICKS, delay)
    expected = []
    for tick in range(TICKS):
        expected.append(single.issued_for(tick))
        single.issue(tick, margins[tick])
    waiting, issued = MarginQueue.empty(margins.shape[1:], delay, DOUBLE), []
    for run in blocks(TICKS, cuts):
        queue = MarginQueue(waiting, run.stop - run.start, delay)
        for tick, margin in enumerate(margins[run]):
            issued.append(queue.issued_for(tick))
            queue.issue(tick, margin)
        waiting = queue.waiting
        assert len(waiting) == max(delay)
    np.testing.assert_array_equal(np.array(issued), np.array(expected))
    np.testing.assert_array_equal(waiting, margins[TICKS - max(delay) :])


def test_waiting_margins_are_a_copy_and_earlier_margins_are_unchanged():
    delay = np.array([2])
    earlier = MarginQueue.empty((1, 1), delay, DOUBLE)
    earlier.flags.writeable = False
    queue = MarginQueue(earlier, 3, delay)
    for tick in range(3):
        queue.issue(tick, np.full((1, 1), float(tick)))
    waiting = queue.waiting
    queue.issue(2, np.full((1, 1), 99.0))
    np.testing.assert_array_equal(waiting.ravel(), [1, 2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_margins_keep_their_precision(dtype):
    earlier = MarginQueue.empty((1, 1), np.array([1]), np.dtype(dtype))
    queue = MarginQueue(earlier, 1, np.array([1]))
    assert queue.issued_for(0).dtype == queue.issued.dtype == dtype
