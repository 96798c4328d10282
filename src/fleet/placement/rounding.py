"""Real jobs into windows, round by round at fresh prices.

At the best prices many windows cost the same, and which of them a job takes is open. So the jobs go in rounds, the
largest first; after each, the prices answer to the capacity and the jobs that are left. Where one round sends too many,
the next go elsewhere, and over all rounds the jobs divide as the linear programme divides its megawatts.
"""

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.placement.best_response import accumulate, answer, priced_windows
from fleet.placement.capacity import Capacity, Jobs, cheapest, holds
from fleet.placement.improve import settle
from fleet.placement.offer import NOWHERE, Batch, Plan
from fleet.placement.prices import move, scale_usd_per_mwh
from fleet.placement.relaxation import ClassPosition, Programme
from fleet.placement.windows import Windows
from fleet.units import FloatArray, IntArray

# The more regions, the less one of them can take of what a round sends to the cheapest.
_ROUNDS, _ROUNDS_PER_REGION, _LEAST_JOBS_IN_A_ROUND = 100, 1, 4
_ROLLING_ROUNDS = 5
# Prices are the best ones already: they answer in small steps, and to the last few rounds.
_STEP, _MEMORY = 0.01, 0.8


def largest_first(batch: Batch) -> tuple[IntArray, IntArray]:
    """Priority by priority, and within one the most energy first: small jobs still find room at the end.

    Returns: (job,) the order, and where in it each priority ends.
    """
    order = np.lexsort((batch.first, batch.last, -batch.energy_mwh, -batch.priority))
    priority = batch.priority[order]
    return order, np.flatnonzero(np.diff(priority, append=priority[-1:] - 1)) + 1


def place_in_rounds(
    programme: Programme,
    place: ClassPosition,
    batch: Batch,
    jobs: Jobs,
    windows: Windows,
    room: Capacity,
    usd_per_mwh: FloatArray,
) -> Plan:
    """From (row, region, hour) prices to begin with; what is placed is taken off the room.

    A job that costs more than its penalty at these prices waits until the others of its priority are placed. Then it
    takes what still holds it, before any job of a lower priority does.
    """
    plan = Plan(region=np.full(len(batch), NOWHERE), start=np.full(len(batch), NOWHERE))
    order, ends_priority = largest_first(batch)
    rounds = min(_ROUNDS + _ROUNDS_PER_REGION * len(room.most_jobs), -(-len(order) // _LEAST_JOBS_IN_A_ROUND))
    if jobs.rolling:
        rounds = _ROLLING_ROUNDS
    ends = np.union1d(np.arange(1, rounds + 1) * len(order) // rounds, ends_priority)
    closes = np.isin(ends, ends_priority)
    _place(
        order,
        ends,
        closes,
        programme,
        place,
        jobs,
        windows,
        room,
        usd_per_mwh.copy(),
        scale_usd_per_mwh(programme),
        plan.region,
        plan.start,
    )
    return plan


@compiled
def _place(
    order: IntArray,
    ends: IntArray,
    closes: NDArray[np.bool_],
    programme: Programme,
    place: ClassPosition,
    jobs: Jobs,
    windows: Windows,
    room: Capacity,
    price: FloatArray,
    scale_usd_per_mwh: float,
    region: IntArray,
    start: IntArray,
) -> None:
    """Rounds end at `ends`, with a priority where `closes` says so. Writes region, start and price."""
    demand, capacity = programme.demand_mw.copy(), programme.capacity_mw
    groups, firsts, lasts = programme.demand_mw.shape
    up_to = np.zeros((groups, firsts + 1, lasts + 1))
    for g in range(groups):
        accumulate(demand[g], up_to[g])
    starts = programme.usd_per_mw.shape[2]
    priced = Windows(windows.length_h, np.empty(programme.usd_per_mw.shape), windows.rung)
    choice, least = np.empty((groups, starts), dtype=np.int64), np.empty((groups, starts))
    used, mean, square = np.empty(price.shape), np.zeros(price.size), np.zeros(price.size)
    before = room.reserved_mw.copy()
    begin = of_priority = 0
    for n in range(len(ends)):
        priced_windows(programme, price, priced.usd_per_mw)
        answer(programme, up_to, priced.usd_per_mw, choice, least, used)
        excess = used - np.maximum(capacity - (room.reserved_mw - before), 0.0)
        move(price.reshape(-1), excess.reshape(-1), mean, square, n, _STEP, scale_usd_per_mwh, _MEMORY)
        sent = order[begin : ends[n]]
        _send(sent, place, jobs, priced, room, choice, least, programme.penalty_usd_per_mwh, demand, region, start)
        for g in np.unique(place.group[sent]):
            accumulate(demand[g], up_to[g])
        begin = ends[n]
        if closes[n]:
            # Prices speak for the jobs that come after; where none does, cost alone counts.
            seen = windows if begin == len(order) else priced
            some = order[of_priority:begin]
            settle(some, jobs, priced, seen, room, programme.penalty_usd_per_mwh, region, start)
            of_priority = begin


@compiled
def _send(
    sent: IntArray,
    place: ClassPosition,
    jobs: Jobs,
    priced: Windows,
    room: Capacity,
    choice: IntArray,
    least_usd_per_mw: FloatArray,
    penalty_usd_per_mwh: float,
    demand_mw: FloatArray,
    region: IntArray,
    start: IntArray,
) -> None:
    """Each job goes where its group would run if that holds it, else to the cheapest window that does; what it asks for
    leaves the demand. A job that pays for a transfer or for a change looks at every window itself.
    """
    group_of, first_of, last_of = place.group, place.first, place.last
    length_of, power_mw, first, last = jobs.length, jobs.power_mw, jobs.first, jobs.last
    kept_region, transfer_usd = jobs.kept_region, jobs.transfer_usd
    length_h, rung = priced.length_h, priced.rung
    spare_mw, reserved_mw, most_jobs = room.spare_mw, room.reserved_mw, room.most_jobs
    for job in sent:
        g, length, power = group_of[job], length_of[job], power_mw[job]
        hours = length_h[length]
        limit_usd = penalty_usd_per_mwh * hours * power
        demand_mw[g, first_of[job], last_of[job]] -= power
        r = s = NOWHERE
        if kept_region[job] == NOWHERE and transfer_usd[job] == 0:
            best = limit_usd / power
            for at in range(first[job], last[job] + 1):
                if least_usd_per_mw[g, at] < best:
                    best, s = least_usd_per_mw[g, at], at
            if s == NOWHERE:
                continue
            r = choice[g, s]
            if r != NOWHERE and (
                most_jobs[r] < 1 or not holds(spare_mw[rung[length, r, s], r], reserved_mw[r], s, hours, power)
            ):
                r = NOWHERE
        if r == NOWHERE:
            _, r, s = cheapest(jobs, job, priced, room, limit_usd)
        if r != NOWHERE:
            for hour in range(s, s + hours):
                reserved_mw[r, hour] += power
            most_jobs[r] -= 1
            region[job], start[job] = r, s
