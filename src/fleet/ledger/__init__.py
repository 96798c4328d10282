"""The append-only record of every decision, override and advice."""

from fleet.ledger.advice_entry import AdviceEntry
from fleet.ledger.asked_record import AskedRecord
from fleet.ledger.chain import ChainReport
from fleet.ledger.database import ledger_file
from fleet.ledger.decision_entry import DecisionEntry
from fleet.ledger.decision_search import ORDERS, DecisionSearch, FoundDecisions
from fleet.ledger.latest_jobs import NeededJobs
from fleet.ledger.ledger import AppendCheck, Ledger, sqlite_url
from fleet.ledger.ledger_mark import LedgerMark
from fleet.ledger.ledger_writer import Author, LedgerWriter
from fleet.ledger.override_place import PlaceChoice
from fleet.ledger.records import (
    AdviceRecord,
    DecisionRecord,
    ExplainedDecision,
    JobRecord,
    Mode,
    OverrideRecord,
    PlaceRecord,
)
from fleet.ledger.replayed_places import ReplayedPlace
from fleet.ledger.upgrade import upgrade_database

__all__ = [
    "ORDERS",
    "AdviceEntry",
    "AdviceRecord",
    "AppendCheck",
    "AskedRecord",
    "Author",
    "ChainReport",
    "DecisionEntry",
    "DecisionRecord",
    "DecisionSearch",
    "ExplainedDecision",
    "FoundDecisions",
    "JobRecord",
    "Ledger",
    "LedgerMark",
    "LedgerWriter",
    "Mode",
    "NeededJobs",
    "OverrideRecord",
    "PlaceChoice",
    "PlaceRecord",
    "ReplayedPlace",
    "ledger_file",
    "sqlite_url",
    "upgrade_database",
]
