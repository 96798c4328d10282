"""The input and the output of a policy: the offer of the hours ahead, the batch of jobs, and the plan."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fleet.units import FloatArray, IntArray

NOWHERE = -1


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Capacity and cost of the hours ahead of one origin. Hour 0 follows the origin; start s begins in hour s.

    Args:
        spare_mw: (level, region, hour) power that may be added, at rising levels of conservatism, before the reserved
            power is subtracted; -inf where no power may be added, as at the last level.
        level_index: (bucket, region, start) index of the level that a window requires.
        bucket: (duration, start) bucket of a window, for each number of hours up to the longest; row 0 is not used.
        reserved_mw: (region, hour) power of the jobs that keep their region and start.
        most_jobs: (region,) how many more jobs may be placed in each region; see `share` of a batch.
        cost_usd_per_mwh: (region, hour) expected cost of IT energy; NaN where the cost is unknown. No job may run
            there.
        transfer_usd_per_gb, waiting_usd_per_mwh_per_h, change_usd_per_mwh: weights of the fleet's costs, see `Costs`.
    """

    spare_mw: FloatArray
    level_index: NDArray[np.int8]
    bucket: NDArray[np.int8]
    reserved_mw: FloatArray
    most_jobs: IntArray
    cost_usd_per_mwh: FloatArray
    transfer_usd_per_gb: float = 0.0
    waiting_usd_per_mwh_per_h: float = 0.0
    change_usd_per_mwh: float = 0.0

    @property
    def starts(self) -> int:
        """Number of hours in which a job may start."""
        return int(self.level_index.shape[2])

    @cached_property
    def cost_so_far(self) -> FloatArray:
        """(region, hour + 1) cost of one megawatt over all hours before each hour; an unknown cost counts as zero."""
        return running_sum(np.nan_to_num(self.cost_usd_per_mwh))

    @cached_property
    def unknown_so_far(self) -> FloatArray:
        """(region, hour + 1) number of hours of unknown cost before each hour.

        A separate count, because one NaN would make every later hour of `cost_so_far` unknown.
        """
        return running_sum(np.isnan(self.cost_usd_per_mwh).astype(np.float64))


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Jobs that a policy places together. Arrays are (job,) unless stated otherwise.

    Args:
        power_mw, duration_h: IT power and duration of each job.
        first, last: first and last allowed start; last < first if no start is left.
        sets: (set, region) regions in which a job may run.
        region_set: row of `sets` that applies to each job.
        home: the region in which the job was submitted.
        priority: jobs of a higher priority are placed first.
        waited_h: hours between the earliest start and hour 0.
        data_gb: data that must be moved if the job runs away from home.
        kept_region, kept_start: region and start that the job holds already; NOWHERE for a job without them.
        share: part of a job that each counts as in `most_jobs`, above zero, at most one. None counts each as one.
    """

    power_mw: FloatArray
    duration_h: IntArray
    first: IntArray
    last: IntArray
    sets: NDArray[np.bool_]
    region_set: IntArray
    home: IntArray
    priority: IntArray
    waited_h: IntArray
    data_gb: FloatArray
    kept_region: IntArray
    kept_start: IntArray
    share: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.power_mw)

    @cached_property
    def energy_mwh(self) -> FloatArray:
        """(job,) IT energy."""
        return self.power_mw * self.duration_h


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where and when each job of a batch runs.

    Args:
        region, start: (job,); NOWHERE for a job that is not placed.
        objective_usd: cost of the plan, with the penalty for unserved energy; None if the policy does not compute it.
        bound_usd: lower bound of the objective of every plan; None if the policy does not compute it.
    """

    region: IntArray
    start: IntArray
    objective_usd: float | None = None
    bound_usd: float | None = None


def running_sum(values: FloatArray) -> FloatArray:
    """Return (..., hour + 1) sums of the (..., hour) values before each hour."""
    return np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
