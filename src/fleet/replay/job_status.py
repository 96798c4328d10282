"""Where each job of a replay stands: the last word on it, and what came before."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.decisions.hour_result import DENY, HourResult
from fleet.domain.conditions import Limit
from fleet.domain.workload import Workload
from fleet.placement import NOWHERE
from fleet.units import IntArray


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """Arrays are (job,); hours are counted from 1970-01-01T00 UTC.

    region, start_h: where and when it ran; NOWHERE for one that never did.
    origin_h: the origin of the last decision on it.
    committed: it had a place at some time.
    moves: how often it lost its place or was given another.
    denied_limit: the Limit that a job that never ran was denied by.
    """

    region: IntArray
    start_h: IntArray
    origin_h: IntArray
    committed: NDArray[np.bool_]
    moves: IntArray
    denied_limit: NDArray[np.int8]

    @classmethod
    def unknown(cls, jobs: int) -> Self:
        """Before the first decision."""
        return cls(
            region=np.full(jobs, NOWHERE),
            start_h=np.full(jobs, NOWHERE),
            origin_h=np.zeros(jobs, dtype=np.int64),
            committed=np.zeros(jobs, dtype=np.bool_),
            moves=np.zeros(jobs, dtype=np.int64),
            denied_limit=np.full(jobs, Limit.UNKNOWN, dtype=np.int8),
        )

    def add(self, decided: HourResult) -> None:
        """What an hour changed, in place."""
        job = decided.places.job
        self.region[job] = decided.places.region
        self.start_h[job] = decided.places.start_h
        self.origin_h[job] = decided.first_h - 1
        self.committed[job] |= decided.places.region != NOWHERE
        self.moves[job] += decided.before.region != NOWHERE
        for entry in np.flatnonzero(decided.verdict == DENY).tolist():
            self.denied_limit[job[entry]] = decided.limit(entry)

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Ran, in the end."""
        return np.asarray(self.region != NOWHERE)

    def start_or_arrival_h(self, work: Workload) -> IntArray:
        """When each started, or arrived if it never did."""
        return np.where(self.placed, self.start_h, work.earliest_h)
