"""The submitted jobs of a live hour, grouped by their state in the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour
from fleet.domain.decision import Verdict
from fleet.domain.job import Job
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.ledger import JobRecord
from fleet.live.live_controller import uses_bound
from fleet.live.reservations import has_not_ended
from fleet.placement.base import Policy

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class HourQueue:
    """The submitted jobs, grouped by their state in the ledger.

    by_id: submitted jobs by id.
    settled: job id -> record of a job with a place or a denial.
    waiting: ids of jobs that were decided and have no place yet.
    expired: ids of jobs whose deadline had passed before they were first submitted.
    arrived: submitted jobs to decide: they have arrived and are not settled.
    movable: ids of settled jobs that are decided again.
    fixed: records of settled jobs that keep their place and have not ended.
    first: the first hour ahead.
    """

    by_id: Mapping[str, Job]
    settled: Mapping[str, JobRecord]
    waiting: frozenset[str]
    expired: frozenset[str]
    arrived: Sequence[Job]
    movable: frozenset[str]
    fixed: Sequence[JobRecord]
    first: Hour

    @classmethod
    def of(
        cls, jobs: Sequence[Job], recorded: Sequence[JobRecord], policy: Policy, fleet: Fleet, known: Telemetry
    ) -> "HourQueue":
        first = known.time_utc[-1] + _ONE_HOUR
        by_id = {job.id: job for job in jobs}
        settled = {record.job_id: record for record in recorded if not record.waits}
        waiting = frozenset(record.job_id for record in recorded if record.waits)
        expired = {job.id for job in jobs if job.deadline_utc <= first} - settled.keys() - waiting
        is_decided = any(record.origin_utc >= known.time_utc[-1] for record in recorded)
        movable = frozenset(
            record.job_id
            for record in recorded
            if policy.replans
            and not _runs_now(record, first, is_decided=is_decided)
            and _may_move(record, by_id, fleet, known)
        )
        return cls(
            by_id=by_id,
            settled=settled,
            waiting=waiting,
            expired=frozenset(expired),
            arrived=[
                job for job in jobs if job.earliest_utc <= first and job.id not in settled and job.id not in expired
            ],
            movable=movable,
            fixed=[
                record
                for job_id, record in settled.items()
                if job_id not in movable and has_not_ended(record, fleet, first)
            ],
            first=first,
        )

    def is_idle(self, policy: Policy) -> bool:
        """Tell whether there is nothing to decide and no running job to watch."""
        is_watched = policy.uses_bound() and any(record.begins_before(self.first) for record in self.fixed)
        return not self.arrived and not self.movable and not is_watched

    def standing(self) -> dict[str, JobRecord]:
        """Return the records of decisions that are not made again."""
        return {job_id: record for job_id, record in self.settled.items() if job_id not in self.movable}

    @property
    def longest_h(self) -> int:
        """Hours of the longest submitted or settled job; 1 if there is no job."""
        submitted = [job.duration_h for job in self.by_id.values()]
        return max(submitted + [record.duration_h for record in self.settled.values()], default=1)


def _runs_now(record: JobRecord, first: Hour, *, is_decided: bool) -> bool:
    """Tell whether the job's owner may have started the job, because an earlier decision of this hour starts it now.

    Args:
        is_decided: this hour was decided before. A job that begins in this hour then kept its place without a new row.
    """
    is_told = record.verdict is Verdict.APPROVE or is_decided
    return is_told and record.start_utc is not None and bool(record.start_utc == first)


def _may_move(record: JobRecord, jobs: Mapping[str, Job], fleet: Fleet, known: Telemetry) -> bool:
    """Tell whether a placed job may get another place.

    It may if it has not begun, no person has overridden it, the submitted job has the decided power and duration, and
    the controller has counted it.
    """
    first, job = known.time_utc[-1] + _ONE_HOUR, jobs.get(record.job_id)
    if job is None or record.overridden or not has_not_ended(record, fleet, first) or record.begins_before(first):
        return False
    is_same = job.power_mw == record.power_mw and job.duration_h == record.duration_h
    return is_same and uses_bound(record) and bool(record.origin_utc >= known.time_utc[0])
