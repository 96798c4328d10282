"""Builds the arrays of one step from the jobs that a planner knows and its table of capacity and cost."""

import numpy as np
from numpy.typing import NDArray

from fleet.planner.open_jobs import NEVER, OpenJobs
from fleet.planner.place_jobs import keep_places
from fleet.planner.resource_table import ResourceTable
from fleet.planner.step_case import NOWHERE, Places, StepCase
from fleet.units import FloatArray, IntArray

# Leaving a job out must never save money, so unserved energy costs three times the dearest step of the table.
_PENALTY_OVER_HIGHEST_COST = 3.0
_CLOSED = -1.0


def use_of_places(jobs: OpenJobs, step: int, table: ResourceTable, energy: int) -> FloatArray:
    """Return the (resource, region, step) use of the jobs that have a place, from the present step on."""
    resources, regions, steps = table.capacity.shape
    change = np.zeros((resources, regions, steps + 1))
    rows = np.flatnonzero(jobs.has_place)
    region = jobs.region[rows]
    begin = np.clip(jobs.start[rows] - step, 0, steps)
    end = np.clip(jobs.end[rows] - step, 0, steps)
    for resource in range(resources):
        use = jobs.use[rows, resource] * (jobs.factor[rows, region] if resource == energy else 1.0)
        np.add.at(change[resource], (region, begin), use)
        np.subtract.at(change[resource], (region, end), use)
    return np.cumsum(change, axis=2)[..., :-1]


def placement_order(jobs: OpenJobs, table: ResourceTable) -> IntArray:
    """Return the jobs in the order in which they are placed: higher priorities first, then larger jobs.

    The size of a job is its use of all resources, each as a share of the whole capacity.
    """
    total = table.capacity.sum(axis=(1, 2))
    share = np.divide(jobs.use, total, out=np.zeros_like(jobs.use), where=np.isfinite(total) & (total > 0))
    size = share.sum(axis=1) * jobs.steps
    return np.lexsort((jobs.arrival, -size, -jobs.priority))


def case_of(jobs: OpenJobs, step: int, table: ResourceTable, free: FloatArray, energy: int, step_h: float) -> StepCase:
    """Return the arrays of jobs in the order in which they are placed.

    Args:
        step: the present step, counted from the planner's first step.
        free: (resource, region, step) capacity that no fixed job uses.
        energy: index of the energy resource.
        step_h: hours of a step.
    """
    usd = np.nan_to_num(table.usd_per_unit_h, nan=0.0) * step_h
    highest_usd = float(usd.max(initial=0.0))
    # Without a positive cost, any penalty is above the cost of every place.
    penalty_usd = _PENALTY_OVER_HIGHEST_COST * highest_usd if highest_usd > 0 else 1.0
    largest_factor = np.where(jobs.allowed, jobs.factor, 0.0).max(axis=1, initial=0.0)
    # Infinite capacity has a price of zero. Zero times infinity would be NaN, and all jobs together need less.
    most = jobs.use.sum(axis=0)
    most[energy] = (jobs.use[:, energy] * largest_factor).sum()
    finite = np.minimum(np.maximum(free, 0.0), most[:, None, None])
    finite[energy][table.is_closed] = _CLOSED
    return StepCase(
        use=jobs.use,
        factor=jobs.factor,
        energy=energy,
        steps=jobs.steps,
        first=np.where(jobs.allowed, np.maximum(jobs.earliest[:, None] - step, jobs.transfer_steps), NEVER),
        last=np.minimum(jobs.deadline - step, table.steps) - jobs.steps,
        transfer_usd=jobs.transfer_usd,
        unserved_usd=penalty_usd * jobs.use[:, energy] * jobs.steps * largest_factor,
        priority_end=np.flatnonzero(np.append(np.diff(jobs.priority) != 0, len(jobs) > 0)) + 1,
        free=finite,
        usd_per_unit=usd,
    )


def still_fits(
    jobs: OpenJobs, step: int, table: ResourceTable, free: FloatArray, energy: int
) -> tuple[NDArray[np.bool_], FloatArray]:
    """Tell which jobs whose transfer has begun still have room, higher priorities and earlier starts first.

    Returns: (job,) True where the place holds, and the capacity that these jobs leave.
    """
    order = np.lexsort((jobs.arrival, jobs.start, -jobs.priority))
    ordered = jobs.where(order)
    case = case_of(ordered, step, table, free, energy, 1.0)
    room, places = np.maximum(free, 0.0), Places.none(len(jobs))
    # No limit must stay no limit: infinity minus a use is infinity.
    room[energy][table.is_closed] = _CLOSED
    keep_places(case, Places(ordered.region, ordered.start - step), room, places)
    fits = np.zeros(len(jobs), dtype=np.bool_)
    fits[order] = places.region != NOWHERE
    return fits, room
