"""The input and the output of a policy: the offer of the hours ahead, the batch of jobs, and the plan."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fleet.domain.job import MAX_DURATION_H, MOST_DATA_GB, MOST_POWER_MW, MOST_PRIORITY
from fleet.errors import DataError
from fleet.placement.array_check import require_array, require_number, require_range
from fleet.units import FloatArray, IntArray

NOWHERE = -1

# A larger cost is an error of units. A solver reads still larger costs as infinite.
_LARGEST_USD = 1e12
# Releasing reserved power may leave a rounding error below zero, of less than a watt.
_LEAST_RESERVED_MW, _MOST_RESERVED_MW = -1e-6, 1e12
_MOST_INT = np.iinfo(np.int64).max
_WHOLE_NUMBERS = (
    "duration_h",
    "first",
    "last",
    "region_set",
    "home",
    "priority",
    "waited_h",
    "kept_region",
    "kept_start",
)
_ANY_WEIGHT = "zero or more, and finite"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Capacity and cost of the hours ahead of one origin. Hour 0 follows the origin; start s begins in hour s.

    Args:
        spare_mw: (level, region, hour) power that may be added, at rising levels of conservatism, before the reserved
            power is subtracted; -inf where no power may be added, as at the last level.
        level_index: (bucket, region, start) index of the level that a window requires.
        bucket: (duration, start) bucket of a window; row d is for jobs of d hours, and row 0 is not used.
        reserved_mw: (region, hour) power of the jobs whose region and start are fixed.
        most_jobs: (region,) how many more jobs may be placed in each region; see `Batch.share`.
        cost_usd_per_mwh: (region, hour) expected cost of IT energy; NaN where the cost is unknown. No job may run
            there.
        transfer_usd_per_gb, waiting_usd_per_mwh_per_h, change_usd_per_mwh: weights of the fleet's costs, see `Costs`.
    Raises: DataError for an array of another type or shape, an index outside its array, NaN as power, or a negative
        weight.
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

    def __post_init__(self) -> None:
        self._check_shapes()
        # NaN would read as "fits", because a comparison with NaN is false. An infinite limit allows any power.
        require_range("offer.spare_mw", self.spare_mw, -np.inf, np.inf, "a number, or -inf for none")
        levels, buckets = len(self.spare_mw), len(self.level_index)
        require_range("offer.level_index", self.level_index, 0, levels - 1, f"0 to {levels - 1}, a level of spare_mw")
        meaning = f"0 to {buckets - 1}, a bucket of level_index"
        require_range("offer.bucket", self.bucket[1:], 0, buckets - 1, meaning)
        require_range("offer.reserved_mw", self.reserved_mw, _LEAST_RESERVED_MW, _MOST_RESERVED_MW, "zero or more MW")
        require_range("offer.most_jobs", self.most_jobs, 0, _MOST_INT, "zero or more jobs")
        known_usd = self.cost_usd_per_mwh[~np.isnan(self.cost_usd_per_mwh)]
        require_range("offer.cost_usd_per_mwh", known_usd, -_LARGEST_USD, _LARGEST_USD, "a finite cost, or NaN")
        for name in ("transfer_usd_per_gb", "waiting_usd_per_mwh_per_h", "change_usd_per_mwh"):
            require_number(f"offer.{name}", getattr(self, name), 0.0, _LARGEST_USD, _ANY_WEIGHT)

    def _check_shapes(self) -> None:
        """Refuse arrays of another type, or with axes that do not agree."""
        require_array("offer.spare_mw", self.spare_mw, np.float64, 3)
        require_array("offer.level_index", self.level_index, np.int8, 3)
        require_array("offer.bucket", self.bucket, np.int8, 2)
        _, regions, hours = self.spare_mw.shape
        buckets, _, starts = self.level_index.shape
        require_array("offer.level_index", self.level_index, np.int8, (buckets, regions, starts))
        require_array("offer.bucket", self.bucket, np.int8, (len(self.bucket), starts))
        require_array("offer.reserved_mw", self.reserved_mw, np.float64, (regions, hours))
        require_array("offer.most_jobs", self.most_jobs, np.int64, (regions,))
        require_array("offer.cost_usd_per_mwh", self.cost_usd_per_mwh, np.float64, (regions, hours))
        if not (self.spare_mw.size and self.level_index.size and self.longest_h >= 1):
            raise DataError(
                f"offer has spare_mw {self.spare_mw.shape}, level_index {self.level_index.shape} and bucket "
                f"{self.bucket.shape}, expected a level, a region, a start, and an hour for a job of one hour"
            )

    @property
    def starts(self) -> int:
        """Number of hours in which a job may start."""
        return int(self.level_index.shape[2])

    @property
    def longest_h(self) -> int:
        """Duration of the longest job that ends within the offer from every start, and for which a bucket is given."""
        return min(len(self.bucket) - 1, int(self.spare_mw.shape[2]) - self.starts + 1)

    @cached_property
    def cost_so_far(self) -> FloatArray:
        """(region, hour + 1) cost of one megawatt over all hours before each hour; an unknown cost counts as zero."""
        return running_sum(np.where(np.isnan(self.cost_usd_per_mwh), 0.0, self.cost_usd_per_mwh))

    @cached_property
    def unknown_so_far(self) -> FloatArray:
        """(region, hour + 1) number of hours of unknown cost before each hour.

        It is counted separately, because one NaN would make every later hour of `cost_so_far` unknown.
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
        home: the job's home region, which holds the job's data.
        priority: jobs of a higher priority are placed first.
        waited_h: hours from the earliest start to hour 0; 0 if the earliest start is later.
        data_gb: data that must be moved if the job runs away from home.
        kept_region, kept_start: region and start that the job holds already; NOWHERE for a job without them.
        share: how much each job counts in `Offer.most_jobs`, above zero, at most one. None counts each job as one.
    Raises: DataError for an array of another type or shape, a row or region that does not exist, or a value that no job
        may have.
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

    def __post_init__(self) -> None:
        require_array("batch.power_mw", self.power_mw, np.float64, 1)
        require_array("batch.sets", self.sets, np.bool_, 2)
        require_array("batch.data_gb", self.data_gb, np.float64, self.power_mw.shape)
        for name in _WHOLE_NUMBERS:
            require_array(f"batch.{name}", getattr(self, name), np.int64, self.power_mw.shape)
        sets, regions = self.sets.shape
        # The least positive number: zero is no job.
        require_range("batch.power_mw", self.power_mw, np.nextafter(0, 1), MOST_POWER_MW, "more than zero MW")
        require_range("batch.data_gb", self.data_gb, 0.0, MOST_DATA_GB, f"0 to {MOST_DATA_GB:g} GB")
        require_range("batch.duration_h", self.duration_h, 1, MAX_DURATION_H, f"1 to {MAX_DURATION_H} h")
        require_range("batch.first", self.first, 0, _MOST_INT, "zero or more hours")
        require_range("batch.region_set", self.region_set, 0, sets - 1, f"0 to {sets - 1}, a row of sets")
        require_range("batch.home", self.home, 0, regions - 1, f"0 to {regions - 1}, a region")
        kept = f"{NOWHERE} to {regions - 1}, a region or none"
        require_range("batch.kept_region", self.kept_region, NOWHERE, regions - 1, kept)
        if self.share is not None:
            require_array("batch.share", self.share, np.float64, self.power_mw.shape)
            require_range("batch.share", self.share, np.nextafter(0, 1), 1.0, "more than zero, at most one")
        require_range("batch.priority", self.priority, -MOST_PRIORITY, MOST_PRIORITY, f"at most {MOST_PRIORITY}")

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
    Raises: DataError for arrays of another type or of different lengths, or a job with only a region or only a start.
    """

    region: IntArray
    start: IntArray
    objective_usd: float | None = None
    bound_usd: float | None = None

    def __post_init__(self) -> None:
        require_array("plan.region", self.region, np.int64, 1)
        require_array("plan.start", self.start, np.int64, self.region.shape)
        require_range("plan.region", self.region, NOWHERE, _MOST_INT, "a region or none")
        require_range("plan.start", self.start, NOWHERE, _MOST_INT, "a start or none")
        if not np.array_equal(self.region == NOWHERE, self.start == NOWHERE):
            raise DataError("plan has a job with a region or a start alone, expected both or none")


def running_sum(values: FloatArray) -> FloatArray:
    """Return (..., hour + 1) sums of the (..., hour) values before each hour."""
    return np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
