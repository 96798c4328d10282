"""Every decision, override and advice, kept for good."""

from fleet.ledger.advice_entry import AdviceEntry
from fleet.ledger.decision_entry import DecisionEntry
from fleet.ledger.ledger import Ledger, sqlite_url
from fleet.ledger.records import (
    AdviceRecord,
    DecisionRecord,
    ExplainedDecision,
    JobRecord,
    Mode,
    OverrideRecord,
)

__all__ = [
    "AdviceEntry",
    "AdviceRecord",
    "DecisionEntry",
    "DecisionRecord",
    "ExplainedDecision",
    "JobRecord",
    "Ledger",
    "Mode",
    "OverrideRecord",
    "sqlite_url",
]
