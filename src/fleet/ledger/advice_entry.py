"""A migration advice, and the values that the ledger records with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.domain import clock
from fleet.domain.advice import Advice
from fleet.ledger.records import BindingRecord, Mode


@dataclass(frozen=True, kw_only=True)
class AdviceEntry:
    """An advice to record.

    Args:
        decision_id: the decision that gave the job its place; None if the ledger has no such decision.
        mode, made_utc, input_hash: as in DecisionEntry.
    """

    advice: Advice
    decision_id: str | None
    mode: Mode
    made_utc: str
    input_hash: str

    @property
    def id(self) -> str:
        """The id of the advice. The same advice from the same inputs at the same origin has the same id."""
        advice = self.advice
        content = (advice.job_id, advice.region, advice.to_region or "", advice.binding.limit.label)
        made = (self.mode, self.input_hash, clock.iso(advice.origin_utc), self.decision_id or "")
        return hashlib.sha256("\n".join(("advice", *made, *content)).encode()).hexdigest()[:16]


def advice_row(entry: AdviceEntry) -> Mapping[str, Any]:
    """Return the row of the table `advices`."""
    advice = entry.advice
    return {
        "id": entry.id,
        "job_id": advice.job_id,
        "decision_id": entry.decision_id,
        "made_utc": entry.made_utc,
        "origin_utc": clock.iso(advice.origin_utc),
        "mode": entry.mode,
        "region": advice.region,
        "to_region": advice.to_region,
        "binding": BindingRecord.cell_of(advice.binding),
        "reason": advice.reason,
        "input_hash": entry.input_hash,
    }
