"""The ledger: append, read, override. Nothing is ever changed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, create_engine, event, insert, select
from sqlalchemy.exc import SQLAlchemyError

from fleet.domain.decision import Verdict
from fleet.errors import LedgerError
from fleet.ledger.advice_entry import AdviceEntry, advice_row
from fleet.ledger.decision_entry import Entry, to_row
from fleet.ledger.tables import advices, decisions, metadata, overrides

Row = Mapping[str, Any]
_CHUNK = 5_000
_BUSY_MS = 30_000


def sqlite_url(path: Path) -> str:
    """The URL of a ledger in a file."""
    return f"sqlite:///{path}"


class Ledger:
    """Decisions, overrides and advices in any database that SQLAlchemy knows.

    Raises: LedgerError where it cannot answer.
    """

    def __init__(self, url: str) -> None:
        with _asking():
            self._engine = _engine(url)
        with self._writing() as connection:
            metadata.create_all(connection)

    def append(self, entries: Sequence[Entry], advice: Sequence[AdviceEntry] = ()) -> int:
        """Add all entries and all advice or nothing; those recorded already are left as they are. Returns how many were
        new.
        """
        rows = {entry.id: to_row(entry) for entry in entries}
        told = {entry.id: advice_row(entry) for entry in advice}
        with self._writing() as connection:
            return _add(connection, decisions, rows) + _add(connection, advices, told)

    def decision(self, decision_id: str) -> Row:
        """One decision with its overrides, under `overrides`, and what its job was advised, under `advices`, in the
        order they were made.

        Args:
            decision_id: its id, or the beginning of it if no other starts so.
        """
        with self._reading() as connection:
            query = select(decisions).where(decisions.c.id.startswith(decision_id, autoescape=True)).limit(2)
            found = connection.execute(query).mappings().all() if decision_id else []
            if not found:
                raise LedgerError(f"no decision has id {decision_id!r}; `fleet decide` prints ids")
            if len(found) > 1:
                raise LedgerError(f"several decisions have ids that begin with {decision_id!r}; give more of it")
            own = select(overrides).where(overrides.c.decision_id == found[0]["id"]).order_by(overrides.c.seq)
            job, mode = found[0]["job_id"], found[0]["mode"]
            told = select(advices).where(advices.c.job_id == job, advices.c.mode == mode).order_by(advices.c.seq)
            return {
                **found[0],
                "overrides": [dict(row) for row in connection.execute(own).mappings()],
                "advices": [dict(row) for row in connection.execute(told).mappings()],
            }

    def decisions(self, *, mode: str | None = None, limit: int | None = None) -> list[Row]:
        """The latest first."""
        query = select(decisions).order_by(decisions.c.made_utc.desc(), decisions.c.seq.desc())
        if mode is not None:
            query = query.where(decisions.c.mode == mode)
        return self._rows(query.limit(limit))

    def advices(self, *, mode: str) -> list[Row]:
        """In the order they were made."""
        return self._rows(select(advices).where(advices.c.mode == mode).order_by(advices.c.seq))

    def override(self, decision_id: str, verdict: Verdict, *, by: str, reason: str, made_utc: str) -> Row:
        """Record that a person decides otherwise. An approved job that had no place gets its least unsafe alternative.

        Raises: LedgerError if the decision is unknown, the words are empty, or there is no place to approve.
        """
        if not by.strip() or not reason.strip():
            raise LedgerError("an override needs a name and a reason, found an empty one")
        if not (by + reason).isprintable() and any(0xD800 <= ord(letter) <= 0xDFFF for letter in by + reason):
            raise LedgerError("the name or reason holds bytes that are no text, expected UTF-8")
        decision = self.decision(decision_id)
        if decision["mode"] != "live":
            raise LedgerError(f"decision {decision['id']} belongs to a replay, which is history; override live ones")
        later = select(decisions.c.id).where(decisions.c.job_id == decision["job_id"], decisions.c.mode == "live")
        newest = self._rows(later.order_by(decisions.c.seq.desc()).limit(1))[0]["id"]
        if newest != decision["id"]:
            raise LedgerError(f"decision {decision['id']} was followed by {newest} on the same job; override that one")
        region, start = decision["region"], decision["start_utc"]
        if verdict is Verdict.APPROVE and start is None:
            if not decision["alternatives"]:
                raise LedgerError(f"decision {decision['id']} has no place to approve: the job's window had closed")
            region, start = decision["alternatives"][0]["region"], decision["alternatives"][0]["start_utc"]
        row = {
            "decision_id": decision["id"],
            "made_utc": made_utc,
            "verdict": verdict.value,
            "region": region if verdict is Verdict.APPROVE else None,
            "start_utc": start if verdict is Verdict.APPROVE else None,
            "by": by.strip(),
            "reason": reason.strip(),
        }
        row["id"] = hashlib.sha256("\n".join(str(value) for value in row.values()).encode()).hexdigest()[:16]
        with self._writing() as connection:
            connection.execute(insert(overrides), [row])
        return row

    def effective(self, *, mode: str) -> list[Row]:
        """The latest decision on each job, with region, start and verdict as the latest override left them, and under
        `overridden` whether there was one.
        """
        latest: dict[str, dict[str, Any]] = {}
        for row in self._rows(select(decisions).where(decisions.c.mode == mode).order_by(decisions.c.seq)):
            latest[row["job_id"]] = {**row, "overridden": False}
        by_id = {row["id"]: row for row in latest.values()}
        for change in self._rows(select(overrides).order_by(overrides.c.seq)):
            if change["decision_id"] in by_id:
                changed = {key: change[key] for key in ("verdict", "region", "start_utc")}
                by_id[change["decision_id"]].update(changed, overridden=True)
        return list(latest.values())

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _rows(self, query: Select[Any]) -> list[Row]:
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _asking(), self._engine.begin() as connection:
            if self._engine.dialect.name == "sqlite":
                # Left to itself SQLite begins at the first change, after what that change rests on was read.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _asking(), self._engine.connect() as connection:
            yield connection


def _add(connection: Connection, table: Table, rows: Mapping[str, Row]) -> int:
    """Add rows by their id, but for those that are there; how many were added."""
    known: set[str] = set()
    ids = list(rows)
    for first in range(0, len(ids), _CHUNK):
        known.update(connection.scalars(select(table.c.id).where(table.c.id.in_(ids[first : first + _CHUNK]))))
    fresh = [row for key, row in rows.items() if key not in known]
    for first in range(0, len(fresh), _CHUNK):
        connection.execute(insert(table), fresh[first : first + _CHUNK])
    return len(fresh)


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        if engine.url.database:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _configure_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # Readers do not wait for a writer, two writers wait for each other, and a crash loses no finished transaction.
    for pragma in (f"busy_timeout = {_BUSY_MS}", "journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    # Without it an INSERT OR REPLACE deletes a row and no trigger sees it.
    connection.execute("PRAGMA recursive_triggers = ON")


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        # The first line only: SQLAlchemy adds the statement and its parameters below it.
        raise LedgerError(f"the ledger cannot be used: {(str(error) or repr(error)).splitlines()[0]}") from error
