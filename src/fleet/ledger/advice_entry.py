"""What is recorded of an advice beyond the advice itself, and how it is written down."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fleet.domain import clock
from fleet.domain.advice import Advice
from fleet.ledger.decision_entry import Mode, plain


@dataclass(frozen=True, kw_only=True)
class AdviceEntry:
    """An advice with the decision that gave the job its place, None where none is recorded; mode, made_utc and
    input_hash as those of Entry.
    """

    advice: Advice
    decision_id: str | None
    mode: Mode
    made_utc: str
    input_hash: str

    @property
    def id(self) -> str:
        """Equal inputs that come to the same advice at the same origin are the same advice."""
        advice = self.advice
        told = (advice.job_id, advice.region, advice.to_region or "", advice.binding.limit)
        made = (self.mode, self.input_hash, clock.iso(advice.origin_utc), self.decision_id or "")
        return hashlib.sha256("\n".join(("advice", *made, *told)).encode()).hexdigest()[:16]


def advice_row(entry: AdviceEntry) -> Mapping[str, Any]:
    """The row of the table `advices`."""
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
        "binding": plain(asdict(advice.binding)),
        "reason": advice.reason,
        "input_hash": entry.input_hash,
    }
