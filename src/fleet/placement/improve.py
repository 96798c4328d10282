"""Few large jobs leave gaps that prices cannot see: move one or two at a time while that makes the plan cheaper."""

import numpy as np

from fleet.compiled import compiled
from fleet.placement.capacity import Capacity, Jobs, cheapest, rank, take
from fleet.placement.offer import NOWHERE
from fleet.placement.windows import Windows
from fleet.units import DUST_MW, FloatArray, IntArray

# A pass tries each job against each other one, and most is gained in the first: many jobs get one pass.
_MOST_PASSES, _JOBS_IN_ALL_PASSES = 6, 600

# Among more jobs than these, one more or less in a window hardly matters.
_FEW = 1_000


@compiled
def settle(
    some: IntArray,
    jobs: Jobs,
    priced: Windows,
    seen: Windows,
    room: Capacity,
    penalty_usd_per_mwh: float,
    region: IntArray,
    start: IntArray,
) -> None:
    """Finish the jobs of one priority, before any of a lower one is placed. Writes region and start.

    Those without a place take the cheapest that holds them at prices, above their penalty too. Few jobs, of which none
    has a place already, are moved while that makes the plan cheaper by the costs that are seen. In the end, none that
    is unserved would be held.
    """
    for job in some:
        if region[job] == NOWHERE:
            _, r, s = cheapest(jobs, job, priced, room, np.inf)
            _put(jobs, job, priced, room, r, s, region, start)
    if len(some) <= _FEW and (jobs.kept_region[some] == NOWHERE).all():
        _improve(some, jobs, seen, room, penalty_usd_per_mwh, region, start)


@compiled
def _improve(
    some: IntArray,
    jobs: Jobs,
    windows: Windows,
    room: Capacity,
    penalty_usd_per_mwh: float,
    region: IntArray,
    start: IntArray,
) -> None:
    """Move these jobs to cheaper places, also where another of them must make way."""
    usd = np.empty(len(region))
    for job in some:
        usd[job] = _cost(jobs, job, windows, region[job], start[job], penalty_usd_per_mwh)
    passes = max(1, min(_MOST_PASSES, _JOBS_IN_ALL_PASSES // len(some)))
    moving = True
    while moving and passes > 0:
        moving, passes = False, passes - 1
        for job in some:
            old_region, old_start = region[job], start[job]
            _put(jobs, job, windows, room, NOWHERE, NOWHERE, region, start)
            limit = np.inf if old_region == NOWHERE else usd[job]
            cost, r, s = cheapest(jobs, job, windows, room, limit)
            if r != NOWHERE:
                usd[job] = cost
                _put(jobs, job, windows, room, r, s, region, start)
                moving = True
            elif _pushed(job, some, jobs, windows, room, penalty_usd_per_mwh, usd, region, start):
                moving = True
            else:
                _put(jobs, job, windows, room, old_region, old_start, region, start)
    for job in some:
        if region[job] == NOWHERE:
            _, r, s = cheapest(jobs, job, windows, room, np.inf)
            _put(jobs, job, windows, room, r, s, region, start)


@compiled
def _pushed(
    job: int,
    some: IntArray,
    jobs: Jobs,
    windows: Windows,
    room: Capacity,
    penalty_usd_per_mwh: float,
    usd: FloatArray,
    region: IntArray,
    start: IntArray,
) -> bool:
    """Put a job without a place where one other must make way, if both together then cost less."""
    length, power, of_set = jobs.length[job], jobs.power_mw[job], jobs.region_set[job]
    # Tuples are slow to look into: what the loops read is taken out before.
    length_of, power_mw, length_h = jobs.length, jobs.power_mw, windows.length_h
    usd_per_mw, rung, all_spare_mw = windows.usd_per_mw[length], windows.rung[length], room.spare_mw
    hours, first, last = length_h[length], jobs.first[job], jobs.last[job]
    for at in range(jobs.member_from[of_set], jobs.member_from[of_set + 1]):
        r = jobs.member[at]
        reserved_mw = room.reserved_mw[r]
        for s in range(first, last + 1):
            if power * usd_per_mw[r, s] >= usd[job]:
                continue
            cost = _cost(jobs, job, windows, r, s, penalty_usd_per_mwh)
            if cost >= usd[job]:
                continue
            spare_mw = all_spare_mw[rung[r, s], r]
            worst = s
            for hour in range(s + 1, s + hours):
                if reserved_mw[hour] - spare_mw[hour] > reserved_mw[worst] - spare_mw[worst]:
                    worst = hour
            lacking_mw = reserved_mw[worst] + power - spare_mw[worst] - DUST_MW
            for other in some:
                # Only who runs in the worst hour, with as much power as is lacking there, can make room.
                if region[other] != r or power_mw[other] < lacking_mw or start[other] > worst:
                    continue
                begin, end = start[other], start[other] + length_h[length_of[other]]
                if end <= worst or not _holds_without(
                    spare_mw, reserved_mw, s, hours, power, begin, end, power_mw[other]
                ):
                    continue
                _put(jobs, other, windows, room, NOWHERE, NOWHERE, region, start)
                _put(jobs, job, windows, room, r, s, region, start)
                penalty = _cost(jobs, other, windows, NOWHERE, NOWHERE, penalty_usd_per_mwh)
                limit = usd[job] + usd[other] - cost
                left, other_r, other_s = cheapest(jobs, other, windows, room, min(penalty, limit))
                if other_r != NOWHERE or rank(penalty) < rank(limit):
                    _put(jobs, other, windows, room, other_r, other_s, region, start)
                    usd[job], usd[other] = cost, left
                    return True
                _put(jobs, job, windows, room, NOWHERE, NOWHERE, region, start)
                _put(jobs, other, windows, room, r, begin, region, start)
    return False


@compiled
def _holds_without(
    spare_mw: FloatArray,
    reserved_mw: FloatArray,
    start: int,
    hours: int,
    power_mw: float,
    begin: int,
    end: int,
    freed_mw: float,
) -> bool:
    """The window would hold the power, were another job not there from `begin` on until `end`."""
    for hour in range(start, start + hours):
        freed = freed_mw if begin <= hour < end else 0.0
        if reserved_mw[hour] - freed + power_mw > spare_mw[hour] + DUST_MW:
            return False
    return True


@compiled
def _put(
    jobs: Jobs, job: int, windows: Windows, room: Capacity, r: int, s: int, region: IntArray, start: IntArray
) -> None:
    """Take a job from where it is to somewhere else, or to nowhere."""
    hours, power = windows.length_h[jobs.length[job]], jobs.power_mw[job]
    if region[job] != NOWHERE:
        take(room, region[job], start[job], hours, -power)
    if r != NOWHERE:
        take(room, r, s, hours, power)
    region[job], start[job] = r, s


@compiled
def _cost(jobs: Jobs, job: int, windows: Windows, r: int, s: int, penalty_usd_per_mwh: float) -> float:
    """Of a job in a place, with its transfer and its change, or of a job without one."""
    length, power = jobs.length[job], jobs.power_mw[job]
    if r == NOWHERE:
        return float(penalty_usd_per_mwh * windows.length_h[length] * power)
    cost = power * windows.usd_per_mw[length, r, s]
    if r != jobs.home[job]:
        cost += jobs.transfer_usd[job]
    if jobs.kept_region[job] != NOWHERE and (r != jobs.kept_region[job] or s != jobs.kept_start[job]):
        cost += jobs.change_usd[job]
    return float(cost)
