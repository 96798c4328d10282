"""The status of each job of a replay: its place, or the limit that denied the job."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.decisions.hour_result import DENY, HourResult
from fleet.domain.limit import UNKNOWN_CODE
from fleet.domain.workload import Workload
from fleet.physics.limits import LIMITS, code_of
from fleet.placement import NOWHERE
from fleet.units import IntArray


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """The status of all jobs. Arrays are (job,); hours are counted from 1970-01-01T00 UTC.

    Args:
        region, start_h: the last place of the job; NOWHERE for a job without a place.
        origin_h: origin of the last decision on the job.
        committed: whether the job had a place at some time.
        moves: how often the job lost its place or got another place.
        denied_limit: code of the limit that denied the job; UNKNOWN_CODE if the job was not denied.
        denied_without_data: whether the job was denied while a region that it allows was silent.
    """

    region: IntArray
    start_h: IntArray
    origin_h: IntArray
    committed: NDArray[np.bool_]
    moves: IntArray
    denied_limit: NDArray[np.int8]
    denied_without_data: NDArray[np.bool_]

    @classmethod
    def initial(cls, jobs: int) -> Self:
        """Return the status of `jobs` jobs before the first decision."""
        return cls(
            region=np.full(jobs, NOWHERE),
            start_h=np.full(jobs, NOWHERE),
            origin_h=np.zeros(jobs, dtype=np.int64),
            committed=np.zeros(jobs, dtype=np.bool_),
            moves=np.zeros(jobs, dtype=np.int64),
            denied_limit=np.full(jobs, UNKNOWN_CODE, dtype=np.int8),
            denied_without_data=np.zeros(jobs, dtype=np.bool_),
        )

    def add(self, result: HourResult) -> None:
        """Write the changes of an hour into the arrays."""
        job = result.places.job
        self.region[job] = result.places.region
        self.start_h[job] = result.places.start_h
        self.origin_h[job] = result.first_h - 1
        self.committed[job] |= result.places.region != NOWHERE
        self.moves[job] += result.before.region != NOWHERE
        for entry in np.flatnonzero(result.verdict == DENY).tolist():
            decision = result.decision(entry)
            self.denied_limit[job[entry]] = code_of(decision.binding.limit)
            self.denied_without_data[job[entry]] = decision.lacks_data
            # The segments after a denied one never run, for the same reason.
            after = result.work.following[job[entry]]
            while after != NOWHERE:
                self.denied_limit[after] = self.denied_limit[job[entry]]
                self.denied_without_data[after] = decision.lacks_data
                after = result.work.following[after]

    def denied_by_limit(self) -> dict[str, int]:
        """Count the jobs that never ran, by the label of the limit that denied them."""
        count = np.bincount(self.denied_limit[~self.placed], minlength=len(LIMITS))
        return {limit.label: int(count[code_of(limit)]) for limit in LIMITS}

    @property
    def placed(self) -> NDArray[np.bool_]:
        """(job,) whether the job has a place; at the end of a replay, whether it ran."""
        return np.asarray(self.region != NOWHERE)

    def start_or_arrival_h(self, work: Workload) -> IntArray:
        """Return the hour in which each job started, or arrived if it never ran."""
        return np.where(self.placed, self.start_h, work.earliest_h)
