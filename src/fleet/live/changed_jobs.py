"""Finds submitted jobs that differ from the decided job with the same id. Some are decided anew, some are refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job import Job
from fleet.ledger import AskedRecord, JobRecord

_ONE_HOUR = np.timedelta64(1, "h")
# A decision holds the hours of its segment, and not the column `checkpoint_h` that led to them.
_SEGMENT = "the segment that checkpoint_h gives, in hours,"


@dataclass(frozen=True, kw_only=True)
class ChangedJob:
    """A submitted job that differs from what was decided under its id.

    Args:
        reason: what differs, and what was done about it.
        decided_anew: the job was decided anew and its old place is free; otherwise the old decision stands.
    """

    job_id: str
    reason: str
    decided_anew: bool


def changed_jobs(
    jobs: Iterable[Job], settled: Mapping[str, JobRecord], first: Hour, *, is_decided: bool
) -> dict[str, ChangedJob]:
    """Return the submitted jobs that differ from their decision, by id.

    A changed job is decided anew if it has not begun, its owner was not told that it runs now, no person has overridden
    its decision, and its new window is still open.

    Args:
        jobs: the submitted jobs.
        settled: job id -> the record of a job with a place or a denial.
        first: the first hour ahead.
        is_decided: this hour was decided before.
    """
    changed = {}
    for job in jobs:
        record = settled.get(job.id)
        if record is None:
            continue
        if record.has_place and record.end_utc <= min(first, job.earliest_utc):
            changed[job.id] = _recurring(job, record)
            continue
        differences = _differences(job, record)
        if differences:
            changed[job.id] = _changed(job, record, differences, _why_it_stands(job, record, first, is_decided))
    return changed


def runs_now(record: JobRecord, first: Hour, *, is_decided: bool) -> bool:
    """Tell whether the job's owner may have started the job, because an earlier decision of this hour starts it now.

    Args:
        is_decided: this hour was decided before. A job that begins in this hour then kept its place without a new row.
    """
    is_told = record.runs_now or is_decided
    return is_told and record.start_utc is not None and bool(record.start_utc == first)


def _recurring(job: Job, record: JobRecord) -> ChangedJob:
    return ChangedJob(
        job_id=job.id,
        reason=f"the id was used before: that job ended at {clock.iso(record.end_utc)}, and this job starts at "
        f"{clock.iso(job.earliest_utc)} or later; submit this job under a new id",
        decided_anew=False,
    )


def _changed(job: Job, record: JobRecord, differences: str, why_it_stands: str) -> ChangedJob:
    if why_it_stands:
        action = f"{why_it_stands}, so decision {record.id} stands; submit the changed job under a new id"
    else:
        action = f"decided anew in place of decision {record.id}"
    return ChangedJob(job_id=job.id, reason=f"{differences}; {action}", decided_anew=not why_it_stands)


def _why_it_stands(job: Job, record: JobRecord, first: Hour, is_decided: bool) -> str:
    """Return why a decision is not made anew; empty if it is."""
    if record.overridden:
        return "a person has overridden the decision"
    if record.start_utc is not None and record.begins_before(first):
        return f"the job began at {clock.iso(record.start_utc)}"
    if record.has_place and runs_now(record, first, is_decided=is_decided):
        return f"the job was told to run now, at {clock.iso(first)}"
    if job.latest_start_utc < first:
        return f"its last start at {clock.iso(job.latest_start_utc)} has passed"
    return ""


def _differences(job: Job, record: JobRecord) -> str:
    """Return the differences between a submitted job and its decision; an empty text if there are none."""
    new, old = _cells(job, AskedRecord.of(job)), _cells(record, record.asked)
    differences = [
        f"{name} is {_text(new[name])}, decided was {_text(old[name])}" for name in old if new[name] != old[name]
    ]
    if record.asked is None:
        return "; ".join(differences + _misfits(job, record))
    if set(job.regions) != set(record.asked.regions):
        differences.append(f"regions are {_listed(job.regions)}, decided were {_listed(record.asked.regions)}")
    return "; ".join(differences)


def _cells(job: Job | JobRecord, asked: AskedRecord | None) -> dict[str, str | float | None]:
    """Return what is compared, by the name of the column. A segment has the cells of its whole job."""
    cells: dict[str, str | float | None] = {"power_mw": job.power_mw, "duration_h": job.duration_h}
    if asked is None:
        return cells
    cells |= {"earliest_utc": asked.earliest_utc, "deadline_utc": asked.deadline_utc, "home_region": asked.home_region}
    segment = asked.segment
    if segment is None:
        return cells | {_SEGMENT: None}
    deadline_utc = clock.parse_hour(asked.deadline_utc) + segment.hours_after * _ONE_HOUR
    return cells | {
        "duration_h": segment.hours_before + job.duration_h + segment.hours_after,
        "deadline_utc": clock.iso(deadline_utc),
        _SEGMENT: job.duration_h,
    }


def _text(cell: str | float | None) -> str:
    return "null" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)


def _misfits(job: Job, record: JobRecord) -> list[str]:
    """Return in what the place of a job does not fit the submitted row. Older ledgers do not hold what was asked."""
    misfits = []
    if record.has_place and record.start_utc is not None:
        if job.regions and record.region not in job.regions:
            misfits.append(f"regions are {_listed(job.regions)}, its place is in {record.region}")
        if record.end_utc > job.deadline_utc:
            misfits.append(
                f"deadline_utc is {clock.iso(job.deadline_utc)}, its place ends at {clock.iso(record.end_utc)}"
            )
        if record.start_utc < job.earliest_utc:
            misfits.append(
                f"earliest_utc is {clock.iso(job.earliest_utc)}, its place starts at {clock.iso(record.start_utc)}"
            )
    return misfits


def _listed(regions: tuple[str, ...]) -> str:
    return ", ".join(regions) or "all"
