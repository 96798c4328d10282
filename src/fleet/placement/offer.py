"""What the hours ahead of one origin offer, and the jobs that ask for them: all that a policy sees."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fleet.units import FloatArray, IntArray

NOWHERE = -1


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Hour 0 is the first after the origin; start s begins in hour s.

    spare_mw: (rung, region, hour) power that may be added, at rising conservatism; what is reserved is not yet taken
        off. -inf where nothing may be added, as on the last rung.
    rung: (bucket, region, start) the rung that a window is held at.
    bucket: (duration, start) the bucket of a window, for each number of hours up to the longest; row 0 is not used.
    reserved_mw: (region, hour) power of jobs that keep their place.
    most_jobs: (region,) how many more jobs may be placed there.
    cost_usd_per_mwh: (region, hour) expected cost of IT energy; NaN where it is not known, and nothing runs there then.
    transfer_usd_per_gb, waiting_usd_per_mwh_per_h, change_usd_per_mwh: weights of Costs.
    """

    spare_mw: FloatArray
    rung: NDArray[np.int8]
    bucket: NDArray[np.int8]
    reserved_mw: FloatArray
    most_jobs: IntArray
    cost_usd_per_mwh: FloatArray
    transfer_usd_per_gb: float = 0.0
    waiting_usd_per_mwh_per_h: float = 0.0
    change_usd_per_mwh: float = 0.0

    @property
    def starts(self) -> int:
        """Hours in which a job may start."""
        return int(self.rung.shape[2])

    @cached_property
    def cost_so_far(self) -> FloatArray:
        """(region, hour + 1) cost of a megawatt in all hours before each, unknown ones at nothing."""
        return running_sum(np.nan_to_num(self.cost_usd_per_mwh))

    @cached_property
    def unknown_so_far(self) -> FloatArray:
        """(region, hour + 1) counts of hours of unknown cost before each hour.

        Counted apart, because an unknown hour in the running sum would make every later hour unknown.
        """
        return running_sum(np.isnan(self.cost_usd_per_mwh).astype(np.float64))


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Jobs that are decided together; arrays are (job,) unless said otherwise.

    power_mw, duration_h: of each.
    first, last: the starts within which it may begin; last < first where its window has closed.
    sets, region_set: (set, region) regions that a job may run in, and which set each job has.
    home: the region in which it was submitted.
    priority: higher ones are placed first.
    waited_h: hours that lie between its earliest start and hour 0.
    data_gb: to be moved where it runs away from home.
    kept_region, kept_start: the place that it holds already; NOWHERE for a job that has none.
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

    def __len__(self) -> int:
        return len(self.power_mw)

    @cached_property
    def energy_mwh(self) -> FloatArray:
        """IT energy."""
        return self.power_mw * self.duration_h


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where and when each job of a batch runs.

    region, start: (job,); NOWHERE for a job without a place.
    objective_usd, bound_usd: what the plan costs with its penalty for unserved energy, and what no plan can undercut;
        None where the policy knows no bound.
    """

    region: IntArray
    start: IntArray
    objective_usd: float | None = None
    bound_usd: float | None = None


def running_sum(values: FloatArray) -> FloatArray:
    """(..., hour + 1): sums of (..., hour) values before each hour."""
    return np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
