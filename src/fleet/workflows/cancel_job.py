"""Cancels a submitted job: its place is freed, and its decision stays in the ledger."""

from dataclasses import dataclass

import numpy as np

from fleet.domain.decision import Verdict
from fleet.domain.job import Job
from fleet.domain.segments import segments_of
from fleet.errors import ConflictError, ForbiddenError, NotFoundError
from fleet.ledger import Author, Ledger, LedgerWriter, OverrideRecord, PlaceChoice
from fleet.ledger.override_place import check_words
from fleet.ledger.override_write import write_override
from fleet.ledger.segment_order import latest_records
from fleet.ledger.submission_entry import SubmissionEntry, submission_row
from fleet.ledger.submissions import SubmissionRecord, is_cancelled, submitted
from fleet.ledger.tables import submissions


@dataclass(frozen=True, kw_only=True)
class CancelRequest:
    """Who cancels which job, and why.

    Args:
        by: name of the token.
        may_all: True if the person may also cancel the jobs that others submitted.
    """

    job_id: str
    by: str
    reason: str
    may_all: bool
    request_id: str = ""


def cancel_job(ledger: Ledger, request: CancelRequest, made_utc: str) -> OverrideRecord | None:
    """Cancel a job. A job that was cancelled before stays cancelled.

    Returns: the override that freed its place; None for a job that was not decided yet, or was cancelled before.
    Raises: NotFoundError for a job that was not submitted, ForbiddenError for a job of somebody else, ConflictError for
        a job that has ended or was denied, LedgerError for an empty reason.
    """
    check_words(request.by, request.reason)
    with ledger.writing() as writer:
        row = submitted(writer.connection, [request.job_id]).get(request.job_id)
        if row is None:
            raise NotFoundError(f"no job {request.job_id!r} was submitted")
        if row.by != request.by and not request.may_all:
            raise ForbiddenError(f"job {request.job_id!r} was submitted by somebody else; an operator may cancel it")
        if is_cancelled(writer.connection, request.job_id):
            return None
        override = _freed(writer, row.as_job(writer.names), request, made_utc)
        writer.add(submissions, [submission_row(_entry(row, writer, request, made_utc))])
        writer.sign(Author(by=request.by, action="cancel", request_id=request.request_id), made_utc)
        return override


def _freed(writer: LedgerWriter, job: Job, request: CancelRequest, made_utc: str) -> OverrideRecord | None:
    """Free the place of the job, if it was decided."""
    segment_ids = [segment.id for segment in segments_of(job)]
    records = latest_records(writer.connection, writer.names, segment_ids)
    if not records:
        return None
    if records[-1].verdict is Verdict.DENY:
        raise ConflictError(f"job {request.job_id!r} was denied, so there is nothing to cancel")
    now = np.datetime64(made_utc.rstrip("Z")).astype("datetime64[h]")
    left = [record for record in records if not (record.has_place and record.end_utc <= now)]
    if not left:
        if len(records) < len(segment_ids):
            # A segment has ended, and the next one is not decided yet. The cancellation keeps it from being decided.
            return None
        raise ConflictError(f"job {request.job_id!r} has ended, so it cannot be cancelled")
    # The denial of a segment denies those after it.
    record = left[0]
    return write_override(
        writer,
        record.id,
        Verdict.DENY,
        by=request.by,
        reason=f"cancelled: {request.reason.strip()}",
        made_utc=made_utc,
        choice=PlaceChoice(),
    )


def _entry(row: SubmissionRecord, writer: LedgerWriter, request: CancelRequest, made_utc: str) -> SubmissionEntry:
    return SubmissionEntry(
        kind="cancel",
        job=row.as_job(writer.names),
        made_utc=made_utc,
        by=request.by,
        request_key=None,
        body_hash=row.body_hash,
        position=0,
        decision_id=row.decision_id,
        note=request.reason.strip(),
    )
