"""Statements that turn a ledger into one from before the versions of its tables."""

from fleet.ledger.tables import SERVICE, journal

LATER_TABLES = (*(table.name for table in SERVICE), journal.name, "alembic_version")
WITHOUT_VERSION = [f"DROP TABLE {name}" for name in LATER_TABLES]
