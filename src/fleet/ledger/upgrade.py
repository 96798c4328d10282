"""Makes the tables and triggers of the ledger, and brings an older database up to date."""

from sqlalchemy import Connection, Table, inspect, select, text, update

from fleet.ledger.chain import chain
from fleet.ledger.tables import CHAINED, metadata

_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"


def upgrade(connection: Connection) -> None:
    """Make what is missing. A table without hashes gets their columns, and its rows are chained as they are, once."""
    metadata.create_all(connection)
    for table in CHAINED:
        columns = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns and column.name not in ("previous_hash", "row_hash"):
                kind = column.type.compile(connection.dialect)
                connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"))
        if "row_hash" not in columns:
            _add_hashes(connection, table)
        if connection.dialect.name == "sqlite":
            _add_triggers(connection, table)


def _add_hashes(connection: Connection, table: Table) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"DROP TRIGGER IF EXISTS {table.name}_no_update"))
    for name in ("previous_hash", "row_hash"):
        connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {name} VARCHAR(64)"))
    rows = connection.execute(select(table).order_by(table.c.seq)).mappings().all()
    for row in chain(table, map(dict, rows)):
        hashes = {"previous_hash": row["previous_hash"], "row_hash": row["row_hash"]}
        connection.execute(update(table).where(table.c.seq == row["seq"]).values(hashes))


def _add_triggers(connection: Connection, table: Table) -> None:
    """Refuse every change of a row. INSERT OR REPLACE deletes a row, and fires no trigger of DELETE by itself."""
    name = table.name
    is_recorded = f"EXISTS (SELECT 1 FROM {name} WHERE id = NEW.id OR seq = NEW.seq)"  # noqa: S608 (names of tables)
    for suffix, verb, condition in (
        ("no_update", "UPDATE", ""),
        ("no_delete", "DELETE", ""),
        ("no_replace", "INSERT", f"WHEN {is_recorded} "),
    ):
        connection.execute(
            text(f"CREATE TRIGGER IF NOT EXISTS {name}_{suffix} BEFORE {verb} ON {name} {condition}{_REFUSE}")
        )
