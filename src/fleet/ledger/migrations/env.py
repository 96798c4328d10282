"""Alembic runs this file. It migrates the connection that `ledger.upgrade` gives it."""

from alembic import context

from fleet.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
