"""The ledger: append, read, override. No row is ever changed or removed."""

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from sqlalchemy import Connection, Select, Table, func, select

from fleet.domain.clock import Hour, iso, parse_hour
from fleet.domain.decision import Verdict
from fleet.errors import LedgerError
from fleet.ledger.advice_entry import AdviceEntry, advice_row
from fleet.ledger.chain import ChainReport, add_chained, verified
from fleet.ledger.database import decision_lock, dialect_of, open_engine, reading, writing
from fleet.ledger.decision_entry import DecisionEntry, decision_row
from fleet.ledger.decision_search import DecisionSearch, FoundDecisions, search
from fleet.ledger.history import explained_by_id, with_history
from fleet.ledger.latest_jobs import NeededJobs, chunks, latest_jobs, newest_seq, placed_since, places_of
from fleet.ledger.ledger_mark import LedgerMark
from fleet.ledger.override_place import PlaceChoice, approved_place, check_words
from fleet.ledger.records import (
    AdviceRecord,
    DecisionRecord,
    ExplainedDecision,
    JobRecord,
    Mode,
    OverrideRecord,
    PlaceRecord,
    Record,
)
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.replayed_places import ReplayedPlace, replayed_jobs, replayed_places
from fleet.ledger.tables import advices, decisions, overrides
from fleet.ledger.upgrade import upgrade

AnyRecord = TypeVar("AnyRecord", bound=Record)
AnyEntry = TypeVar("AnyEntry", DecisionEntry, AdviceEntry)


@dataclass(frozen=True, kw_only=True)
class AppendCheck:
    """A check inside the transaction of an append.

    Args:
        needed: the live jobs that the check looks at.
        check: called with the latest records of these jobs before the append, and with those after it. It raises an
            error to refuse the append.
    """

    needed: NeededJobs
    check: Callable[[Sequence[JobRecord], Sequence[JobRecord]], None]


def sqlite_url(path: Path) -> str:
    """Return the URL of a ledger in a file."""
    return f"sqlite:///{path}"


class Ledger:
    """Decisions, overrides and advice in SQLite or PostgreSQL.

    Raises: LedgerError if the database cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._names: Mapping[str, str] = {}
        try:
            with writing(self._engine) as connection:
                upgrade(connection, dialect_of(self._engine))
        except LedgerError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def under(self, names: Mapping[str, str]) -> Self:
        """Return this ledger with the current ids of renamed regions. The stored rows stay as they are.

        Args:
            names: earlier id of a region -> its current id.
        """
        ledger = copy.copy(self)
        ledger._names = names
        return ledger

    def deciding(self) -> AbstractContextManager[None]:
        """Hold the ledger's lock while an hour is read, decided and recorded. Only one process holds it at a time."""
        return decision_lock(self._engine)

    def append(
        self, entries: Sequence[DecisionEntry], advice: Sequence[AdviceEntry] = (), *, guard: AppendCheck | None = None
    ) -> int:
        """Add all entries and all advice, or nothing. An entry whose id is recorded already is skipped.

        Args:
            guard: if its check raises an error, nothing is added.
        Returns: how many rows were new.
        """
        with writing(self._engine) as connection:
            before = [] if guard is None else latest_jobs(connection, "live", self._names, guard.needed)
            newest = newest_seq(connection)
            added = _add(connection, decisions, entries, lambda entry: {**decision_row(entry), "after_seq": newest})
            added += _add(connection, advices, advice, advice_row)
            if guard is not None:
                guard.check(before, latest_jobs(connection, "live", self._names, guard.needed))
            return added

    def decision(self, decision_id: str) -> ExplainedDecision:
        """Return one decision with its overrides and the advice on its job.

        Args:
            decision_id: the id, or first characters that no other id has.
        """
        with reading(self._engine) as connection:
            return explained_by_id(connection, decision_id, self._names)

    def explained(self, decision_ids: Sequence[str]) -> list[ExplainedDecision]:
        """Return many decisions, each as `decision` returns it, in the order of the ids. The ids must be complete."""
        with reading(self._engine) as connection:
            by_id = {
                row["id"]: row
                for chunk in chunks(decision_ids)
                for row in connection.execute(select(decisions).where(decisions.c.id.in_(chunk))).mappings()
            }
            return with_history(connection, [by_id[decision_id] for decision_id in decision_ids], self._names)

    def decisions(self, *, mode: Mode | None = None, limit: int | None = None) -> list[DecisionRecord]:
        """Return the recorded decisions, the latest first."""
        query = select(decisions).order_by(decisions.c.made_utc.desc(), decisions.c.seq.desc())
        if mode is not None:
            query = query.where(decisions.c.mode == mode)
        return self._records(DecisionRecord, query.limit(limit))

    def search(self, wanted: DecisionSearch) -> FoundDecisions:
        """Return one page of the decisions that fit, with their overrides and the advice on their jobs."""
        with reading(self._engine) as connection:
            return search(connection, wanted, self._names)

    def replayed_places(self, *, first: Hour, end: Hour, decided_by: Hour | None = None) -> list[ReplayedPlace]:
        """Return the replayed jobs that run from `first` up to `end`, as far as they had a place by `decided_by`."""
        with reading(self._engine) as connection:
            return replayed_places(connection, self._names, first=first, end=end, decided_by=decided_by)

    def replayed_jobs(self, *, first: Hour, end: Hour) -> list[ReplayedPlace]:
        """Return the replayed jobs that began, or were denied, from `first` up to `end`."""
        with reading(self._engine) as connection:
            return replayed_jobs(connection, self._names, first=first, end=end)

    def advices(self, *, mode: Mode, job_ids: Sequence[str] | None = None) -> list[AdviceRecord]:
        """Return the recorded advice, on some jobs or on all, in the order in which it was given."""
        query = select(advices).where(advices.c.mode == mode).order_by(advices.c.seq)
        if job_ids is None:
            return self._records(AdviceRecord, query)
        found = [
            record
            for chunk in chunks(job_ids)
            for record in self._records(AdviceRecord, query.where(advices.c.job_id.in_(chunk)))
        ]
        return sorted(found, key=lambda record: record.seq)

    def jobs(self, *, mode: Mode, needed: NeededJobs | None = None) -> list[JobRecord]:
        """Return the latest decision on each job, in the order of their first decisions.

        The latest override of a decision replaces verdict, region and start.

        Args:
            needed: None stands for all jobs.
        """
        with reading(self._engine) as connection:
            return latest_jobs(connection, mode, self._names, needed)

    def places(self, *, mode: Mode, needed: NeededJobs | None = None) -> list[PlaceRecord]:
        """Return all decisions on the needed jobs, the latest first, without the places that a person gave."""
        with reading(self._engine) as connection:
            return places_of(connection, mode, self._names, needed)

    def newest_origin(self, *, mode: Mode) -> Hour | None:
        """Return the newest hour at which anything was decided; None if nothing was."""
        with reading(self._engine) as connection:
            newest = connection.scalar(select(func.max(decisions.c.origin_utc)).where(decisions.c.mode == mode))
            return None if newest is None else parse_hour(newest)

    def mark(self) -> LedgerMark:
        """Return a mark of the newest rows."""
        with reading(self._engine) as connection:
            return LedgerMark.now(connection)

    def first_change(self, mark: LedgerMark) -> Hour | None:
        """Return the first hour that a row after a mark changes; see LedgerMark.first_change."""
        with reading(self._engine) as connection:
            return mark.first_change(connection)

    def override(
        self,
        decision_id: str,
        verdict: Verdict,
        *,
        by: str,
        reason: str,
        made_utc: str,
        choice: PlaceChoice | None = None,
    ) -> OverrideRecord:
        """Record a person's override of a decision. All checks are in the transaction that records the override.

        If `choice` names no place, an approved job gets the place of the decision. If the decision has none, the job
        gets its first alternative.

        Raises: LedgerError if the decision is unknown, is not the latest on its job or belongs to a replay, if the name
            or the reason is empty, or if `approved_place` refuses the place.
        """
        check_words(by, reason)
        with writing(self._engine) as connection:
            decision = explained_by_id(connection, decision_id, self._names)
            if decision.mode != "live":
                raise LedgerError(f"decision {decision.id} belongs to a replay; only live decisions can be overridden")
            _check_latest(connection, decision)
            region, start_utc = None, None
            if verdict is Verdict.APPROVE:
                place = choice or PlaceChoice()
                hour = np.datetime64(made_utc.rstrip("Z")).astype("datetime64[h]")
                later = placed_since(connection, decision, self._names, hour)
                region, start_utc = approved_place(decision, place, later, made_utc)
            row: dict[str, Any] = {
                "decision_id": decision.id,
                "made_utc": made_utc,
                "verdict": verdict.value,
                "region": region,
                "start_utc": None if start_utc is None else iso(start_utc),
                "by": by.strip(),
                "reason": reason.strip(),
            }
            newest = newest_seq(connection)
            before = [change.id for change in decision.overrides[-1:]]
            words = "\n".join([*map(str, row.values()), *before])
            row["after_seq"] = newest
            row["id"] = hashlib.sha256(words.encode()).hexdigest()[:16]
            add_chained(connection, overrides, [row])
            query = select(overrides).where(overrides.c.id == row["id"])
            return OverrideRecord.model_validate(dict(connection.execute(query).mappings().one()))

    def is_empty(self) -> bool:
        """Tell whether the ledger has no decision."""
        with reading(self._engine) as connection:
            return connection.scalar(select(decisions.c.seq).limit(1)) is None

    def verify(self) -> ChainReport:
        """Check that no row was edited, removed or moved since it was written."""
        with reading(self._engine) as connection:
            return verified(connection)

    def close(self) -> None:
        """Close all connections to the database."""
        self._engine.dispose()

    def _records(self, kind: type[AnyRecord], query: Select[Any]) -> list[AnyRecord]:
        with reading(self._engine) as connection:
            return [
                kind.model_validate(renamed_row(dict(row), self._names)) for row in connection.execute(query).mappings()
            ]


def _check_latest(connection: Connection, decision: DecisionRecord) -> None:
    later = select(decisions.c.id).where(decisions.c.job_id == decision.job_id, decisions.c.mode == "live")
    newest = connection.scalars(later.order_by(decisions.c.seq.desc()).limit(1)).one()
    if newest != decision.id:
        raise LedgerError(f"decision {decision.id} was followed by {newest} on the same job; override that one")


def _add(
    connection: Connection,
    table: Table,
    entries: Sequence[AnyEntry],
    row_of: Callable[[AnyEntry], Mapping[str, Any]],
) -> int:
    """Add the entries whose id is not recorded yet; return how many were added."""
    by_id = {entry.id: entry for entry in entries}
    for chunk in chunks(list(by_id)):
        for recorded in connection.scalars(select(table.c.id).where(table.c.id.in_(chunk))).all():
            del by_id[recorded]
    add_chained(connection, table, map(row_of, by_id.values()))
    return len(by_id)
