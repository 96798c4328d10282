"""The orders in which the jobs of a batch are placed."""

from typing import NamedTuple

import numpy as np

from fleet.placement.offer import Batch
from fleet.units import IntArray


class JobOrder(NamedTuple):
    """Jobs in the order in which they are placed, priority by priority.

    job: (position,) index of each job.
    priority_end: (priority,) the position at which each priority ends, ascending.
    """

    job: IntArray
    priority_end: IntArray


def urgent_first(batch: Batch) -> IntArray:
    """Return the (job,) order of a queue: higher priorities first, then earlier last starts."""
    return np.lexsort((batch.last, -batch.priority))


def largest_first(batch: Batch) -> JobOrder:
    """Return the order for planning: higher priority first, then more energy, because small jobs fit in small gaps."""
    job = np.lexsort((batch.first, batch.last, -batch.energy_mwh, -batch.priority))
    priority = batch.priority[job]
    return JobOrder(job, np.flatnonzero(np.diff(priority, append=priority[-1:] - 1)) + 1)
