"""Jobs as arrays, for code that decides or counts many jobs at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.job import Job, energy_wh
from fleet.units import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Jobs as arrays (job,), unless stated otherwise. Hours are counted from 1970-01-01T00 UTC.

    earliest_h, latest_start_h: first and last hour in which a job may start.
    sets: (set, region) True where a job with this set of regions may run.
    region_set: position of the job's set in `sets`.
    home: position of the job's home region.
    """

    jobs: Sequence[Job]
    power_mw: FloatArray
    duration_h: IntArray
    earliest_h: IntArray
    latest_start_h: IntArray
    sets: NDArray[np.bool_]
    region_set: IntArray
    home: IntArray
    priority: IntArray
    data_gb: FloatArray

    @classmethod
    def of(cls, jobs: Sequence[Job], region_ids: Sequence[str]) -> Self:
        """Return the jobs as arrays, in their order.

        Args:
            jobs: the jobs.
            region_ids: all regions of the fleet, in the order of the region axis.
        """
        region_index = {name: index for index, name in enumerate(region_ids)}
        set_index: dict[tuple[str, ...], int] = {}
        region_set = np.array([set_index.setdefault(job.regions, len(set_index)) for job in jobs], dtype=np.int64)
        sets = np.zeros((max(len(set_index), 1), len(region_index)), dtype=np.bool_)
        for names, index in set_index.items():
            sets[index, [region_index[name] for name in names] or slice(None)] = True
        duration = np.array([job.duration_h for job in jobs], dtype=np.int64)
        deadline = np.array([job.deadline_utc for job in jobs], dtype="datetime64[h]").astype(np.int64)
        return cls(
            jobs=jobs,
            power_mw=np.array([job.power_mw for job in jobs], dtype=np.float64),
            duration_h=duration,
            earliest_h=np.array([job.earliest_utc for job in jobs], dtype="datetime64[h]").astype(np.int64),
            latest_start_h=deadline - duration,
            sets=sets,
            region_set=region_set,
            home=np.array([region_index[job.home_region] for job in jobs], dtype=np.int64),
            priority=np.array([job.priority for job in jobs], dtype=np.int64),
            data_gb=np.array([job.data_gb for job in jobs], dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.power_mw)

    @cached_property
    def energy_mwh(self) -> FloatArray:
        """The IT energy of each job."""
        return self.power_mw * self.duration_h

    @cached_property
    def energy_wh(self) -> IntArray:
        """The IT energy of each job in whole watt-hours."""
        return energy_wh(self.power_mw, self.duration_h)

    @cached_property
    def placement_rank(self) -> IntArray:
        """The rank of each job in the order of placement: highest priority, lowest `latest_start_h`, then id."""
        order = np.lexsort(
            (np.array([job.id for job in self.jobs], dtype=np.str_), self.latest_start_h, -self.priority)
        )
        rank = np.empty(len(self), dtype=np.int64)
        rank[order] = np.arange(len(self))
        return rank

    @cached_property
    def array(self) -> IntArray:
        """The job array of each job, named by the position of its first job. Its jobs differ only in id and name."""
        columns = (
            *(self.power_mw, self.duration_h, self.earliest_h, self.latest_start_h),
            *(self.region_set, self.home, self.priority, self.data_gb),
        )
        # A stable sort keeps equal jobs in their order. So each group of equal jobs begins with its first job.
        order = np.lexsort(columns)
        begins = np.ones(len(self), dtype=np.bool_)
        begins[1:] = np.any([column[order][1:] != column[order][:-1] for column in columns], axis=0)
        array = np.empty(len(self), dtype=np.int64)
        array[order] = order[begins][np.cumsum(begins) - 1]
        return array

    @cached_property
    def has_arrays(self) -> bool:
        """Tell whether some job array has more than one job."""
        return bool((self.array != np.arange(len(self))).any())

    @property
    def longest_h(self) -> int:
        """The hours of the longest job; 1 if there is no job."""
        return int(self.duration_h.max(initial=1))
