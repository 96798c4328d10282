"""A ledger in a SQLite file: for one host."""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from weakref import WeakKeyDictionary

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, text

from fleet.errors import LedgerError
from fleet.ledger.database_errors import ledger_errors
from fleet.ledger.dialects.base import AnyFirst
from fleet.ledger.direct import DirectQuery
from fleet.ledger.json_text import from_json_text, to_json_text

if sys.platform == "win32":
    # Windows has no `flock`.
    FileHold = FileLock
else:
    from fleet.ledger.file_hold import FileHold

_BUSY_MS = 30_000
_CACHE_KIB = 64 * 1024
# Pages of the write-ahead log before they are copied into the file. A decision writes some 17 pages, mostly the same
# ones as the decision before, and waits while they are copied.
_CHECKPOINT_PAGES = 4_000
_WRITE_AHEAD = "PRAGMA journal_mode = WAL"
# The threads that use one of them wait for each other before; see `ledger.database`.
_HOLDS: WeakKeyDictionary[Engine, FileHold] = WeakKeyDictionary()
_BEGIN_WRITING = DirectQuery(sqlite="BEGIN IMMEDIATE", postgresql="")
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"


class SqliteDialect:
    """A file, its lock file `decide.lock`, and triggers. See Dialect."""

    def open(self, url: URL) -> Engine:
        """Open the file. It and its folder are made for the user alone if they are missing."""
        path = sqlite_path(url)
        # The connection that wrote last: the others would read again each page that it has changed.
        pool = {} if path is None else {"pool_use_lifo": True}
        engine = create_engine(url, json_serializer=to_json_text, json_deserializer=from_json_text, **pool)
        if path is not None:
            _make_private(path)
        event.listen(engine, "connect", _configure)
        # The lock file is closed with the connections, or when the present decision ends.
        event.listen(engine, "engine_disposed", lambda disposed: _HOLDS.pop(disposed, None))
        return engine

    @contextmanager
    def deciding(self, engine: Engine) -> Iterator[None]:
        """Hold the lock file beside the database. A database in memory has one user and needs none."""
        path = sqlite_path(engine.url)
        if path is None:
            yield
            return
        if engine not in _HOLDS:
            _HOLDS[engine] = FileHold(path.with_name("decide.lock"))
        hold = _HOLDS[engine]
        with ledger_errors():
            hold.acquire()
        try:
            yield
        finally:
            hold.release()

    @contextmanager
    def deciding_write(
        self, engine: Engine, read: Callable[[Connection], AnyFirst]
    ) -> Iterator[tuple[Connection, AnyFirst]]:
        """Hold the lock file of a decision during the transaction."""
        with self.deciding(engine), engine.begin() as connection:
            self.begin_writing(connection)
            yield connection, read(connection)

    @contextmanager
    def leading(self, engine: Engine) -> Iterator[Callable[[], bool] | None]:
        """Try to hold the lock file `lead.lock` beside the database. A database in memory has one user."""
        path = sqlite_path(engine.url)
        if path is None:
            yield lambda: True
            return
        lock = FileLock(path.with_name("lead.lock"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            yield None
            return
        except (OSError, NotImplementedError) as error:
            raise LedgerError(f"{lock.lock_file} cannot be locked ({error}); choose another place") from error
        try:
            yield lambda: True
        finally:
            lock.release()

    def begin_writing(self, connection: Connection) -> None:
        """Begin before the first read. By itself SQLite begins at the first change, when what was read may be old."""
        _BEGIN_WRITING.send(connection)

    def begin_reading(self, connection: Connection) -> None:
        """Begin before the first read: by itself each read would see a moment of its own."""
        connection.exec_driver_sql("BEGIN")

    def refuse_changes(self, connection: Connection, table: Table) -> None:
        """Make the triggers. INSERT OR REPLACE deletes a row, and fires no trigger of DELETE by itself."""
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

    def allow_hashes(self, connection: Connection, table: Table) -> None:
        """Drop the trigger that an older ledger already has; `refuse_changes` makes it again."""
        connection.execute(text(f"DROP TRIGGER IF EXISTS {table.name}_no_update"))


def sqlite_path(url: URL) -> Path | None:
    """Return the file of a SQLite database, with links followed; None for another database or one in memory."""
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or ":memory:" in name or url.query.get("mode") == "memory":
        return None
    return _resolved(name)


# Following links takes longer than a small read, and each decision asks.
@lru_cache(maxsize=64)
def _resolved(name: str) -> Path:
    return Path(name.removeprefix("file:").split("?")[0]).resolve()


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return
    # A new file gets its journal before others see it. If several connections switched the journal of one new file,
    # SQLite would refuse all but one at once: it does not wait, as it does for a write.
    with TemporaryDirectory(prefix=".new-ledger-", dir=path.parent) as folder:
        new = Path(folder) / path.name
        # SQLite gives its other files the permissions of this one.
        new.touch(mode=0o600)
        with closing(sqlite3.connect(new)) as connection:
            connection.execute(_WRITE_AHEAD)
        try:
            os.link(new, path)
        except FileExistsError:
            # Another process was faster.
            return
        except OSError:
            # Some file systems have no links. Then the first connection switches the journal.
            path.touch(mode=0o600)


def _configure(connection: Any, _record: Any) -> None:
    # Readers do not wait for a writer, two writers wait for each other, and a crash loses no finished transaction.
    for pragma in (f"busy_timeout = {_BUSY_MS}", "foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    # A large batch must fit into the cache: otherwise its pages are written more than once.
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute(_WRITE_AHEAD)
    # Without recursive triggers, INSERT OR REPLACE deletes a row and no trigger notices.
    connection.execute("PRAGMA recursive_triggers = ON")
