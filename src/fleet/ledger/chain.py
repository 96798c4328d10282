"""The chain of hashes through the rows of a table: an edited, missing or reordered row breaks it."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Boolean, Connection, Float, Integer, Table, select

from fleet.ledger.direct import DirectQuery, insert_rows
from fleet.ledger.row_text import SharedRowText, row_text
from fleet.ledger.tables import CHAINED, FIRST, LATER, decisions, journal

_CHUNK = 5_000
_START = ""
_HASHES = ("previous_hash", "row_hash")
_NEWEST = " UNION ALL ".join(
    f"SELECT '{table.name}', seq, row_hash FROM {table.name} WHERE seq = (SELECT max(seq) FROM {table.name})"  # noqa: S608
    for table in CHAINED
)
_NEWEST_ROWS = DirectQuery(sqlite=_NEWEST, postgresql=_NEWEST)


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
        return head_of(self.heads)


def head_of(heads: Mapping[str, str]) -> str:
    """Return one hash of the last rows of all tables.

    Args:
        heads: table -> hash of its last row. A later table without rows is left out, so that an older ledger keeps its
            head.
    """
    first = {table.name for table in FIRST}
    named = (f"{name} {value}" for name, value in heads.items() if value or name in first)
    return hashlib.sha256("\n".join(named).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class TableHead:
    """The last row of a table: its number and its hash; 0 and an empty text for a table without rows."""

    seq: int = 0
    row_hash: str = _START


def heads_of(connection: Connection) -> dict[str, TableHead]:
    """Return the last row of each table, read in one statement."""
    return ask_heads(connection)()


def ask_heads(connection: Connection) -> Callable[[], dict[str, TableHead]]:
    """Ask as `heads_of` does, and return what reads the answer."""
    answer = _NEWEST_ROWS.send(connection)

    def read() -> dict[str, TableHead]:
        # Names of tables are a kind of text that is slow to write as JSON.
        heads = {str(table.name): TableHead() for table in CHAINED}
        for name, seq, row_hash in answer():
            heads[name] = TableHead(seq=seq, row_hash=row_hash or _START)
        return heads

    return read


def add_chained(
    connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]], head: TableHead | None = None
) -> TableHead:
    """Insert rows at the end of the chain, and return the new head. Assumes that no other connection writes meanwhile.

    Args:
        rows: may be a generator; at most _CHUNK rows are in memory at once.
        head: the last row of the table, if the caller knows it.
    """
    head = head or heads_of(connection)[table.name]
    first = head.seq + 1
    numbered = ({**row, "seq": first + index} for index, row in enumerate(rows))
    while chained := chain(table, islice(numbered, _CHUNK), head.row_hash):
        insert_rows(connection, table, chained)
        head = TableHead(seq=chained[-1]["seq"], row_hash=chained[-1]["row_hash"])
    return head


def chain(table: Table, rows: Iterable[Mapping[str, Any]], previous: str = _START) -> list[dict[str, Any]]:
    """Return the rows, in their order, each with its hash and the hash of the row before it."""
    chained, write = [], SharedRowText()
    for row in rows:
        row_hash = hash_of(table, row, previous, write)
        chained.append({**row, "previous_hash": previous, "row_hash": row_hash})
        previous = row_hash
    return chained


def hash_of(
    table: Table, row: Mapping[str, Any], previous: str, write: Callable[[Mapping[str, Any]], str] = row_text
) -> str:
    """Return the SHA-256 of a row and of the hash before it.

    A later column that is null is left out, so a row that is older than the column keeps its hash.
    """
    values = {}
    for name, kind in _hashed_columns(table):
        value = row.get(name)
        if value is None and name in LATER:
            continue
        values[name] = value if kind is None or value is None or type(value) is kind else _plain(kind, value)
    return hashlib.sha256(f"{previous}\n{write(values)}".encode()).hexdigest()


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
    faults += [*_without_decision(connection), *_against_journal(connection, rows, heads)]
    return ChainReport(rows=rows, heads=heads, faults=faults)


def _verified_table(connection: Connection, table: Table) -> tuple[int, str, list[str]]:
    faults, previous, seq, count = [], _START, 0, 0
    # In parts: a driver may otherwise hold the whole table in memory.
    rows = connection.execute(select(table).order_by(table.c.seq), execution_options={"yield_per": _CHUNK})
    for row in rows.mappings():
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
        if table is decisions or "decision_id" not in table.c:
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


def _against_journal(connection: Connection, rows: Mapping[str, int], heads: Mapping[str, str]) -> list[str]:
    """Compare the journal, which names the last row of each table after each write, with the tables.

    An older ledger has rows, and no journal yet.
    """
    faults: list[str] = []
    before: dict[str, int] = {}
    for seq, named in connection.execute(select(journal.c.seq, journal.c.heads).order_by(journal.c.seq)):
        faults += [
            f"journal row {seq} puts {name} row {number} before row {before[name]}, which was written earlier"
            for name, (number, _) in named.items()
            if number < before.get(name, 0)
        ]
        before = {name: number for name, (number, _) in named.items()}
        last = named
    if not before:
        return faults
    for name, (number, row_hash) in last.items():
        if (rows[name], heads[name]) != (number, row_hash):
            faults.append(f"{name} has {rows[name]:,} rows, and the journal ends with another row {number:,}")
    return faults


def _plain(kind: type, value: Any) -> Any:
    """Return a value in the type in which the database returns it."""
    try:
        return kind(value)
    except (TypeError, ValueError):
        # Another program wrote a value of another type. The hash of its row will not match.
        return str(value)
