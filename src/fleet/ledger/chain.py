"""The chain of hashes through the rows of a table: an edited, missing or reordered row breaks it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Boolean, Connection, Float, Integer, Table, insert, select

from fleet.ledger.tables import CHAINED, LATER, decisions

_CHUNK = 5_000
_START = ""
_HASHES = ("previous_hash", "row_hash")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)


@dataclass(frozen=True, kw_only=True)
class ChainReport:
    """The result of a check of the whole ledger.

    Args:
        rows: table -> number of rows.
        heads: table -> hash of its last row; empty for a table without rows.
        faults: one sentence for each row that breaks the chain.
    """

    rows: Mapping[str, int]
    heads: Mapping[str, str]
    faults: Sequence[str]

    @property
    def head(self) -> str:
        """One hash of the whole ledger. Keep a copy elsewhere: only that copy shows that the last rows are missing."""
        return hashlib.sha256("\n".join(f"{name} {value}" for name, value in self.heads.items()).encode()).hexdigest()


def add_chained(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows at the end of the chain. Assumes that no other connection writes at the same time.

    Args:
        rows: may be a generator; at most _CHUNK rows are in memory at once.
    """
    last = connection.execute(select(table.c.seq, table.c.row_hash).order_by(table.c.seq.desc()).limit(1)).first()
    seq, previous = (0, _START) if last is None else (last[0], last[1] or _START)
    numbered = ({**row, "seq": seq + 1 + index} for index, row in enumerate(rows))
    while chained := chain(table, islice(numbered, _CHUNK), previous):
        connection.execute(insert(table), chained)
        previous = chained[-1]["row_hash"]


def chain(table: Table, rows: Iterable[Mapping[str, Any]], previous: str = _START) -> list[dict[str, Any]]:
    """Return the rows, in their order, each with its hash and the hash of the row before it."""
    chained = []
    for row in rows:
        row_hash = hash_of(table, row, previous)
        chained.append({**row, "previous_hash": previous, "row_hash": row_hash})
        previous = row_hash
    return chained


def hash_of(table: Table, row: Mapping[str, Any], previous: str) -> str:
    """Return the SHA-256 of a row and of the hash before it.

    A later column that is null is left out, so a row that is older than the column keeps its hash.
    """
    values = {}
    for name, kind in _hashed_columns(table):
        value = row.get(name)
        if value is None and name in LATER:
            continue
        values[name] = value if kind is None or value is None or type(value) is kind else _plain(kind, value)
    return hashlib.sha256(f"{previous}\n{_ENCODER.encode(values)}".encode()).hexdigest()


@cache
def _hashed_columns(table: Table) -> tuple[tuple[str, type | None], ...]:
    """Return the columns that a hash covers, each with the type that the database reads back; None for any type."""
    kinds = {Boolean: bool, Integer: int, Float: float}
    return tuple(
        (column.name, next((plain for kind, plain in kinds.items() if isinstance(column.type, kind)), None))
        for column in table.columns
        if column.name not in _HASHES
    )


def verified(connection: Connection) -> ChainReport:
    """Check every row of the ledger."""
    rows, heads, faults = {}, {}, []
    for table in CHAINED:
        count, head, found = _verified_table(connection, table)
        rows[table.name], heads[table.name] = count, head
        faults += found
    return ChainReport(rows=rows, heads=heads, faults=[*faults, *_without_decision(connection)])


def _verified_table(connection: Connection, table: Table) -> tuple[int, str, list[str]]:
    faults, previous, seq, count = [], _START, 0, 0
    for row in connection.execute(select(table).order_by(table.c.seq)).mappings():
        name = f"{table.name} row {row['seq']} (id {row['id']})"
        if row["seq"] != seq + 1:
            missing = f"row {seq + 1}" if row["seq"] == seq + 2 else f"rows {seq + 1} to {row['seq'] - 1}"
            faults.append(f"{table.name} {missing} missing before {name}")
        elif row["previous_hash"] != previous:
            faults.append(f"{name} does not follow the row before it: one of them was replaced or reordered")
        if row["row_hash"] != hash_of(table, dict(row), row["previous_hash"] or _START):
            faults.append(f"{name} was edited, or another program wrote it")
        seq, previous, count = row["seq"], row["row_hash"] or _START, count + 1
    return count, previous, faults


def _without_decision(connection: Connection) -> list[str]:
    faults = []
    for table in CHAINED:
        if table is decisions:
            continue
        known = select(decisions.c.id)
        query = select(table.c.seq, table.c.id, table.c.decision_id).where(
            table.c.decision_id.is_not(None), table.c.decision_id.not_in(known)
        )
        faults += [
            f"{table.name} row {seq} (id {row_id}) names decision {decision_id}, which is missing"
            for seq, row_id, decision_id in connection.execute(query)
        ]
    return faults


def _plain(kind: type, value: Any) -> Any:
    """Return a value in the type in which the database returns it."""
    try:
        return kind(value)
    except (TypeError, ValueError):
        # Another program wrote a value of another type. The hash of its row will not match.
        return str(value)
