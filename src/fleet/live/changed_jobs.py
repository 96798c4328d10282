"""Finds submitted jobs that differ from the decided job with the same id."""

from collections.abc import Mapping, Sequence

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job import Job
from fleet.domain.job_table import Refusal
from fleet.ledger import JobRecord


def changed_jobs(jobs: Sequence[Job], decided: Mapping[str, JobRecord], first: Hour) -> list[Refusal]:
    """Return the submitted jobs that differ from their decision. The decision stands.

    Args:
        jobs: the submitted jobs.
        decided: job id -> the record of a decision that is not made again.
        first: the first hour ahead.
    Returns: one refusal per changed job, with the differences.
    """
    refusals = []
    for job in jobs:
        record = decided.get(job.id)
        reason = "" if record is None else _difference(job, record, first)
        if reason:
            refusals.append(Refusal(job_id=job.id, reason=reason))
    return refusals


def _difference(job: Job, record: JobRecord, first: Hour) -> str:
    """Return the differences between a submitted job and its decision; an empty text if there are none."""
    if record.has_place and record.end_utc <= min(first, job.earliest_utc):
        return (
            f"the id was used before: that job ended at {clock.iso(record.end_utc)}, and this job starts at "
            f"{clock.iso(job.earliest_utc)} or later; submit this job under a new id"
        )
    differences = []
    if job.power_mw != record.power_mw:
        differences.append(f"power_mw is {job.power_mw:g}, decided was {record.power_mw:g}")
    if job.duration_h != record.duration_h:
        differences.append(f"duration_h is {job.duration_h}, decided was {record.duration_h}")
    if record.has_place and record.start_utc is not None:
        if job.regions and record.region not in job.regions:
            differences.append(f"regions are {', '.join(job.regions)}, its place is in {record.region}")
        if record.end_utc > job.deadline_utc:
            differences.append(
                f"deadline_utc is {clock.iso(job.deadline_utc)}, its place ends at {clock.iso(record.end_utc)}"
            )
        if record.start_utc < job.earliest_utc:
            differences.append(
                f"earliest_utc is {clock.iso(job.earliest_utc)}, its place starts at {clock.iso(record.start_utc)}"
            )
    if not differences:
        return ""
    return f"{'; '.join(differences)}; the decision {record.id} stands: submit the changed job under a new id"
