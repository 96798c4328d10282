"""A decision, and the values that the ledger records with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from fleet.domain import clock
from fleet.domain.decision import Decision
from fleet.domain.job import Job
from fleet.ledger.asked_record import AskedRecord
from fleet.ledger.records import (
    AlternativeRecord,
    BindingRecord,
    FootprintRecord,
    Mode,
    RemedyRecord,
)


@dataclass(frozen=True, kw_only=True)
class DecisionEntry:
    """A decision to record, with its job and the versions of the methods that made it.

    Args:
        mode: `live`, or `replay` for decisions on history.
        made_utc: ISO time of UTC; in a replay, the hour in which the decision would have been made.
        model, bands: name and version of the forecaster and of the band method.
        input_hash: hash of everything that was known at the origin.
        previous_id: id of the latest recorded decision on the same job; empty for the first one.
        alike: an entry whose row differs in nothing but the ids. Its cells are used.
    """

    decision: Decision
    job: Job
    mode: Mode
    made_utc: str
    model: str
    bands: str
    input_hash: str
    previous_id: str = ""
    alike: Self | None = field(default=None, compare=False, repr=False)

    @cached_property
    def id(self) -> str:
        """The id of the decision. The same decision of the same policy on the same inputs and origin has the same id.

        The outcome is part of the id, because the ledger is an input, too: after a person has freed a place, a waiting
        job may get it at the same origin. The previous decision is part of the id, because a job may return to a place
        that it had earlier at the same origin. That return is a new decision.
        """
        decision = self.decision
        start = "" if decision.start_utc is None else clock.iso(decision.start_utc)
        outcome = (decision.verdict.value, decision.region or "", start)
        job = (decision.job_id, f"{self.job.power_mw:g}", str(self.job.duration_h), clock.iso(self.job.deadline_utc))
        made = (self.mode, self.input_hash, decision.policy, clock.iso(decision.origin_utc), self.model, self.bands)
        previous = (self.previous_id,) if self.previous_id else ()
        return hashlib.sha256("\n".join((*previous, *made, *job, *outcome)).encode()).hexdigest()[:16]

    @cached_property
    def row(self) -> Mapping[str, Any]:
        """The row of the table `decisions`. Equal cells of entries that are alike are one object."""
        if self.alike is not None:
            return {**self.alike.row, "id": self.id, "job_id": self.decision.job_id}
        return _row(self)

    def for_equal_job(self, decision: Decision, job: Job, previous_id: str) -> Self:
        """Return the entry of a job and a decision that differ from those of this entry in nothing but the job's id."""
        return replace(self, decision=decision, job=job, previous_id=previous_id, alike=self)


def decision_row(entry: DecisionEntry) -> Mapping[str, Any]:
    """Return the row of the table `decisions`."""
    return entry.row


def cells_of(entry: DecisionEntry, seq: int) -> Mapping[str, Any]:
    """Return `DecisionRecord.as_dict` of a recorded entry, without a check of what this program made itself."""
    return {"seq": seq, **entry.row, "remedies": entry.row["remedies"] or []}


def _row(entry: DecisionEntry) -> Mapping[str, Any]:
    decision = entry.decision
    return {
        "id": entry.id,
        "job_id": decision.job_id,
        "made_utc": entry.made_utc,
        "origin_utc": clock.iso(decision.origin_utc),
        "mode": entry.mode,
        "policy": decision.policy,
        "verdict": decision.verdict.value,
        "region": decision.region,
        "start_utc": None if decision.start_utc is None else clock.iso(decision.start_utc),
        "duration_h": entry.job.duration_h,
        "power_mw": entry.job.power_mw,
        "confidence": decision.confidence,
        "binding": BindingRecord.cell_of(decision.binding),
        "reason": decision.reason,
        "alternatives": [AlternativeRecord.cell_of(alternative) for alternative in decision.alternatives],
        "expected": FootprintRecord.cell_of(decision.expected),
        "saved": FootprintRecord.cell_of(decision.saved),
        "contested": decision.contested,
        "model": entry.model,
        "bands": entry.bands,
        "input_hash": entry.input_hash,
        "asked": AskedRecord.cell_of(entry.job),
        "remedies": [RemedyRecord.model_validate(remedy).as_dict() for remedy in decision.remedies] or None,
    }
