"""The connection to the ledger's database, and the lock that a decision holds."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from fleet.errors import LedgerError
from fleet.ledger.database_errors import ledger_errors
from fleet.ledger.dialects import DIALECTS, Dialect, sqlite_path

AnyFirst = TypeVar("AnyFirst")
# Threads of one process wait here, before they take a connection. If they waited inside the database, they could hold
# every connection of the pool, and the thread that they wait for could need one more.
_DECIDERS: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
_WRITERS: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
_EXPECTED = "expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


def open_engine(url: str) -> Engine:
    """Open the database of a URL.

    Raises: LedgerError if the URL names no database that can hold the ledger. The message names only the
        scheme of the URL, because a password may follow it.
    """
    parsed = _parsed(url)
    with ledger_errors():
        engine = DIALECTS[parsed.get_backend_name()].open(parsed)
    _DECIDERS[engine], _WRITERS[engine] = threading.Lock(), threading.Lock()
    return engine


def ledger_file(url: str) -> Path | None:
    """Return the SQLite file that a URL names, whether it exists or not; None for another database."""
    return sqlite_path(_parsed(url))


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The cause may quote the password.
        raise LedgerError(f"the ledger cannot be used: its URL cannot be read, {_EXPECTED}") from None
    if parsed.drivername == "postgres":
        parsed = parsed.set(drivername="postgresql")
    if parsed.get_backend_name() not in DIALECTS:
        raise LedgerError(f"the ledger cannot be used: its URL begins with {parsed.drivername}://, {_EXPECTED}")
    if parsed.get_backend_name() != "sqlite" and url.count("@") > 1:
        # The text between them would be read as a host, and messages show the host.
        raise LedgerError(
            "the ledger cannot be used: its URL has several @; write %40 for an @ in the user, password or database"
        )
    return parsed


def dialect_of(engine: Engine) -> Dialect:
    """Return the dialect: how to lock, read and protect this kind of database."""
    return DIALECTS[engine.dialect.name]


@contextmanager
def decision_lock(engine: Engine) -> Iterator[None]:
    """Wait until nobody else decides on this database, then hold its lock.

    The lock belongs to the database and not to the workspace, because several workspaces may share one ledger.
    Overrides do not wait for it.

    Raises: LedgerError if the database cannot be locked.
    """
    with _DECIDERS[engine], dialect_of(engine).deciding(engine):
        yield


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction. No other connection can write until it ends."""
    with _WRITERS[engine], ledger_errors(), engine.begin() as connection:
        dialect_of(engine).begin_writing(connection)
        yield connection


@contextmanager
def deciding_write(engine: Engine, read: Callable[[Connection], AnyFirst]) -> Iterator[tuple[Connection, AnyFirst]]:
    """Open a write transaction in which jobs are decided. It waits until nobody else decides.

    Args:
        read: the first read of the transaction, by direct statements alone.
    Yields: the connection, and what was read.
    """
    dialect = dialect_of(engine)
    with _DECIDERS[engine], _WRITERS[engine], ledger_errors(), dialect.deciding_write(engine, read) as opened:
        yield opened


@contextmanager
def leadership(engine: Engine) -> Iterator[Callable[[], bool] | None]:
    """Try to become the only process that plans the hours, without waiting; see `Ledger.leading`."""
    with dialect_of(engine).leading(engine) as is_leader:
        yield is_leader


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection that only reads, and sees one moment of the ledger."""
    with ledger_errors(), engine.connect() as connection:
        dialect_of(engine).begin_reading(connection)
        yield connection
