"""Reads decisions with their overrides and the advice on their jobs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from sqlalchemy import Connection, RowMapping, select

from fleet.errors import LedgerError
from fleet.ledger.decision_entry import DecisionEntry, cells_of
from fleet.ledger.latest_jobs import chunks, chunks_in
from fleet.ledger.records import AdviceRecord, ExplainedDecision, Mode, OverrideRecord
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.tables import advices, decisions, overrides


def explained_by_id(connection: Connection, decision_id: str, names: Mapping[str, str]) -> ExplainedDecision:
    """Return one decision with its overrides and the advice on its job.

    Args:
        decision_id: the id or first characters of it, or the id of a job. Of a job, the newest live decision is
            returned; if there is none, the newest one of a replay.
        names: earlier id of a region -> its current id.
    Raises: LedgerError if there is none, or if there are several.
    """
    of_id = select(decisions).where(decisions.c.id.startswith(decision_id, autoescape=True)).limit(2)
    of_job = (
        select(decisions)
        # All modes are named, so that the index of jobs is used.
        .where(decisions.c.mode.in_(get_args(Mode)), decisions.c.job_id == decision_id)
        .order_by((decisions.c.mode == "live").desc(), decisions.c.seq.desc())
        .limit(1)
    )
    found = {row["id"]: row for query in (of_id, of_job) for row in connection.execute(query).mappings()}
    if not decision_id or not found:
        raise LedgerError(f"no decision and no job has id {decision_id!r}; `fleet decisions` lists the ids")
    if decision_id not in found and len(found) > 1:
        raise LedgerError(f"several decisions have ids that begin with {decision_id!r}; give more characters")
    return with_history(connection, [found.get(decision_id) or next(iter(found.values()))], names)[0]


def with_history(
    connection: Connection, rows: Sequence[RowMapping], names: Mapping[str, str]
) -> list[ExplainedDecision]:
    """Return rows of decisions with their overrides and the advice on their jobs."""
    overridden, advised = _history(connection, rows, names)
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


def explained_cells(
    connection: Connection, entries: Sequence[DecisionEntry], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return decisions as `ExplainedDecision.as_dict` does, in the order of the entries.

    The rows of the entries are plain values already, so they are not read back, and no record is made of them.

    Args:
        entries: what was recorded, with the current ids of the regions.
        names: as for `explained_by_id`.
    """
    seqs: dict[str, int] = {}
    for chunk in chunks([entry.id for entry in entries]):
        seqs.update(
            map(tuple, connection.execute(select(decisions.c.id, decisions.c.seq).where(decisions.c.id.in_(chunk))))
        )
    overridden, advised = _history(connection, [entry.row for entry in entries], names)
    return [
        {
            **cells_of(entry, seqs[entry.id]),
            "overrides": [OverrideRecord.model_validate(one).as_dict() for one in overridden.get(entry.id, ())],
            "advices": [
                AdviceRecord.model_validate(one).as_dict()
                for one in advised.get((entry.decision.job_id, entry.mode), ())
            ],
        }
        for entry in entries
    ]


_Rows = dict[Any, list[dict[str, Any]]]


def _history(
    connection: Connection, rows: Sequence[Mapping[Any, Any]], names: Mapping[str, str]
) -> tuple[_Rows, _Rows]:
    """Return decision id -> overrides, and (job id, mode) -> advice, for some rows of decisions."""
    overridden: _Rows = defaultdict(list)
    advised: _Rows = defaultdict(list)
    for chunk in chunks_in(connection, overrides, [row["id"] for row in rows]):
        query = select(overrides).where(overrides.c.decision_id.in_(chunk)).order_by(overrides.c.seq)
        for override in connection.execute(query).mappings():
            overridden[override["decision_id"]].append(renamed_row(dict(override), names))
    for chunk in chunks_in(connection, advices, list({row["job_id"] for row in rows})):
        query = select(advices).where(advices.c.job_id.in_(chunk)).order_by(advices.c.seq)
        for advice in connection.execute(query).mappings():
            advised[advice["job_id"], advice["mode"]].append(renamed_row(dict(advice), names))
    return overridden, advised
