"""One job after another, each where it costs least of what is left."""

import numpy as np

from fleet.compiled import compiled
from fleet.placement.capacity import Capacity, Jobs, cheapest, take
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.placement.windows import Windows
from fleet.units import IntArray


def fill(offer: Offer, batch: Batch, order: IntArray) -> Plan:
    """Place the jobs in this order; each takes the cheapest place that still holds it: the first region, and there the
    earliest start, of those that cost the same.
    """
    windows, length = Windows.of(offer, batch.duration_h)
    plan = Plan(region=np.full(len(batch), NOWHERE), start=np.full(len(batch), NOWHERE))
    _fill(order, Jobs.of(offer, batch, length), windows, Capacity.of(offer), plan.region, plan.start)
    return plan


def urgent_first(batch: Batch) -> IntArray:
    """The order of a queue: by priority, then by latest start."""
    return np.lexsort((batch.last, -batch.priority))


@compiled
def _fill(order: IntArray, jobs: Jobs, windows: Windows, room: Capacity, region: IntArray, start: IntArray) -> None:
    """Writes region and start, and takes what it places off the room."""
    for job in order:
        _, r, s = cheapest(jobs, job, windows, room, np.inf)
        if r != NOWHERE:
            take(room, r, s, windows.length_h[jobs.length[job]], jobs.power_mw[job])
            region[job], start[job] = r, s
