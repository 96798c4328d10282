"""What is recorded of a decision beyond the decision itself, and how it is written down."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from fleet.domain import clock
from fleet.domain.decision import Decision
from fleet.domain.job import Job

Mode = Literal["live", "replay"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A decision with its job, what made it and from what.

    mode: `live`, or `replay` for history played again.
    made_utc: ISO time, UTC; a replay's is the hour it stands for.
    model, bands: name and version.
    input_hash: of everything that was known at the origin.
    """

    decision: Decision
    job: Job
    mode: Mode
    made_utc: str
    model: str
    bands: str
    input_hash: str

    @property
    def id(self) -> str:
        """Equal inputs, decided alike by an equal policy at the same origin, are the same decision.

        The outcome is part of it: the ledger is an input too, and a job may find a place at the origin at which it
        first had to wait, once a person has freed one.
        """
        decision = self.decision
        start = "" if decision.start_utc is None else clock.iso(decision.start_utc)
        outcome = (decision.verdict.value, decision.region or "", start)
        job = (decision.job_id, f"{self.job.power_mw:g}", str(self.job.duration_h), clock.iso(self.job.deadline_utc))
        made = (self.mode, self.input_hash, decision.policy, clock.iso(decision.origin_utc), self.model, self.bands)
        return hashlib.sha256("\n".join((*made, *job, *outcome)).encode()).hexdigest()[:16]


def to_row(entry: Entry) -> Mapping[str, Any]:
    """The row of the table `decisions`."""
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
        "binding": plain(asdict(decision.binding)),
        "reason": decision.reason,
        "alternatives": [plain(asdict(each)) for each in decision.alternatives],
        "expected": plain(asdict(decision.expected)),
        "saved": plain(asdict(decision.saved)),
        "contested": decision.contested,
        "model": entry.model,
        "bands": entry.bands,
        "input_hash": entry.input_hash,
    }


def plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as strict JSON holds it: times as ISO texts, and null for what is not finite."""
    return {key: _json(value) for key, value in record.items()}


def _json(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        return clock.iso(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
