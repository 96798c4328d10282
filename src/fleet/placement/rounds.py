"""Real jobs into windows, round by round at fresh prices.

At the best prices many windows cost the same, and which of them a job takes is open. So the jobs go in a hundred or two
rounds, the largest first; after each, the prices answer to the capacity and the jobs that are left. Where a round sends
too many, the next ones go elsewhere, and over all rounds the jobs divide as the linear programme divides its megawatts.
"""

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.placement.answer import accumulate, answer, priced_windows
from fleet.placement.offer import NOWHERE, Batch
from fleet.placement.relaxation import Place, Programme
from fleet.placement.room import Jobs, Room, cheapest, holds, take
from fleet.placement.windows import Windows
from fleet.units import FloatArray, IntArray

_ROUNDS = 200
# How fast prices answer: slowly, since they are the best ones already, and on the mean of some rounds.
_STEP, _AT_ZERO, _MOMENTUM = 3e-3, 0.3, 0.8
# Excess over what is left is counted in parts of it; of an hour that is nearly full, in parts of this much of it all.
_LEAST_LEFT = 1e-3


def largest_first(batch: Batch) -> IntArray:
    """Priority by priority, and within one the most energy first: small jobs still find room at the end."""
    return np.lexsort((batch.first, batch.last, -batch.energy_mwh, -batch.priority))


def place_in_rounds(
    programme: Programme,
    place: Place,
    batch: Batch,
    jobs: Jobs,
    windows: Windows,
    room: Room,
    price: FloatArray,
    scale_usd_per_mwh: float,
) -> tuple[IntArray, IntArray]:
    """(job,) region and start; what is placed is taken off the room.

    A job that costs more than its penalty at these prices waits until the others of its priority are placed. Then it
    takes what still holds it, before any job of a lower priority does.
    """
    region, start = np.full(len(batch), NOWHERE), np.full(len(batch), NOWHERE)
    order = largest_first(batch)
    ends = np.linspace(0, len(order), min(_ROUNDS, len(order)) + 1).astype(np.int64)[1:]
    last_of_priority = np.flatnonzero(np.diff(batch.priority[order], append=batch.priority[order[-1:]] - 1)) + 1
    ends = np.union1d(ends, last_of_priority)
    closes = np.isin(ends, last_of_priority)
    _place(order, ends, closes, programme, place, jobs, windows, room, price.copy(), scale_usd_per_mwh, region, start)
    return region, start


@compiled
def _place(
    order: IntArray,
    ends: IntArray,
    closes: NDArray[np.bool_],
    programme: Programme,
    place: Place,
    jobs: Jobs,
    windows: Windows,
    room: Room,
    price: FloatArray,
    scale_usd_per_mwh: float,
    region: IntArray,
    start: IntArray,
) -> None:
    """Rounds end at `ends`, with a priority where `closes` says so. Writes region, start and price."""
    left = programme.demand_mw.copy()
    groups, firsts, lasts = programme.demand_mw.shape
    up_to = np.zeros((groups, firsts + 1, lasts + 1))
    for g in range(groups):
        accumulate(left[g], up_to[g])
    usd_per_mw = np.empty(programme.usd_per_mw.shape)
    starts = programme.usd_per_mw.shape[2]
    choice, least = np.empty((groups, starts), dtype=np.int64), np.empty((groups, starts))
    used, mean = np.empty(price.shape), np.zeros(price.shape)
    touched, before = np.zeros(groups, dtype=np.bool_), room.reserved_mw.copy()
    priced = Windows(windows.length_h, usd_per_mw, windows.rung)
    begin = of_priority = 0
    for n in range(len(ends)):
        priced_windows(programme, price, usd_per_mw)
        answer(programme, up_to, usd_per_mw, choice, least, used)
        _refresh(price, mean, used, programme.capacity_mw, before, room.reserved_mw, scale_usd_per_mwh)
        touched[:] = False
        for at in range(begin, ends[n]):
            job = order[at]
            g = place.group[job]
            left[g, place.first[job], place.last[job]] -= jobs.power_mw[job]
            touched[g] = True
            limit = programme.penalty_usd_per_mwh * windows.length_h[jobs.length[job]] * jobs.power_mw[job]
            _place_one(job, g, jobs, priced, room, choice, least, limit, region, start)
        for g in range(groups):
            if touched[g]:
                accumulate(left[g], up_to[g])
        begin = ends[n]
        if closes[n]:
            for at in range(of_priority, begin):
                job = order[at]
                if region[job] == NOWHERE:
                    _, r, s = cheapest(jobs, job, priced, room, np.inf)
                    if r != NOWHERE:
                        take(room, r, s, windows.length_h[jobs.length[job]], jobs.power_mw[job])
                        region[job], start[job] = r, s
            of_priority = begin


@compiled
def _place_one(
    job: int,
    group: int,
    jobs: Jobs,
    priced: Windows,
    room: Room,
    choice: IntArray,
    least: FloatArray,
    limit_usd: float,
    region: IntArray,
    start: IntArray,
) -> None:
    """Where its group would run if that holds it, and else in the cheapest window that does."""
    length, power = jobs.length[job], jobs.power_mw[job]
    hours, r, s = priced.length_h[length], NOWHERE, NOWHERE
    if jobs.kept_region[job] == NOWHERE and jobs.transfer_usd[job] == 0:
        best = np.inf
        for other in range(jobs.first[job], jobs.last[job] + 1):
            if least[group, other] < best:
                best, s = least[group, other], other
        if best * power >= limit_usd:
            return
        r = choice[group, s]
        if r != NOWHERE and (
            room.most_jobs[r] < 1
            or not holds(room.spare_mw[priced.rung[length, r, s], r], room.reserved_mw[r], s, hours, power)
        ):
            r = NOWHERE
    if r == NOWHERE:
        _, r, s = cheapest(jobs, job, priced, room, limit_usd)
    if r != NOWHERE:
        take(room, r, s, hours, power)
        region[job], start[job] = r, s


@compiled
def _refresh(
    price: FloatArray,
    mean: FloatArray,
    used_mw: FloatArray,
    capacity_mw: FloatArray,
    before_mw: FloatArray,
    reserved_mw: FloatArray,
    scale_usd_per_mwh: float,
) -> None:
    """Move prices by how far the jobs that are to be placed exceed what is left for them."""
    rows, regions, hours = price.shape
    for k in range(rows):
        for r in range(regions):
            for hour in range(hours):
                capacity, old = capacity_mw[k, r, hour], price[k, r, hour]
                left = np.maximum(capacity - (reserved_mw[r, hour] - before_mw[r, hour]), 0.0)
                excess = (used_mw[k, r, hour] - left) / np.maximum(left, _LEAST_LEFT * capacity)
                excess = 0.0 if old <= 0 and excess < 0 else np.minimum(np.maximum(excess, -1.0), 1.0)
                mean[k, r, hour] = _MOMENTUM * mean[k, r, hour] + (1 - _MOMENTUM) * excess
                change = _STEP * (old + _AT_ZERO * scale_usd_per_mwh) * mean[k, r, hour]
                price[k, r, hour] = np.maximum(old + change, 0.0)
