"""Finds the running jobs whose bound is exceeded, and the jobs that must leave."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.placement import NOWHERE
from fleet.placement.capacity import exceeds
from fleet.units import FloatArray, IntArray


class RunningJobs(NamedTuple):
    """Running jobs as arrays for compiled loops. Arrays are (job,).

    level_index: index of the level that the rest of each job requires.
    region: position in the fleet.
    left_h: hours from the first hour ahead until the job ends.
    """

    level_index: NDArray[np.int8]
    region: IntArray
    left_h: IntArray
    power_mw: FloatArray

    def where(self, which: NDArray[np.bool_]) -> "RunningJobs":
        """Return the chosen jobs."""
        return RunningJobs(self.level_index[which], self.region[which], self.left_h[which], self.power_mw[which])


@compiled
def is_overloaded(jobs: RunningJobs, taken_mw: FloatArray, spare_mw: FloatArray) -> NDArray[np.bool_]:
    """Return for each job whether, in some remaining hour, the placed power is more than the job's level allows.

    Args:
        taken_mw: (region, hour) power of all jobs that have a place.
        spare_mw: (level, region, hour) as in `Offer`.
    Returns: (job,).
    """
    overloaded = np.zeros(len(jobs.region), dtype=np.bool_)
    for job in range(len(jobs.region)):
        overloaded[job] = _exceeds_in_some_hour(
            jobs.level_index[job], jobs.region[job], jobs.left_h[job], taken_mw, spare_mw
        )
    return overloaded


@compiled
def cause_of_overload(order: IntArray, jobs: RunningJobs, taken_mw: FloatArray, spare_mw: FloatArray) -> IntArray:
    """Find the jobs that must leave. One after another, each job stays if this exceeds no bound of the jobs that stay.

    Args:
        order: the order in which the jobs may stay.
        taken_mw, spare_mw: as for `is_overloaded`.
    Returns: (job,) NOWHERE if the job stays. Otherwise the job whose bound would be exceeded: the job itself, or
        another job if the own bound is not exceeded.
    """
    level_index, region, left_h, power_mw = jobs.level_index, jobs.region, jobs.left_h, jobs.power_mw
    mw = taken_mw.copy()
    for job in range(len(region)):
        mw[region[job], : left_h[job]] -= power_mw[job]
    cause = np.full(len(region), NOWHERE)
    for position, job in enumerate(order):
        own_hours_mw = mw[region[job], : left_h[job]]
        own_hours_mw += power_mw[job]
        if _exceeds_in_some_hour(level_index[job], region[job], left_h[job], mw, spare_mw):
            cause[job] = job
        else:
            for other in order[:position]:
                is_neighbour = cause[other] == NOWHERE and region[other] == region[job]
                if is_neighbour and _exceeds_in_some_hour(
                    level_index[other], region[other], left_h[other], mw, spare_mw
                ):
                    cause[job] = other
                    break
        if cause[job] != NOWHERE:
            own_hours_mw -= power_mw[job]
    return cause


@compiled
def _exceeds_in_some_hour(
    level_index: int, region: int, left_h: int, taken_mw: FloatArray, spare_mw: FloatArray
) -> bool:
    hour = 0
    while hour < left_h and not exceeds(taken_mw[region, hour], spare_mw[level_index, region, hour]):
        hour += 1
    return hour < left_h
