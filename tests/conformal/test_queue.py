import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scores import blocks

from fleet.conformal.queue import Queue

DOUBLE = np.dtype(np.float64)
TICKS, REGIONS = 40, 2


def issued(leads: int) -> np.ndarray:
    """(tick, region, lead): each margin is another."""
    return np.arange(1.0, TICKS * REGIONS * leads + 1).reshape(TICKS, REGIONS, leads)


def test_a_score_counts_against_what_was_issued_when_its_forecast_was_made():
    delay = np.array([1, 3])
    margins = issued(2)
    queue = Queue(Queue.empty((REGIONS, 2), delay, DOUBLE), TICKS, delay)
    for tick in range(TICKS):
        promised = queue.promised(tick)
        for lead, late in enumerate(delay):
            expected = margins[tick - late, :, lead] if tick >= late else np.full(REGIONS, np.nan)
            np.testing.assert_array_equal(promised[:, lead], expected)
        queue.issue(tick, margins[tick])
    np.testing.assert_array_equal(queue.since_then, margins)


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=4),
    st.lists(st.integers(0, TICKS), max_size=8),
)
def test_a_queue_goes_on_where_the_last_one_stopped(delay, cuts):
    delay = np.array(delay)
    margins = issued(len(delay))
    whole = Queue(Queue.empty(margins.shape[1:], delay, DOUBLE), TICKS, delay)
    expected = []
    for tick in range(TICKS):
        expected.append(whole.promised(tick))
        whole.issue(tick, margins[tick])
    waiting, found = Queue.empty(margins.shape[1:], delay, DOUBLE), []
    for run in blocks(TICKS, cuts):
        queue = Queue(waiting, run.stop - run.start, delay)
        for tick, margin in enumerate(margins[run]):
            found.append(queue.promised(tick))
            queue.issue(tick, margin)
        waiting = queue.waiting
        assert len(waiting) == max(delay)
    np.testing.assert_array_equal(np.array(found), np.array(expected))
    np.testing.assert_array_equal(waiting, margins[TICKS - max(delay) :])


def test_what_waits_is_a_copy_and_what_came_before_is_left_alone():
    delay = np.array([2])
    before = Queue.empty((1, 1), delay, DOUBLE)
    before.flags.writeable = False
    queue = Queue(before, 3, delay)
    for tick in range(3):
        queue.issue(tick, np.full((1, 1), float(tick)))
    waiting = queue.waiting
    queue.issue(2, np.full((1, 1), 99.0))
    np.testing.assert_array_equal(waiting.ravel(), [1, 2])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_margins_keep_their_precision(kind):
    before = Queue.empty((1, 1), np.array([1]), np.dtype(kind))
    queue = Queue(before, 1, np.array([1]))
    assert queue.promised(0).dtype == queue.since_then.dtype == kind
