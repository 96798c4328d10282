"""A submitted, repeated or cancelled job, and the values that the ledger records with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fleet.domain import clock
from fleet.domain.job import Job
from fleet.ledger.asked_record import AskedRecord

Kind = Literal["submit", "repeat", "cancel"]


@dataclass(frozen=True, kw_only=True)
class SubmissionEntry:
    """A job to record.

    Args:
        kind: `repeat` for a request with a new idempotency key whose jobs were all submitted before; its first job
            stands for it, so that the key cannot be used for another request.
        by: name of the token that submitted or cancelled the job.
        request_key: the idempotency key of the request; None if it had none.
        body_hash: hash of the request.
        position: of the job in the request.
        decision_id: the decision that the job was answered with; None for a job that is queued.
        note: why the job was queued or cancelled; empty for a job that was decided at once.
    """

    kind: Kind
    job: Job
    made_utc: str
    by: str
    request_key: str | None
    body_hash: str
    position: int
    decision_id: str | None
    note: str = ""

    @property
    def id(self) -> str:
        """The id of the row. A job is submitted once and cancelled once; a person uses a key once."""
        once = (self.by, str(self.request_key)) if self.kind == "repeat" else (self.job.id,)
        return hashlib.sha256("\n".join((self.kind, *once)).encode()).hexdigest()[:16]


def submission_row(entry: SubmissionEntry) -> Mapping[str, Any]:
    """Return the row of the table `submissions`."""
    job = entry.job
    return {
        "id": entry.id,
        "kind": entry.kind,
        "made_utc": entry.made_utc,
        "by": entry.by,
        "request_key": entry.request_key,
        "body_hash": entry.body_hash,
        "position": entry.position,
        "job_id": job.id,
        "deadline_utc": clock.iso(job.deadline_utc),
        "job": {
            "name": job.name,
            "power_mw": float(job.power_mw),
            "duration_h": int(job.duration_h),
            **AskedRecord.cell_of(job),
            **({} if job.checkpoint_h is None else {"checkpoint_h": job.checkpoint_h}),
        },
        "decision_id": entry.decision_id,
        "note": entry.note,
    }
