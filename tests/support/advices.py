"""Advice for the ledger, made without forecasts and decisions."""

from typing import Any

from support.entries import FIRST, ORIGIN

from fleet.domain.advice import Advice
from fleet.domain.decision import Binding
from fleet.ledger import AdviceEntry
from fleet.physics.limits import GRID


def advice(name: str = "job", **changes: Any) -> Advice:
    """Return the advice to migrate a job from alpha to beta."""
    defaults: dict[str, Any] = {
        "job_id": name,
        "region": "alpha",
        "origin_utc": ORIGIN,
        "binding": Binding(limit=GRID, region="alpha", hour_utc=FIRST, bound=11.0, limit_value=10.0, unit="MW"),
        "to_region": "beta",
        "reason": "Should be migrated.",
    }
    return Advice(**(defaults | changes))


def advice_entry(given: Advice | str = "job", **changes: Any) -> AdviceEntry:
    """Return an entry with advice for a job whose decision is not in the ledger."""
    defaults: dict[str, Any] = {
        "advice": advice(given) if isinstance(given, str) else given,
        "decision_id": None,
        "mode": "live",
        "made_utc": "2024-05-20T01:00:00Z",
        "input_hash": "0" * 64,
    }
    return AdviceEntry(**(defaults | changes))
