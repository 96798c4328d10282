"""The submitted jobs of a live hour, grouped by their state in the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour
from fleet.domain.job import Job
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.ledger import JobRecord
from fleet.live.approval_events import uses_bound
from fleet.live.changed_jobs import ChangedJob, changed_jobs, runs_now
from fleet.live.ledger_hour import LedgerHour
from fleet.live.reservations import has_not_ended
from fleet.placement.base import Policy

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class HourQueue:
    """The submitted jobs, grouped by their state in the ledger.

    by_id: submitted jobs by id.
    settled: job id -> record of a job that has a place or was denied; jobs in `replaced` are left out.
    waiting: ids of jobs that were decided and have no place yet.
    expired: ids of jobs whose deadline had passed before they were first submitted.
    changed: job id -> how a submitted job differs from its decision.
    replaced: records of the jobs that are decided anew; their places are free.
    arrived: submitted jobs to decide: the jobs of `replaced`, and the jobs whose earliest start has come and that are
        neither settled nor expired.
    movable: ids of settled jobs whose place the policy may still change in this hour.
    fixed: records of settled jobs that keep their place and have not ended.
    first: the first hour ahead.
    """

    by_id: Mapping[str, Job]
    settled: Mapping[str, JobRecord]
    waiting: frozenset[str]
    expired: frozenset[str]
    changed: Mapping[str, ChangedJob]
    replaced: Sequence[JobRecord]
    arrived: Sequence[Job]
    movable: frozenset[str]
    fixed: Sequence[JobRecord]
    first: Hour

    @classmethod
    def of(cls, jobs: Sequence[Job], read: LedgerHour, policy: Policy, fleet: Fleet, known: Telemetry) -> "HourQueue":
        """Group the submitted jobs by what the hour read from the ledger."""
        first, recorded = known.time_utc[-1] + _ONE_HOUR, read.recorded
        by_id = {job.id: job for job in jobs}
        settled = {record.job_id: record for record in recorded if not record.waits}
        waiting = frozenset(record.job_id for record in recorded if record.waits)
        # A segment that continues others is decided even if it comes too late, so that the ledger says so.
        expired = {job.id for job in jobs if job.deadline_utc <= first and not job.resumes} - settled.keys() - waiting
        is_decided = read.newest_origin is not None and bool(read.newest_origin >= known.time_utc[-1])
        changed = changed_jobs(by_id.values(), settled, first, is_decided=is_decided)
        replaced = [settled.pop(job_id) for job_id, change in changed.items() if change.decided_anew]
        anew = frozenset(record.job_id for record in replaced)
        movable = frozenset(
            record.job_id
            for record in settled.values()
            if policy.replans
            and record.job_id not in changed
            and not runs_now(record, first, is_decided=is_decided)
            and _may_move(record, by_id, fleet, known)
        )
        return cls(
            by_id=by_id,
            settled=settled,
            waiting=waiting,
            expired=frozenset(expired),
            changed=changed,
            replaced=replaced,
            arrived=[
                job
                for job in jobs
                if job.id in anew
                or ((job.earliest_utc <= first or job.resumes) and job.id not in settled and job.id not in expired)
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

    @property
    def longest_h(self) -> int:
        """Hours of the longest submitted or settled job; 1 if there is no job."""
        submitted = [job.duration_h for job in self.by_id.values()]
        return max(submitted + [record.duration_h for record in self.settled.values()], default=1)


def _may_move(record: JobRecord, jobs: Mapping[str, Job], fleet: Fleet, known: Telemetry) -> bool:
    """Tell whether a placed job may get another place.

    It may if the job is still submitted and has not begun, no person has overridden the decision, and the controller
    counts the approval. The caller leaves out every changed job, so the submitted job is the one that was decided.
    """
    first, job = known.time_utc[-1] + _ONE_HOUR, jobs.get(record.job_id)
    if job is None or record.overridden or not has_not_ended(record, fleet, first) or record.begins_before(first):
        return False
    return uses_bound(record) and bool(record.origin_utc >= known.time_utc[0])
