"""Decisions, overrides and advices. A database from before the versions has some of them already."""

from alembic import op

from fleet.ledger.dialects import DIALECTS
from fleet.ledger.upgrade import make_first_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make what is missing."""
    connection = op.get_bind()
    make_first_tables(connection, DIALECTS[connection.dialect.name])
