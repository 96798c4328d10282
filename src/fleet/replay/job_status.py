"""The status of each job of a replay: its place, or the limit by which it was denied."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.decisions.hour_result import DENY, HourResult
from fleet.domain.limit import UNKNOWN_CODE
from fleet.domain.workload import Workload
from fleet.physics.limits import code_of
from fleet.placement import NOWHERE
from fleet.units import IntArray


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """The status of all jobs. Arrays are (job,); hours are counted from 1970-01-01T00 UTC.

    Args:
        region, start_h: where and when the job ran; NOWHERE for a job that never ran.
        origin_h: origin of the last decision on the job.
        committed: the job had a place at some time.
        moves: how often the job lost its place or got another one.
        denied_limit: code of the limit by which a job that never ran was denied.
    """

    region: IntArray
    start_h: IntArray
    origin_h: IntArray
    committed: NDArray[np.bool_]
    moves: IntArray
    denied_limit: NDArray[np.int8]

    @classmethod
    def initial(cls, jobs: int) -> Self:
        """Make the status before the first decision."""
        return cls(
            region=np.full(jobs, NOWHERE),
            start_h=np.full(jobs, NOWHERE),
            origin_h=np.zeros(jobs, dtype=np.int64),
            committed=np.zeros(jobs, dtype=np.bool_),
            moves=np.zeros(jobs, dtype=np.int64),
            denied_limit=np.full(jobs, UNKNOWN_CODE, dtype=np.int8),
        )

    def add(self, result: HourResult) -> None:
        """Record the changes of an hour in the arrays."""
        job = result.places.job
        self.region[job] = result.places.region
        self.start_h[job] = result.places.start_h
        self.origin_h[job] = result.first_h - 1
        self.committed[job] |= result.places.region != NOWHERE
        self.moves[job] += result.before.region != NOWHERE
        for entry in np.flatnonzero(result.verdict == DENY).tolist():
            self.denied_limit[job[entry]] = code_of(result.limit(entry))

    @property
    def placed(self) -> NDArray[np.bool_]:
        """(job,) whether the job ran in the end."""
        return np.asarray(self.region != NOWHERE)

    def start_or_arrival_h(self, work: Workload) -> IntArray:
        """Return the hour in which each job started, or arrived if it never ran."""
        return np.where(self.placed, self.start_h, work.earliest_h)
