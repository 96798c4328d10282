"""Reads decisions with their overrides and the advice on their jobs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from fleet.errors import LedgerError
from fleet.ledger.decision_entry import DecisionEntry, cells_of
from fleet.ledger.latest_jobs import chunks, chunks_in
from fleet.ledger.records import AdviceRecord, ExplainedDecision, OverrideRecord
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.tables import advices, decisions, overrides


def explained_by_id(connection: Connection, decision_id: str, names: Mapping[str, str]) -> ExplainedDecision:
    """Return the decision whose id begins with some characters, with its overrides and the advice on its job.

    Args:
        names: earlier id of a region -> its current id.
    Raises: LedgerError if there is none, or if there are several.
    """
    query = select(decisions).where(decisions.c.id.startswith(decision_id, autoescape=True)).limit(2)
    rows = connection.execute(query).mappings().all() if decision_id else []
    if not rows:
        raise LedgerError(f"no decision has id {decision_id!r}; `fleet decisions` lists the ids")
    if len(rows) > 1:
        raise LedgerError(f"several decisions have ids that begin with {decision_id!r}; give more characters")
    return with_history(connection, rows, names)[0]


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
