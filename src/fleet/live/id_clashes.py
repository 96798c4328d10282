"""Finds submitted jobs whose id, or the id of one of whose segments, belongs to another job of the ledger."""

from collections.abc import Mapping, Sequence

from fleet.domain.job import Job
from fleet.domain.segments import segment_id, segments_of
from fleet.ledger import JobRecord
from fleet.live.changed_jobs import ChangedJob


def looked_up_ids(jobs: Sequence[Job]) -> list[str]:
    """Return the ids that the ledger must be asked for: of all segments, and of jobs whose segment a job may name."""
    whole_ids = (job.id.rpartition("#")[0] for job in jobs)
    return [segment.id for job in jobs for segment in segments_of(job)] + [job_id for job_id in whole_ids if job_id]


def id_clashes(jobs: Sequence[Job], recorded: Sequence[JobRecord]) -> dict[str, ChangedJob]:
    """Return the submitted jobs that are not decided because an id of theirs is taken, by id.

    Args:
        recorded: the latest record of each id that was decided.
    """
    latest = {record.job_id: record for record in recorded}
    reasons = {job.id: _named_segment(job, latest) or _taken_segment(job, latest) for job in jobs}
    return {
        job_id: ChangedJob(job_id=job_id, reason=f"{reason}; submit this job under a new id", decided_anew=False)
        for job_id, reason in reasons.items()
        if reason
    }


def _named_segment(job: Job, latest: Mapping[str, JobRecord]) -> str:
    """Tell whether the job has the id of a segment of a decided job; empty if not."""
    whole = latest.get(job.id.rpartition("#")[0])
    segment = None if whole is None or whole.asked is None else whole.asked.segment
    # A segment after the first one has no segments of its own. A job that is a segment is no other job: a recorded hour
    # is made again from its segments.
    if whole is None or segment is None or segment.number != 1 or job.segment is not None:
        return ""
    is_named = any(job.id == segment_id(whole.job_id, number) for number in range(2, segment.count + 1))
    return f"the id is that of a segment of {whole.job_id}" if is_named else ""


def _taken_segment(job: Job, latest: Mapping[str, JobRecord]) -> str:
    """Tell whether a segment of the job has the id of a decided job that is no segment; empty if not."""
    for segment in segments_of(job)[1:]:
        record = latest.get(segment.id)
        if record is not None and (record.asked is None or record.asked.segment is None):
            return f"its segment {segment.id} has the id of another job"
    return ""
