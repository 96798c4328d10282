"""Advice for the ledger, made without a pipeline."""

from typing import Any

from support.entries import FIRST, ORIGIN

from fleet.domain.advice import Advice
from fleet.domain.decision import Binding
from fleet.ledger import AdviceEntry


def advice(name: str = "job", **changes: Any) -> Advice:
    """To leave alpha for beta."""
    usual: dict[str, Any] = {
        "job_id": name,
        "region": "alpha",
        "origin_utc": ORIGIN,
        "binding": Binding(limit="grid", region="alpha", hour_utc=FIRST, bound=11.0, limit_value=10.0, unit="MW"),
        "to_region": "beta",
        "reason": "Had better leave.",
    }
    return Advice(**(usual | changes))


def advice_entry(made: Advice | str = "job", **changes: Any) -> AdviceEntry:
    """Of a job whose decision is not recorded."""
    usual: dict[str, Any] = {
        "advice": advice(made) if isinstance(made, str) else made,
        "decision_id": None,
        "mode": "live",
        "made_utc": "2024-05-20T01:00:00Z",
        "input_hash": "0" * 64,
    }
    return AdviceEntry(**(usual | changes))
