"""The ledger: append, read, override. No row is ever changed or removed."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine, Select, func, select

from fleet.domain.clock import Hour, parse_hour
from fleet.domain.decision import Verdict
from fleet.domain.segments import whole_id
from fleet.errors import LedgerError
from fleet.ledger.advice_entry import AdviceEntry, advice_row
from fleet.ledger.chain import ChainReport, TableHead, ask_heads, head_of, heads_of, verified
from fleet.ledger.database import deciding_write, decision_lock, dialect_of, leadership, open_engine, reading, writing
from fleet.ledger.decision_entry import DecisionEntry, decision_row
from fleet.ledger.decision_search import DecisionSearch, FoundDecisions, search
from fleet.ledger.history import explained_by_id, explained_cells
from fleet.ledger.latest_jobs import NeededJobs, chunks, latest_jobs, newest_seq, places_of
from fleet.ledger.ledger_mark import LedgerMark
from fleet.ledger.ledger_writer import Author, LedgerWriter
from fleet.ledger.override_place import PlaceChoice, check_words
from fleet.ledger.override_write import write_override
from fleet.ledger.record import Record
from fleet.ledger.records import (
    AdviceRecord,
    DecisionRecord,
    ExplainedDecision,
    JobRecord,
    Mode,
    OverrideRecord,
    PlaceRecord,
)
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.replayed_places import ReplayedPlace, replayed_jobs, replayed_places
from fleet.ledger.submissions import ask_used_ids, refuse_cancelled
from fleet.ledger.tables import advices, decisions
from fleet.ledger.upgrade import open_tables

AnyRecord = TypeVar("AnyRecord", bound=Record)
# The action of the journal of rows that a plan of an hour adds.
DECIDE = "decide"


@dataclass(frozen=True, kw_only=True)
class AppendCheck:
    """A check inside the transaction of an append.

    Args:
        needed: the live jobs that the check looks at.
        check: called with the latest records of these jobs. It raises an error to refuse the append. No other
            connection writes between the check and the append.
    """

    needed: NeededJobs
    check: Callable[[Sequence[JobRecord]], None]


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
                open_tables(connection, dialect_of(self._engine))
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
        Raises: LedgerChangedError with a guard, if one of the jobs was cancelled before it was decided.
        """
        with self.writing() as writer:
            connection = writer.connection
            if guard is not None:
                refuse_cancelled(connection, [whole_id(entry.job) for entry in entries])
                guard.check(latest_jobs(connection, "live", self._names, guard.needed))
            newest = newest_seq(connection)
            added = writer.add_new(decisions, entries, lambda entry: {**decision_row(entry), "after_seq": newest})
            added += writer.add_new(advices, advice, advice_row)
            if added:
                made_utc = max([*(one.made_utc for one in entries), *(one.made_utc for one in advice)])
                writer.sign(Author(by="fleet", action=DECIDE), made_utc)
            return added

    @contextmanager
    def writing(self) -> Iterator[LedgerWriter]:
        """Open a write transaction. No other connection can write until it ends."""
        with writing(self._engine) as connection:
            yield LedgerWriter(connection, self._names, heads_of(connection))

    @contextmanager
    def deciding_at_once(self, job_ids: Sequence[str] = ()) -> Iterator[LedgerWriter]:
        """Open a write transaction in which jobs are decided. It waits until no hour is being decided.

        Args:
            job_ids: the jobs; `used_ids` of the writer are those of them that were submitted or decided before.
        """

        def read(connection: Connection) -> tuple[dict[str, TableHead], list[str]]:
            # Both are asked before the first answer is read, so that PostgreSQL is waited for once.
            heads, used = ask_heads(connection), ask_used_ids(connection, job_ids)
            return heads(), used()

        with deciding_write(self._engine, read) as (connection, (heads, used)):
            yield LedgerWriter(connection, self._names, heads, used)

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a connection that only reads, and sees one moment of the ledger."""
        return reading(self._engine)

    @property
    def engine(self) -> Engine:
        """The connections to the database."""
        return self._engine

    @property
    def names(self) -> Mapping[str, str]:
        """Earlier id of a region -> its current id."""
        return self._names

    def leading(self) -> AbstractContextManager[Callable[[], bool] | None]:
        """Try to become the only process that plans the hours; it ends with the process.

        Yields: None, or a function that tells whether this process still is the one.
        """
        return leadership(self._engine)

    def decision(self, decision_id: str) -> ExplainedDecision:
        """Return one decision with its overrides and the advice on its job.

        Args:
            decision_id: the id, or first characters that no other id has, or the id of a job for its newest decision.
        """
        with reading(self._engine) as connection:
            return explained_by_id(connection, decision_id, self._names)

    def explained_cells(self, entries: Sequence[DecisionEntry]) -> list[dict[str, Any]]:
        """Return many decisions as plain values; see `fleet.ledger.history.explained_cells`."""
        with reading(self._engine) as connection:
            return explained_cells(connection, entries, self._names)

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
        with self.writing() as writer:
            record = write_override(
                writer, decision_id, verdict, by=by, reason=reason, made_utc=made_utc, choice=choice or PlaceChoice()
            )
            writer.sign(Author(by=by.strip(), action="override"), made_utc)
            return record

    def is_empty(self) -> bool:
        """Tell whether the ledger has no decision."""
        with reading(self._engine) as connection:
            return connection.scalar(select(decisions.c.seq).limit(1)) is None

    def head(self) -> dict[str, Any]:
        """Return one hash of the whole ledger, and the number of rows of each table."""
        with self.reading() as connection:
            heads = heads_of(connection)
        rows = {name: head.seq for name, head in heads.items()}
        return {"head": head_of({name: head.row_hash for name, head in heads.items()}), "rows": rows}

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
