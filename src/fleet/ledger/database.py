"""The connection to the ledger's database, and the lock that a decision holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from fleet.errors import LedgerError

_BUSY_MS = 30_000
# Keys of the advisory locks of PostgreSQL: one for a whole decision, one for a single write.
_DECIDING, _WRITING = 7_046_101, 7_046_102


def open_engine(url: str) -> Engine:
    """Open a database. If a SQLite file or its folder is missing, make it with access for this user alone."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        path = sqlite_path(engine)
        if path is not None:
            _make_private(path)
        event.listen(engine, "connect", _configure_sqlite)
    return engine


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        # SQLite gives its other files the permissions of this one.
        path.touch(mode=0o600)


def sqlite_path(engine: Engine) -> Path | None:
    """Return the file of a SQLite database, with links resolved; None for another or an in-memory database."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or ":memory:" in name:
        return None
    return Path(name.removeprefix("file:").split("?")[0]).resolve()


@contextmanager
def decision_lock(engine: Engine) -> Iterator[None]:
    """Wait until nobody else decides on this database, then hold its lock.

    The lock belongs to the database and not to the workspace, because several workspaces may share one ledger.
    Overrides do not wait for it.

    Raises: LedgerError if the database cannot be locked.
    """
    if engine.dialect.name == "postgresql":
        with _advisory_lock(engine):
            yield
        return
    if engine.dialect.name != "sqlite":
        raise LedgerError(f"decisions cannot lock a {engine.dialect.name} database, expected SQLite or PostgreSQL")
    path = sqlite_path(engine)
    if path is None:
        yield
        return
    lock = FileLock(path.with_name("decide.lock"))
    with ledger_errors():
        try:
            lock.acquire()
        except NotImplementedError as error:
            raise LedgerError(f"{lock.lock_file} cannot be locked ({error}); choose another place") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(engine: Engine) -> Iterator[None]:
    with ledger_errors():
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with ledger_errors():
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _DECIDING})
        yield
    finally:
        # The lock belongs to the database session. A connection that goes back to the pool would keep the lock.
        connection.invalidate()
        connection.close()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction. No other connection can write until it ends."""
    with ledger_errors(), engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # By default SQLite locks at the first change. Values that were read before could then be outdated.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITING})
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection that only reads."""
    with ledger_errors(), engine.connect() as connection:
        yield connection


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # Readers do not wait for a writer, two writers wait for each other, and a crash loses no finished transaction.
    for pragma in (f"busy_timeout = {_BUSY_MS}", "journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    # Without recursive triggers, INSERT OR REPLACE deletes a row and fires no DELETE trigger.
    connection.execute("PRAGMA recursive_triggers = ON")


@contextmanager
def ledger_errors() -> Iterator[None]:
    """Turn errors of the database into LedgerError."""
    try:
        yield
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        # Only the first line is the message: SQLAlchemy adds the statement and its parameters below.
        raise LedgerError(f"the ledger cannot be used: {(str(error) or repr(error)).splitlines()[0]}") from error
