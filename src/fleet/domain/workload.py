"""Jobs as columns, for everything that decides or counts many of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.job import Job
from fleet.units import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Arrays are (job,) unless said otherwise; hours are counted from 1970-01-01T00 UTC.

    earliest_h, latest_start_h: the hours within which each may start.
    sets, region_set: (set, region) regions that a job may run in, and which set each job has.
    home: position of the region in which it was submitted.
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
        """Columns of the jobs, in their order."""
        place = {name: index for index, name in enumerate(region_ids)}
        found: dict[tuple[str, ...], int] = {}
        region_set = np.array([found.setdefault(job.regions, len(found)) for job in jobs], dtype=np.int64)
        sets = np.zeros((max(len(found), 1), len(place)), dtype=np.bool_)
        for names, index in found.items():
            sets[index, [place[name] for name in names] or slice(None)] = True
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
            home=np.array([place[job.home_region] for job in jobs], dtype=np.int64),
            priority=np.array([job.priority for job in jobs], dtype=np.int64),
            data_gb=np.array([job.data_gb for job in jobs], dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.power_mw)

    @cached_property
    def energy_mwh(self) -> FloatArray:
        """IT energy."""
        return self.power_mw * self.duration_h

    @cached_property
    def turn(self) -> IntArray:
        """The rank of each job where one is served after another: by priority, then the tighter window, then the id."""
        order = np.lexsort(
            (np.array([job.id for job in self.jobs], dtype=np.str_), self.latest_start_h, -self.priority)
        )
        turn = np.empty(len(self), dtype=np.int64)
        turn[order] = np.arange(len(self))
        return turn

    @property
    def longest_h(self) -> int:
        """Hours of the longest job; 1 where there is none."""
        return int(self.duration_h.max(initial=1))
