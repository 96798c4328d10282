"""Every decision, override and advice, kept for good."""

from fleet.ledger.advice_entry import AdviceEntry
from fleet.ledger.decision_entry import Entry, Mode
from fleet.ledger.ledger import Ledger, Row, sqlite_url

__all__ = ["AdviceEntry", "Entry", "Ledger", "Mode", "Row", "sqlite_url"]
