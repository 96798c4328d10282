"""Every decision, override and advice, kept for good."""

from fleet.ledger.advice import AdviceEntry
from fleet.ledger.book import Ledger, Row, sqlite_url
from fleet.ledger.entry import Entry, Mode

__all__ = ["AdviceEntry", "Entry", "Ledger", "Mode", "Row", "sqlite_url"]
