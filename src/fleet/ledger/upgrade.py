"""Makes the tables and triggers of the ledger, and brings an older database up to date."""

from sqlalchemy import Connection, Table, inspect, select, text, update

from fleet.errors import LedgerError
from fleet.ledger.chain import chain
from fleet.ledger.dialects import Dialect
from fleet.ledger.tables import CHAINED, LATER, metadata

_HASHES = {"previous_hash", "row_hash"}


def upgrade(connection: Connection, dialect: Dialect) -> None:
    """Make the tables, columns, indexes and triggers that are missing.

    A table from before the hashes gets their columns, and its rows are chained as they are.

    Raises: LedgerError if a table has the name of one of the ledger's tables, but lacks its columns.
    """
    metadata.create_all(connection)
    for table in CHAINED:
        found = {column["name"] for column in inspect(connection).get_columns(table.name)}
        missing = sorted({column.name for column in table.columns} - found - _HASHES - LATER)
        if missing:
            raise LedgerError(
                f"the database has another table {table.name}, without the column {missing[0]}; "
                "give the ledger a database of its own"
            )
        for column in table.columns:
            if column.name in LATER and column.name not in found:
                kind = column.type.compile(connection.dialect)
                connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"))
        if "row_hash" not in found:
            dialect.allow_hashes(connection, table)
            _add_hashes(connection, table)
        for index in table.indexes:
            index.create(connection, checkfirst=True)
        dialect.refuse_changes(connection, table)


def _add_hashes(connection: Connection, table: Table) -> None:
    for name in sorted(_HASHES):
        connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {name} VARCHAR(64)"))
    rows = connection.execute(select(table).order_by(table.c.seq)).mappings().all()
    for row in chain(table, map(dict, rows)):
        hashes = {name: row[name] for name in _HASHES}
        connection.execute(update(table).where(table.c.seq == row["seq"]).values(hashes))
