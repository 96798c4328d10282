"""Every decision and override, kept for good."""

from fleet.ledger.book import Ledger, Row, sqlite_url
from fleet.ledger.entry import Entry, Mode

__all__ = ["Entry", "Ledger", "Mode", "Row", "sqlite_url"]
