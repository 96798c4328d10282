"""Real jobs into the quotas of the linear programme's optimum; what does not fit goes where it costs least."""

import numpy as np

from fleet.compiled import compiled
from fleet.placement.best_response import priced_windows
from fleet.placement.capacity import Capacity, Jobs, cheapest, holds, take
from fleet.placement.improve import settle
from fleet.placement.offer import NOWHERE, Batch, Plan
from fleet.placement.quotas import Quotas
from fleet.placement.relaxation import ClassPosition, Programme
from fleet.placement.rounding import largest_first
from fleet.placement.windows import Windows
from fleet.units import FloatArray, IntArray


def fill_quotas(
    programme: Programme,
    place: ClassPosition,
    quotas: Quotas,
    batch: Batch,
    jobs: Jobs,
    windows: Windows,
    room: Capacity,
    usd_per_mwh: FloatArray,
) -> Plan:
    """The largest jobs first, each into the quota of its class that has most left; the room holds less afterwards.

    A job that its quota would leave unserved, or that does not fit, waits until the others of its priority are placed.

    usd_per_mwh: (row, region, hour) prices of the optimum.
    """
    priced = Windows(windows.length_h, np.empty(programme.usd_per_mw.shape), windows.rung)
    priced_windows(programme, usd_per_mwh, priced.usd_per_mw)
    order, ends = largest_first(batch)
    plan = Plan(region=np.full(len(batch), NOWHERE), start=np.full(len(batch), NOWHERE))
    _place(
        order,
        ends,
        quotas.class_of[place.group, place.first, place.last],
        quotas,
        quotas.power_mw.copy(),
        jobs,
        priced,
        windows,
        room,
        programme.penalty_usd_per_mwh,
        plan.region,
        plan.start,
    )
    return plan


@compiled
def _place(
    order: IntArray,
    ends: IntArray,
    class_of: IntArray,
    quotas: Quotas,
    left_mw: FloatArray,
    jobs: Jobs,
    priced: Windows,
    windows: Windows,
    room: Capacity,
    penalty_usd_per_mwh: float,
    region: IntArray,
    start: IntArray,
) -> None:
    """Priorities end at `ends`. Writes region and start, and takes what is placed off the quotas (left_mw)."""
    begin = 0
    for end in ends:
        for job in order[begin:end]:
            length, power = jobs.length[job], jobs.power_mw[job]
            hours = priced.length_h[length]
            # The emptiest quota: with the largest jobs first, all of them are filled to about the same height.
            best = quotas.begin[class_of[job]]
            for n in range(best + 1, quotas.begin[class_of[job] + 1]):
                best = n if left_mw[n] > left_mw[best] else best
            left_mw[best] -= power
            r, s = quotas.region[best], quotas.start[best]
            if r == NOWHERE:
                continue
            rung = priced.rung[length, r, s]
            if room.most_jobs[r] < 1 or not holds(room.spare_mw[rung, r], room.reserved_mw[r], s, hours, power):
                _, r, s = cheapest(jobs, job, priced, room, penalty_usd_per_mwh * hours * power)
            if r != NOWHERE:
                take(room, r, s, hours, power)
                region[job], start[job] = r, s
        seen = windows if end == len(order) else priced
        settle(order[begin:end], jobs, priced, seen, room, penalty_usd_per_mwh, region, start)
        begin = end
