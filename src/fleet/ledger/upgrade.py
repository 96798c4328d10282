"""Brings the database of a ledger to the tables of this version: an empty one, and one of an earlier version."""

from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Table, inspect, select, text, update

from fleet.errors import LedgerError
from fleet.ledger.chain import chain, heads_of
from fleet.ledger.database import dialect_of, open_engine, writing
from fleet.ledger.dialects import Dialect
from fleet.ledger.tables import CHAINED, FIRST, LATER, metadata

# The newest migration in `ledger/migrations/versions`.
HEAD = "0002"
_VERSION_TABLE = "alembic_version"
_HASHES = {"previous_hash", "row_hash"}
_MIGRATIONS = Path(__file__).with_name("migrations")


def open_tables(connection: Connection, dialect: Dialect) -> None:
    """Make the tables of an empty database, and check the version of any other one.

    A database from before the versions is migrated, too: it is one of the first tables.

    Raises: LedgerError if the database has another version than this program.
    """
    version = version_of(connection)
    if version is None:
        migrate(connection)
    elif version != HEAD:
        _refuse(version)
    # Raises if the hashes of a table were removed.
    heads_of(connection)
    for table in CHAINED:
        dialect.refuse_changes(connection, table)


def version_of(connection: Connection) -> str | None:
    """Return the version of the database's tables; None for a database without a version."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608 (constant)
    return version


def upgrade(connection: Connection, dialect: Dialect) -> tuple[str | None, str]:
    """Migrate a database of any earlier version; return its version before and after.

    Raises: LedgerError if the database is of a newer version.
    """
    before = version_of(connection)
    if before is not None and before > HEAD:
        _refuse(before)
    migrate(connection)
    for table in CHAINED:
        dialect.refuse_changes(connection, table)
    return before, HEAD


def upgrade_database(url: str) -> tuple[str | None, str]:
    """Migrate the tables of a database; return their version before and after.

    Raises: LedgerError if the database cannot be used, or is of a newer version.
    """
    engine = open_engine(url)
    try:
        with writing(engine) as connection:
            return upgrade(connection, dialect_of(engine))
    finally:
        engine.dispose()


def migrate(connection: Connection) -> None:
    """Run the migrations that the database lacks, inside the transaction of the caller."""
    # Alembic is imported here, because most commands find the tables as they are.
    config_class = import_module("alembic.config").Config
    command = import_module("alembic.command")
    config = config_class()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse(version: str) -> None:
    if version > HEAD:
        raise LedgerError(
            f"the database has tables of version {version}, and this program knows {HEAD}: a newer program made them; "
            "use that program"
        )
    raise LedgerError(f"the database has tables of version {version}, expected {HEAD}; run `fleet db upgrade`")


def make_first_tables(connection: Connection, dialect: Dialect) -> None:
    """Make the tables, columns and indexes of the first version that are missing.

    A table from before the hashes gets their columns, and its rows are chained as they are.

    Raises: LedgerError if a table has the name of one of the ledger's tables, but lacks its columns.
    """
    metadata.create_all(connection, tables=FIRST)
    for table in FIRST:
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


def _add_hashes(connection: Connection, table: Table) -> None:
    for name in sorted(_HASHES):
        connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {name} VARCHAR(64)"))
    rows = connection.execute(select(table).order_by(table.c.seq)).mappings().all()
    for row in chain(table, map(dict, rows)):
        hashes = {name: row[name] for name in _HASHES}
        connection.execute(update(table).where(table.c.seq == row["seq"]).values(hashes))
