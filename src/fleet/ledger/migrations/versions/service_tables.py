"""Submissions, outcomes, tokens, and the journal that puts the rows of all tables into one order."""

from alembic import op

from fleet.ledger.tables import SERVICE, journal, metadata

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    metadata.create_all(op.get_bind(), tables=[*SERVICE, journal])
