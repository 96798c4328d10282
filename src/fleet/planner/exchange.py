"""Makes a plan of few jobs cheaper: a job takes room that one other job must leave.

Large jobs leave gaps in the capacity, which the prices do not show.
"""

import numpy as np

from fleet.compiled import compiled
from fleet.planner.step_case import (
    NOWHERE,
    Places,
    StepCase,
    cheapest_room,
    has_room,
    take,
    window_usd,
    windows_of,
    write_window_costs,
)
from fleet.units import FloatArray

# With more jobs than this, one job more or less hardly changes the cost.
FEW = 150
_PASSES = 4
_LEAST_SAVING = 1e-9


@compiled
def exchange(case: StepCase, real: FloatArray, begin: int, end: int, free: FloatArray, places: Places) -> None:
    """Let each job from `begin` to `end` - 1 take room from one other of these jobs, if both together then cost less.

    Args:
        real: running totals of the cost, without prices.
        free: capacity that is left, written.
        places: written.
    """
    usd, other_usd = np.empty(real.shape[1:]), np.empty(real.shape[1:])
    for _ in range(_PASSES):
        has_moved = False
        for job in range(begin, end):
            region, start = places.region[job], places.start[job]
            present = case.unserved_usd[job] if region == NOWHERE else window_usd(case, job, real, region, start)
            if region != NOWHERE:
                take(case, job, free, region, start, -1.0)
            new = _best_exchange(case, real, (begin, end, job), present, free, places, (usd, other_usd))
            if new[0] != NOWHERE:
                region, start, other, other_region, other_start = new
                _move(case, other, other_region, other_start, free, places)
                has_moved = True
            if region != NOWHERE:
                take(case, job, free, region, start, 1.0)
                places.region[job], places.start[job] = region, start
        if not has_moved:
            break


@compiled
def _best_exchange(
    case: StepCase,
    real: FloatArray,
    jobs: tuple[int, int, int],
    present_usd: float,
    free: FloatArray,
    places: Places,
    memory: tuple[FloatArray, FloatArray],
) -> tuple[int, int, int, int, int]:
    """Find the window that a job may take from one other job, so that both together save most.

    Args:
        jobs: first job, end, and the job that looks for a window; its own use is not subtracted from `free`.
        present_usd: present cost of the job.
    Returns: region and start of the window, the other job, and its new region and start; NOWHERE for none.
    """
    begin, end, job = jobs
    usd, other_usd = memory
    write_window_costs(case, job, real, usd)
    best = (NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE)
    most_saved = _LEAST_SAVING * case.unserved_usd[job]
    for region in range(real.shape[1]):
        for window in range(windows_of(case, job, region)):
            start, saved = case.first[job, region] + window, present_usd - usd[region, window]
            if saved <= most_saved or not has_room(case, job, case.free, region, start):
                continue
            for other in range(begin, end):
                if other == job or places.region[other] != region:
                    continue
                old, unserved_usd = places.start[other], case.unserved_usd[other]
                if old >= start + case.steps[job] or old + case.steps[other] <= start:
                    continue
                old_usd = window_usd(case, other, real, region, old)
                take(case, other, free, region, old, -1.0)
                if has_room(case, job, free, region, start):
                    take(case, job, free, region, start, 1.0)
                    usd_below = min(old_usd + saved - most_saved, unserved_usd)
                    cost, place, new = cheapest_room(case, other, real, free, (usd_below, NOWHERE), 0.0, other_usd)
                    take(case, job, free, region, start, -1.0)
                    if place == NOWHERE:
                        cost = unserved_usd
                    if saved + old_usd - cost > most_saved:
                        most_saved = saved + old_usd - cost
                        best = (region, start, other, place, new)
                take(case, other, free, region, old, 1.0)
    return best


@compiled
def _move(case: StepCase, job: int, region: int, start: int, free: FloatArray, places: Places) -> None:
    """Move a placed job to another window; NOWHERE as a region takes the job out of the plan."""
    take(case, job, free, places.region[job], places.start[job], -1.0)
    if region != NOWHERE:
        take(case, job, free, region, start, 1.0)
    places.region[job], places.start[job] = region, start
