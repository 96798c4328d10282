"""Jobs as arrays, for code that decides or counts many jobs at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.job import Job, Segment, energy_wh
from fleet.domain.segments import resumed, segment_id, whole_id
from fleet.units import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Jobs as arrays (job,), unless stated otherwise. Hours are counted from 1970-01-01T00 UTC.

    earliest_h, latest_start_h: first and last hour in which a job may start.
    sets: (set, region) True where a job with this set of regions may run.
    region_set: position of the job's set in `sets`.
    home: position of the job's home region.
    segment: number of the job's kind of segment: jobs with equal values in `Job.segment` have the same number.
    resumes: whether the job is a segment that continues an earlier one.
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
    segment: IntArray
    resumes: NDArray[np.bool_]

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
        kinds: dict[Segment | None, int] = {}
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
            segment=np.array([kinds.setdefault(job.segment, len(kinds)) for job in jobs], dtype=np.int64),
            resumes=np.array([job.resumes for job in jobs], dtype=np.bool_),
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
        return self._array_of(np.arange(len(self)))

    @cached_property
    def has_arrays(self) -> bool:
        """Tell whether some job array has more than one job."""
        return bool((self.array != np.arange(len(self))).any())

    def _array_of(self, job: IntArray) -> IntArray:
        """Return the job array of each of some jobs, named by the first of these jobs in it."""
        columns = [
            column[job]
            for column in (
                *(self.power_mw, self.duration_h, self.earliest_h, self.latest_start_h),
                *(self.region_set, self.home, self.priority, self.data_gb, self.segment),
            )
        ]
        # A stable sort keeps equal jobs in their order. So each group of equal jobs begins with its first job.
        order = np.lexsort(columns)
        begins = np.ones(len(job), dtype=np.bool_)
        begins[1:] = np.any([column[order][1:] != column[order][:-1] for column in columns], axis=0)
        array = np.empty(len(job), dtype=np.int64)
        array[order] = job[order[begins]][np.cumsum(begins) - 1]
        return array

    @property
    def longest_h(self) -> int:
        """The hours of the longest job; 1 if there is no job."""
        return int(self.duration_h.max(initial=1))

    @cached_property
    def continued(self) -> IntArray:
        """The positions of the segments that have a segment after them."""
        return np.flatnonzero(self.following >= 0)

    @cached_property
    def following(self) -> IntArray:
        """The position of the segment after each job; -1 where there is none."""
        following = np.full(len(self), -1)
        later = np.flatnonzero(self.resumes)
        position = {self.jobs[index].id: index for index in later.tolist()}
        for index in np.flatnonzero([job.segment is not None for job in self.jobs]).tolist():
            job, segment = self.jobs[index], self.jobs[index].segment
            if segment is not None:
                following[index] = position.get(segment_id(whole_id(job), segment.number + 1), -1)
        return following

    @cached_property
    def whole(self) -> IntArray:
        """The position of the first segment of each job; its own for a job without segments."""
        whole = np.arange(len(self))
        for index in np.flatnonzero(~self.resumes & (self.following >= 0)).tolist():
            after = int(self.following[index])
            while after >= 0:
                whole[after] = index
                after = int(self.following[after])
        return whole

    def with_resumed(self, job: IntArray, region: IntArray, region_ids: Sequence[str], end_h: IntArray) -> Self:
        """Return the jobs after segments have begun, so that the segments after them may be decided.

        Only segments of equal jobs that began in the same hour can be one job array. So the arrays of all other jobs
        that may be decided stay as they are.

        Args:
            job: positions of the segments after those that have begun in one hour.
            region, end_h: (entry,) region and end of the segments that have begun.
            region_ids: as for `of`.
        """
        jobs, earliest_h, home = list(self.jobs), self.earliest_h.copy(), self.home.copy()
        for index, place, end in zip(job.tolist(), region.tolist(), end_h.tolist(), strict=True):
            jobs[index] = resumed(jobs[index], region_ids[place], np.datetime64(end, "h"))
            earliest_h[index], home[index] = end, region_ids.index(jobs[index].home_region)
        later = replace(self, jobs=jobs, earliest_h=earliest_h, home=home)
        # None of these depends on the earliest start or the home, and each takes long for many jobs.
        for name in ("placement_rank", "following", "continued", "whole", "energy_mwh", "energy_wh"):
            later.__dict__[name] = getattr(self, name)
        array = self.array.copy()
        array[job] = later._array_of(job)
        later.__dict__["array"] = array
        return later
