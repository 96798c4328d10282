"""Makes a plan of few jobs cheaper: moves one or two jobs at a time.

Large jobs leave gaps in the capacity, which the prices do not show.
"""

from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.placement.capacity import exceeds, is_open, reserve
from fleet.placement.offer import NOWHERE
from fleet.placement.search import Placement, Search, cheapest, rank
from fleet.placement.windows import Windows
from fleet.units import FloatArray, IntArray

# A pass tries each job against every other job. The first pass gains most, so many jobs get one pass.
_MOST_PASSES, _JOBS_IN_ALL_PASSES = 6, 600

# With more jobs than this, one job more or less in a window hardly changes the cost.
_FEW = 1_000


class _Load(NamedTuple):
    """Power from one hour on, up to but not including the end."""

    start: int
    end: int
    power_mw: float


@compiled
def finish_priority(
    some_jobs: IntArray, search: Search, real_windows: Windows, penalty_usd_per_mwh: float, placement: Placement
) -> None:
    """Finish the jobs of one priority, before any job of a lower priority is placed.

    Each job that is not placed takes the cheapest window in which it fits, even if the window costs more than the
    penalty. If the jobs are few and none of them already holds a region and start, some passes then move jobs where
    this makes the plan cheaper. After that, a job without a window fits in no window.

    Args:
        some_jobs: indices of the jobs of the priority.
        search: jobs that are not placed choose by the costs of its windows.
        real_windows: windows with the costs that moves reduce.
        placement: written.
    """
    for job in some_jobs:
        if placement.region[job] == NOWHERE:
            _, region, start = cheapest(search, job, np.inf)
            _move(search, job, region, start, placement)
    if len(some_jobs) <= _FEW and (search.jobs.kept_region[some_jobs] == NOWHERE).all():
        _improve(some_jobs, Search(search.jobs, real_windows, search.capacity), penalty_usd_per_mwh, placement)


@compiled
def _improve(some_jobs: IntArray, search: Search, penalty_usd_per_mwh: float, placement: Placement) -> None:
    """Move these jobs to cheaper windows. A job may also take a window that another of these jobs must leave."""
    usd = np.empty(len(placement.region))
    for job in some_jobs:
        usd[job] = _cost_usd(search, job, placement.region[job], placement.start[job], penalty_usd_per_mwh)
    passes = max(1, min(_MOST_PASSES, _JOBS_IN_ALL_PASSES // len(some_jobs)))
    has_moved = True
    while has_moved and passes > 0:
        has_moved, passes = False, passes - 1
        for job in some_jobs:
            old_region, old_start = placement.region[job], placement.start[job]
            _move(search, job, NOWHERE, NOWHERE, placement)
            usd_below = np.inf if old_region == NOWHERE else usd[job]
            cost, region, start = cheapest(search, job, usd_below)
            if region != NOWHERE:
                usd[job] = cost
                _move(search, job, region, start, placement)
                has_moved = True
            elif _displace(job, some_jobs, search, penalty_usd_per_mwh, usd, placement):
                has_moved = True
            else:
                _move(search, job, old_region, old_start, placement)
    for job in some_jobs:
        if placement.region[job] == NOWHERE:
            _, region, start = cheapest(search, job, np.inf)
            _move(search, job, region, start, placement)


@compiled
def _displace(
    job: int,
    some_jobs: IntArray,
    search: Search,
    penalty_usd_per_mwh: float,
    usd: FloatArray,
    placement: Placement,
) -> bool:
    """Place a job in a window that one other job must leave, if the two jobs together then cost less.

    Args:
        usd: (job,) present cost of each job, written.
        placement: written.
    Returns: True if the job was placed.
    """
    jobs, windows, capacity = search.jobs, search.windows, search.capacity
    length, power, region_set = jobs.length[job], jobs.power_mw[job], jobs.region_set[job]
    # Reading a field of a tuple inside a loop is slow, so the loops' arrays are read here.
    length_of, power_mw, length_h, share = jobs.length, jobs.power_mw, windows.length_h, jobs.share
    region_of, start_of = placement.region, placement.start
    usd_per_mw, level_index = windows.usd_per_mw[length], windows.level_index[length]
    hours, first, last = length_h[length], jobs.first[job], jobs.last[job]
    for entry in range(jobs.member_from[region_set], jobs.member_from[region_set + 1]):
        region = jobs.member[entry]
        reserved_mw = capacity.reserved_mw[region]
        for start in range(first, last + 1):
            if power * usd_per_mw[region, start] >= usd[job]:
                continue
            cost = _cost_usd(search, job, region, start, penalty_usd_per_mwh)
            if cost >= usd[job]:
                continue
            spare_mw = capacity.spare_mw[level_index[region, start], region]
            tightest = _tightest_hour(spare_mw, reserved_mw, start, hours)
            added = _Load(start, start + hours, power)
            for other in some_jobs:
                # Most jobs do not run in the tightest hour, or free too little power there.
                if region_of[other] != region or start_of[other] > tightest:
                    continue
                freed = _Load(start_of[other], start_of[other] + length_h[length_of[other]], power_mw[other])
                if freed.end <= tightest or not _fits_without(spare_mw, reserved_mw, added, freed):
                    continue
                # The other job may count as a smaller part of a job, as a task of an array does.
                if not is_open(capacity.most_jobs[region] + share[other], share[job]):
                    continue
                _move(search, other, NOWHERE, NOWHERE, placement)
                _move(search, job, region, start, placement)
                penalty = _cost_usd(search, other, NOWHERE, NOWHERE, penalty_usd_per_mwh)
                usd_below = usd[job] + usd[other] - cost
                other_usd, other_region, other_start = cheapest(search, other, min(penalty, usd_below))
                if other_region != NOWHERE or rank(penalty) < rank(usd_below):
                    _move(search, other, other_region, other_start, placement)
                    usd[job], usd[other] = cost, other_usd
                    return True
                _move(search, job, NOWHERE, NOWHERE, placement)
                _move(search, other, region, freed.start, placement)
    return False


@compiled
def _tightest_hour(spare_mw: FloatArray, reserved_mw: FloatArray, start: int, hours: int) -> int:
    """Return the hour of a window with the least power left; the first such hour if several are equal."""
    tightest = start
    for hour in range(start + 1, start + hours):
        if reserved_mw[hour] - spare_mw[hour] > reserved_mw[tightest] - spare_mw[tightest]:
            tightest = hour
    return tightest


@compiled
def _fits_without(spare_mw: FloatArray, reserved_mw: FloatArray, added: _Load, freed: _Load) -> bool:
    """Return True if the added power fits in every hour after the freed power is released."""
    for hour in range(added.start, added.end):
        freed_mw = freed.power_mw if freed.start <= hour < freed.end else 0.0
        if exceeds(reserved_mw[hour] - freed_mw + added.power_mw, spare_mw[hour]):
            return False
    return True


@compiled
def _move(search: Search, job: int, region: int, start: int, placement: Placement) -> None:
    """Move a job from its window to another; NOWHERE as a region takes the job out of the plan."""
    jobs, capacity = search.jobs, search.capacity
    hours, power, share = search.windows.length_h[jobs.length[job]], jobs.power_mw[job], jobs.share[job]
    if placement.region[job] != NOWHERE:
        reserve(capacity, placement.region[job], placement.start[job], hours, -power, share)
    if region != NOWHERE:
        reserve(capacity, region, start, hours, power, share)
    placement.region[job], placement.start[job] = region, start


@compiled
def _cost_usd(search: Search, job: int, region: int, start: int, penalty_usd_per_mwh: float) -> float:
    """Return the cost of a job in a window, with transfer and change. If the region is NOWHERE, return the penalty."""
    jobs, windows = search.jobs, search.windows
    length, power = jobs.length[job], jobs.power_mw[job]
    if region == NOWHERE:
        return float(penalty_usd_per_mwh * windows.length_h[length] * power)
    cost = power * windows.usd_per_mw[length, region, start]
    if region != jobs.home[job]:
        cost += jobs.transfer_usd[job]
    if jobs.kept_region[job] != NOWHERE and (region != jobs.kept_region[job] or start != jobs.kept_start[job]):
        cost += jobs.change_usd[job]
    return float(cost)
