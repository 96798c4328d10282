"""Every decision, override and advice, kept for good."""

from fleet.ledger.advice_entry import AdviceEntry
from fleet.ledger.chain import ChainReport
from fleet.ledger.decision_entry import DecisionEntry
from fleet.ledger.ledger import Guard, Ledger, ledger_file, sqlite_url
from fleet.ledger.override_place import PlaceChoice
from fleet.ledger.records import (
    AdviceRecord,
    AskedRecord,
    DecisionRecord,
    ExplainedDecision,
    JobRecord,
    Mode,
    OverrideRecord,
)

__all__ = [
    "AdviceEntry",
    "AdviceRecord",
    "AskedRecord",
    "ChainReport",
    "DecisionEntry",
    "DecisionRecord",
    "ExplainedDecision",
    "Guard",
    "JobRecord",
    "Ledger",
    "Mode",
    "OverrideRecord",
    "PlaceChoice",
    "ledger_file",
    "sqlite_url",
]
