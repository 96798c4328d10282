"""The ledger: append, read, override. No row is ever changed or removed."""

import copy
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, RowMapping, Select, Table, func, select

from fleet.domain.clock import iso
from fleet.domain.decision import Verdict
from fleet.errors import LedgerError
from fleet.ledger.advice_entry import AdviceEntry, advice_row
from fleet.ledger.chain import ChainReport, add_chained, verified
from fleet.ledger.database import decision_lock, dialect_of, open_engine, reading, writing
from fleet.ledger.decision_entry import DecisionEntry, decision_row
from fleet.ledger.override_place import PlaceChoice, approved_place, check_words
from fleet.ledger.records import (
    AdviceRecord,
    DecisionRecord,
    ExplainedDecision,
    JobRecord,
    Mode,
    OverrideRecord,
    Record,
)
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.tables import advices, decisions, overrides
from fleet.ledger.upgrade import upgrade

AnyRecord = TypeVar("AnyRecord", bound=Record)
AnyEntry = TypeVar("AnyEntry", DecisionEntry, AdviceEntry)
# Called with the latest record of each live job before and after an append. It raises an error to refuse the append.
Guard = Callable[[Sequence[JobRecord], Sequence[JobRecord]], None]
_CHUNK = 5_000


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
        """Return this ledger as it reads with renamed regions. The stored rows stay as they are.

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
        self, entries: Sequence[DecisionEntry], advice: Sequence[AdviceEntry] = (), *, guard: Guard | None = None
    ) -> int:
        """Add all entries and all advice, or nothing. An entry whose id is recorded already is skipped.

        Args:
            guard: is called inside the transaction. If it raises an error, nothing is added.
        Returns: how many rows were new.
        """
        with writing(self._engine) as connection:
            before = _jobs(connection, "live", self._names) if guard is not None else []
            newest = _newest(connection)
            added = _add(connection, decisions, entries, lambda entry: {**decision_row(entry), "after_seq": newest})
            added += _add(connection, advices, advice, advice_row)
            if guard is not None:
                guard(before, _jobs(connection, "live", self._names))
            return added

    def decision(self, decision_id: str) -> ExplainedDecision:
        """Return one decision with its overrides and the advice on its job.

        Args:
            decision_id: the id, or first characters that no other id has.
        """
        with reading(self._engine) as connection:
            return _explained(connection, decision_id, self._names)

    def explained(self, decision_ids: Sequence[str]) -> list[ExplainedDecision]:
        """Return many decisions at once, as `decision`, in the order of their whole ids."""
        with reading(self._engine) as connection:
            by_id = {
                row["id"]: row
                for chunk in _chunks(decision_ids)
                for row in connection.execute(select(decisions).where(decisions.c.id.in_(chunk))).mappings()
            }
            return _with_history(connection, [by_id[decision_id] for decision_id in decision_ids], self._names)

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
        """Return the latest decision on each job. Its latest override replaces verdict, region and start."""
        with reading(self._engine) as connection:
            return _jobs(connection, mode, self._names)

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
        gets its least unsafe alternative.

        Raises: LedgerError if the decision is unknown, is not the latest on its job or belongs to a replay, if the name
            or the reason is empty, or if `approved_place` refuses the place.
        """
        check_words(by, reason)
        with writing(self._engine) as connection:
            decision = _explained(connection, decision_id, self._names)
            if decision.mode != "live":
                raise LedgerError(f"decision {decision.id} belongs to a replay; only live decisions can be overridden")
            _check_latest(connection, decision)
            region, start_utc = None, None
            if verdict is Verdict.APPROVE:
                place = choice or PlaceChoice()
                region, start_utc = approved_place(
                    decision, place, _placed_since(connection, decision, self._names), made_utc
                )
            row: dict[str, Any] = {
                "decision_id": decision.id,
                "made_utc": made_utc,
                "verdict": verdict.value,
                "region": region,
                "start_utc": None if start_utc is None else iso(start_utc),
                "by": by.strip(),
                "reason": reason.strip(),
            }
            newest = _newest(connection)
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


def _explained(connection: Connection, decision_id: str, names: Mapping[str, str]) -> ExplainedDecision:
    query = select(decisions).where(decisions.c.id.startswith(decision_id, autoescape=True)).limit(2)
    rows = connection.execute(query).mappings().all() if decision_id else []
    if not rows:
        raise LedgerError(f"no decision has id {decision_id!r}; `fleet decide` prints ids")
    if len(rows) > 1:
        raise LedgerError(f"several decisions have ids that begin with {decision_id!r}; give more characters")
    return _with_history(connection, rows, names)[0]


def _with_history(
    connection: Connection, rows: Sequence[RowMapping], names: Mapping[str, str]
) -> list[ExplainedDecision]:
    """Return rows of decisions with their overrides and the advice on their jobs."""
    overridden, advised = defaultdict(list), defaultdict(list)
    for chunk in _chunks([row["id"] for row in rows]):
        query = select(overrides).where(overrides.c.decision_id.in_(chunk)).order_by(overrides.c.seq)
        for override in connection.execute(query).mappings():
            overridden[override["decision_id"]].append(renamed_row(dict(override), names))
    for chunk in _chunks(list({row["job_id"] for row in rows})):
        query = select(advices).where(advices.c.job_id.in_(chunk)).order_by(advices.c.seq)
        for advice in connection.execute(query).mappings():
            advised[advice["job_id"], advice["mode"]].append(renamed_row(dict(advice), names))
    return [
        ExplainedDecision.model_validate(
            {
                **renamed_row(dict(row), names),
                "overrides": overridden.get(row["id"], ()),
                "advices": advised.get((row["job_id"], row["mode"]), ()),
            }
        )
        for row in rows
    ]


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Divide ids into lists that one query may name."""
    return (ids[first : first + _CHUNK] for first in range(0, len(ids), _CHUNK))


def _jobs(connection: Connection, mode: Mode, names: Mapping[str, str]) -> list[JobRecord]:
    columns = [decisions.c[name] for name in JobRecord.model_fields if name in decisions.c]
    query = (
        select(*columns, decisions.c.seq, decisions.c.after_seq, decisions.c.alternatives)
        .where(decisions.c.mode == mode)
        .order_by(decisions.c.seq)
    )
    latest = {row["job_id"]: dict(row) for row in connection.execute(query).mappings()}
    by_id = {row["id"]: row for row in latest.values()}
    newest = _newest(connection)
    for change in connection.execute(select(overrides).order_by(overrides.c.seq)).mappings():
        if change["decision_id"] in by_id:
            changed = {key: change[key] for key in ("verdict", "region", "start_utc")}
            after = change["after_seq"]
            by_id[change["decision_id"]].update(changed, overridden=True, after_seq=newest if after is None else after)
    for row in latest.values():
        regions = [alternative["region"] for alternative in row.pop("alternatives")]
        row["alternative_regions"] = [names.get(region, region) for region in regions]
        after, seq = row.pop("after_seq"), row.pop("seq")
        row["placed_after"] = seq - 1 if after is None else after
    return [JobRecord.model_validate({"overridden": False, **renamed_row(row, names)}) for row in latest.values()]


def _placed_since(connection: Connection, decision: DecisionRecord, names: Mapping[str, str]) -> list[JobRecord]:
    """Return the other live jobs that got their place after this decision was recorded."""
    return [
        record
        for record in _jobs(connection, "live", names)
        if record.has_place and record.job_id != decision.job_id and record.placed_after >= decision.seq
    ]


def _newest(connection: Connection) -> int:
    """Return the `seq` of the newest decision; 0 if there is none."""
    return connection.scalar(select(func.max(decisions.c.seq))) or 0


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
    for chunk in _chunks(list(by_id)):
        for recorded in connection.scalars(select(table.c.id).where(table.c.id.in_(chunk))).all():
            del by_id[recorded]
    add_chained(connection, table, map(row_of, by_id.values()))
    return len(by_id)
