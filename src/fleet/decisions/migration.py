"""Finds the running jobs that should be migrated, and their destinations."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fleet.decisions.build_offer import offer_of
from fleet.decisions.hour_result import HourResult
from fleet.decisions.level_rows import LevelRows
from fleet.decisions.overload import RunningJobs, cause_of_overload, is_overloaded
from fleet.decisions.reasons import advice_of
from fleet.decisions.state import Placements, State
from fleet.domain.advice import Advice
from fleet.domain.job import Job
from fleet.placement import NOWHERE, Batch, Belief
from fleet.placement.fill import fill
from fleet.units import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class _Overload:
    """Running jobs in the regions where the placed power exceeds the bound. Arrays are (entry,).

    left_h: hours from the first hour ahead until the job ends.
    cause: the entry whose bound would be exceeded if this entry stayed; NOWHERE for an entry that stays.
    leaves: entries that should be migrated and whose owners have not been advised yet, in the order in which they
        choose a destination.
    """

    running: Placements
    left_h: IntArray
    cause: IntArray
    leaves: IntArray


def advise(result: HourResult, rows: LevelRows, state: State) -> tuple[tuple[Advice, ...], frozenset[int]]:
    """Advise the owners of running jobs that should be migrated.

    The bound of a running job is exceeded if, in one of the job's remaining hours, the power of all placed jobs is
    larger than the spare power at the job's level. Then jobs of higher priority stay before others, and smaller jobs
    before larger ones. Jobs whose owners were advised before stay last. The jobs that cannot stay should be migrated.
    An owner is advised once while the bound stays exceeded.

    Args:
        rows: the spare power at the bound on which the decisions were made, up to the end of the longest running job.
        state: the state before the decisions.
    Returns: the advice, and the positions of the advised jobs that still run in a region where a bound is exceeded.
    """
    first_h, work = result.first_h, result.work
    running = state.fixed.running(first_h)
    left_h = running.left_h(work, first_h)
    taken_mw = np.ascontiguousarray(result.taken_mw[:, : rows.spare_mw.shape[2]])
    level_index = rows.of_running(result.prepared, running.region, left_h)
    jobs = RunningJobs(level_index, running.region, left_h, work.power_mw[running.job])
    overloaded = is_overloaded(jobs, taken_mw, rows.spare_mw)
    if not overloaded.any():
        return (), frozenset()
    is_there = np.isin(running.region, running.region[overloaded])
    was_advised = np.isin(running.job, list(state.advised))[is_there]
    overload = _who_leaves(result, running.where(is_there), jobs.where(is_there), was_advised, taken_mw, rows.spare_mw)
    job, leaves = overload.running.job, overload.leaves
    advised = frozenset(job[was_advised].tolist() + job[leaves].tolist())
    if not len(leaves):
        return (), advised
    to_region = _destinations(result, rows, overload.running.where(leaves), taken_mw)
    advice = tuple(
        _advice(result, overload, int(entry), int(region)) for entry, region in zip(leaves, to_region, strict=True)
    )
    return advice, advised


def _who_leaves(
    result: HourResult,
    running: Placements,
    jobs: RunningJobs,
    was_advised: NDArray[np.bool_],
    taken_mw: FloatArray,
    spare_mw: FloatArray,
) -> _Overload:
    priority = result.work.priority[running.job]
    # A job that was advised earlier may already be leaving, so it has to leave before another job is advised.
    order = np.lexsort((jobs.power_mw, -priority, was_advised))
    cause = cause_of_overload(order, jobs, taken_mw, spare_mw)
    leaves = order[(cause[order] != NOWHERE) & ~was_advised[order]]
    return _Overload(running=running, left_h=jobs.left_h, cause=cause, leaves=leaves)


def _destinations(result: HourResult, rows: LevelRows, leaving: Placements, taken_mw: FloatArray) -> IntArray:
    """Find the cheapest other region that is safe for the rest of each job, from the first hour ahead on.

    Args:
        leaving: jobs that should be migrated, in the order in which they choose a destination.
        taken_mw: (region, hour) power of all jobs that have a place.
    Returns: (entry,) positions of regions; NOWHERE for none.
    """
    work, job, count = result.work, leaving.job, len(leaving)
    sets = work.sets[work.region_set[job]]
    sets[np.arange(count), leaving.region] = False
    if result.controller is not None:
        sets &= np.array([result.controller.is_open(hours) for hours in work.duration_h[job].tolist()])
    zeros, nowhere = np.zeros(count, dtype=np.int64), np.full(count, NOWHERE)
    rest = Batch(
        power_mw=work.power_mw[job],
        duration_h=leaving.left_h(work, result.first_h),
        first=zeros,
        last=zeros,
        sets=sets,
        region_set=np.arange(count),
        # A running job has its data in the region where it runs.
        home=leaving.region,
        priority=work.priority[job],
        waited_h=zeros,
        data_gb=work.data_gb[job],
        kept_region=nowhere,
        kept_start=nowhere,
    )
    offer = offer_of(result.prepared, result.step, Belief.BOUND, taken_mw, rows=rows)
    return fill(offer, rest, np.arange(count)).region


def _advice(result: HourResult, overload: _Overload, entry: int, to: int) -> Advice:
    regions, jobs = result.prepared.fleet.regions, result.work.jobs
    running, cause = overload.running, int(overload.cause[entry])
    region = int(running.region[entry])
    rest = _rest(jobs[int(running.job[cause])], int(overload.left_h[cause]), result.first_h)
    binding = result.explainer.binding_of_rest(rest, region)
    to_region = None if to == NOWHERE else regions[to].id
    return Advice(
        job_id=jobs[int(running.job[entry])].id,
        region=regions[region].id,
        origin_utc=result.prepared.origin_utc[result.step],
        binding=binding,
        to_region=to_region,
        reason=advice_of(binding, to_region=to_region),
    )


def _rest(job: Job, left_h: int, first_h: int) -> Job:
    """Return the rest of a running job as a job."""
    first = np.datetime64(first_h, "h")
    return replace(job, duration_h=left_h, earliest_utc=first, deadline_utc=first + np.timedelta64(left_h, "h"))
