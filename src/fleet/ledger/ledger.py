"""The ledger: append, read, override. No row is ever changed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select, Table, create_engine, event, insert, select
from sqlalchemy.exc import SQLAlchemyError

from fleet.domain.clock import iso
from fleet.domain.decision import Verdict
from fleet.errors import LedgerError
from fleet.ledger.advice_entry import AdviceEntry, advice_row
from fleet.ledger.decision_entry import DecisionEntry, decision_row
from fleet.ledger.records import (
    AdviceRecord,
    DecisionRecord,
    ExplainedDecision,
    JobRecord,
    Mode,
    OverrideRecord,
    Record,
)
from fleet.ledger.tables import advices, decisions, metadata, overrides

AnyRecord = TypeVar("AnyRecord", bound=Record)
_CHUNK = 5_000
_BUSY_MS = 30_000
# Code points that stand for bytes which are not UTF-8.
_SURROGATES = range(0xD800, 0xE000)


def sqlite_url(path: Path) -> str:
    """Return the URL of a ledger in a file."""
    return f"sqlite:///{path}"


class Ledger:
    """Decisions, overrides and advice in any database that SQLAlchemy supports.

    Raises: LedgerError where it cannot answer.
    """

    def __init__(self, url: str) -> None:
        with _ledger_errors():
            self._engine = _engine(url)
        with self._writing() as connection:
            metadata.create_all(connection)

    def append(self, entries: Sequence[DecisionEntry], advice: Sequence[AdviceEntry] = ()) -> int:
        """Add all entries and all advice, or nothing. Those with a recorded id are left as they are.

        Returns: how many rows were new.
        """
        decision_rows = {entry.id: decision_row(entry) for entry in entries}
        advice_rows = {entry.id: advice_row(entry) for entry in advice}
        with self._writing() as connection:
            return _add(connection, decisions, decision_rows) + _add(connection, advices, advice_rows)

    def decision(self, decision_id: str) -> ExplainedDecision:
        """Return one decision with its overrides and the advice on its job.

        Args:
            decision_id: its id, or the beginning of it if no other id begins so.
        """
        with self._reading() as connection:
            query = select(decisions).where(decisions.c.id.startswith(decision_id, autoescape=True)).limit(2)
            rows = connection.execute(query).mappings().all() if decision_id else []
            if not rows:
                raise LedgerError(f"no decision has id {decision_id!r}; `fleet decide` prints ids")
            if len(rows) > 1:
                raise LedgerError(f"several decisions have ids that begin with {decision_id!r}; give more of it")
            row = rows[0]
            overridden = select(overrides).where(overrides.c.decision_id == row["id"]).order_by(overrides.c.seq)
            advised = (
                select(advices)
                .where(advices.c.job_id == row["job_id"], advices.c.mode == row["mode"])
                .order_by(advices.c.seq)
            )
            return ExplainedDecision.model_validate(
                {
                    **row,
                    "overrides": [dict(override) for override in connection.execute(overridden).mappings()],
                    "advices": [dict(advice) for advice in connection.execute(advised).mappings()],
                }
            )

    def decisions(self, *, mode: Mode | None = None, limit: int | None = None) -> list[DecisionRecord]:
        """Return the recorded decisions, the latest first."""
        query = select(decisions).order_by(decisions.c.made_utc.desc(), decisions.c.seq.desc())
        if mode is not None:
            query = query.where(decisions.c.mode == mode)
        return self._records(DecisionRecord, query.limit(limit))

    def advices(self, *, mode: Mode) -> list[AdviceRecord]:
        """Return the recorded advice in the order in which it was given."""
        return self._records(AdviceRecord, select(advices).where(advices.c.mode == mode).order_by(advices.c.seq))

    def jobs(self, *, mode: Mode) -> list[JobRecord]:
        """Return the latest decision on each job, as its latest override left it."""
        columns = [decisions.c[name] for name in JobRecord.model_fields if name in decisions.c]
        query = select(*columns, decisions.c.alternatives).where(decisions.c.mode == mode).order_by(decisions.c.seq)
        with self._reading() as connection:
            latest = {row["job_id"]: dict(row) for row in connection.execute(query).mappings()}
            by_id = {row["id"]: row for row in latest.values()}
            for change in connection.execute(select(overrides).order_by(overrides.c.seq)).mappings():
                if change["decision_id"] in by_id:
                    changed = {key: change[key] for key in ("verdict", "region", "start_utc")}
                    by_id[change["decision_id"]].update(changed, overridden=True)
        for row in latest.values():
            row["alternative_regions"] = [alternative["region"] for alternative in row.pop("alternatives")]
        return [JobRecord.model_validate({"overridden": False, **row}) for row in latest.values()]

    def override(self, decision_id: str, verdict: Verdict, *, by: str, reason: str, made_utc: str) -> OverrideRecord:
        """Record that a person decides otherwise.

        An approved job that had no place gets its least unsafe alternative.

        Raises: LedgerError if the decision is unknown, is not the latest on its job or belongs to a replay, if the name
            or the reason is empty, or if there is no place to approve.
        """
        _check_words(by, reason)
        decision = self.decision(decision_id)
        if decision.mode != "live":
            raise LedgerError(f"decision {decision.id} belongs to a replay, which is history; override live ones")
        self._check_latest(decision)
        region, start_utc = decision.region, decision.start_utc
        if verdict is Verdict.APPROVE and start_utc is None:
            if not decision.alternatives:
                raise LedgerError(f"decision {decision.id} has no place to approve: the job's window had closed")
            region, start_utc = decision.alternatives[0].region, decision.alternatives[0].start_utc
        is_approved = verdict is Verdict.APPROVE
        row = {
            "decision_id": decision.id,
            "made_utc": made_utc,
            "verdict": verdict.value,
            "region": region if is_approved else None,
            "start_utc": iso(start_utc) if is_approved and start_utc is not None else None,
            "by": by.strip(),
            "reason": reason.strip(),
        }
        row["id"] = hashlib.sha256("\n".join(str(value) for value in row.values()).encode()).hexdigest()[:16]
        with self._writing() as connection:
            connection.execute(insert(overrides), [row])
            query = select(overrides).where(overrides.c.id == row["id"])
            return OverrideRecord.model_validate(dict(connection.execute(query).mappings().one()))

    def close(self) -> None:
        """Close all connections to the database."""
        self._engine.dispose()

    def _check_latest(self, decision: DecisionRecord) -> None:
        later = select(decisions.c.id).where(decisions.c.job_id == decision.job_id, decisions.c.mode == "live")
        with self._reading() as connection:
            newest = connection.scalars(later.order_by(decisions.c.seq.desc()).limit(1)).one()
        if newest != decision.id:
            raise LedgerError(f"decision {decision.id} was followed by {newest} on the same job; override that one")

    def _records(self, kind: type[AnyRecord], query: Select[Any]) -> list[AnyRecord]:
        with self._reading() as connection:
            return [kind.model_validate(dict(row)) for row in connection.execute(query).mappings()]

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _ledger_errors(), self._engine.begin() as connection:
            if self._engine.dialect.name == "sqlite":
                # By itself SQLite begins at the first change, after the values that the change rests on were read.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _ledger_errors(), self._engine.connect() as connection:
            yield connection


def _check_words(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise LedgerError("an override needs a name and a reason, found an empty one")
    if any(ord(letter) in _SURROGATES for letter in by + reason):
        raise LedgerError("the name or reason holds bytes that are no text, expected UTF-8")


def _add(connection: Connection, table: Table, rows: Mapping[str, Mapping[str, Any]]) -> int:
    """Add the rows whose id is not recorded yet; return how many were added."""
    recorded: set[str] = set()
    ids = list(rows)
    for first in range(0, len(ids), _CHUNK):
        recorded.update(connection.scalars(select(table.c.id).where(table.c.id.in_(ids[first : first + _CHUNK]))))
    fresh = [row for row_id, row in rows.items() if row_id not in recorded]
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
    # Without recursive triggers, INSERT OR REPLACE deletes a row and no trigger notices.
    connection.execute("PRAGMA recursive_triggers = ON")


@contextmanager
def _ledger_errors() -> Iterator[None]:
    """Turn errors of the database into LedgerError."""
    try:
        yield
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        # The first line only: SQLAlchemy adds the statement and its parameters below it.
        raise LedgerError(f"the ledger cannot be used: {(str(error) or repr(error)).splitlines()[0]}") from error
