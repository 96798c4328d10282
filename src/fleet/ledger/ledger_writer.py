"""One write transaction of the ledger: rows at the end of their chains, and the row of the journal that names them."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Table, select

from fleet.ledger.chain import TableHead, add_chained, head_of
from fleet.ledger.direct import pipeline
from fleet.ledger.latest_jobs import chunks_in
from fleet.ledger.tables import journal


class _Entry(Protocol):
    """Anything to record that has an id."""

    @property
    def id(self) -> str: ...


AnyEntry = TypeVar("AnyEntry", bound=_Entry)


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who writes, and why.

    Args:
        by: name of the person or token.
        action: one word, such as submit.
        request_id: of the request; empty for a command.
    """

    by: str
    action: str
    request_id: str = ""


class LedgerWriter:
    """Adds rows. Nobody else writes until the transaction ends, so what is read in it stays true.

    Attributes:
        connection: of the transaction.
        names: earlier id of a region -> its current id.
        used_ids: jobs that were submitted or decided before, of those that `Ledger.deciding_at_once` was asked about.
    """

    def __init__(
        self,
        connection: Connection,
        names: Mapping[str, str],
        heads: Mapping[str, TableHead],
        used_ids: Sequence[str] = (),
    ) -> None:
        self.connection, self.names, self.used_ids = connection, names, used_ids
        self._heads = dict(heads)

    @property
    def heads(self) -> Mapping[str, TableHead]:
        """Table -> its last row."""
        return self._heads

    @property
    def head(self) -> str:
        """One hash of the whole ledger."""
        return head_of({name: head.row_hash for name, head in self._heads.items()})

    def together(self) -> AbstractContextManager[None]:
        """Let what is added reach the database together. Nothing else may be asked meanwhile."""
        return pipeline(self.connection)

    def add(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows to the end of a table."""
        self._heads[table.name] = add_chained(self.connection, table, rows, self._heads[table.name])

    def add_new(
        self, table: Table, entries: Sequence[AnyEntry], row_of: Callable[[AnyEntry], Mapping[str, Any]]
    ) -> int:
        """Add the entries whose id is not recorded yet; return how many were added."""
        by_id = {entry.id: entry for entry in entries}
        for chunk in chunks_in(self.connection, table, list(by_id)):
            for recorded in self.connection.scalars(select(table.c.id).where(table.c.id.in_(chunk))).all():
                del by_id[recorded]
        self.add(table, map(row_of, by_id.values()))
        return len(by_id)

    def sign(self, author: Author, made_utc: str) -> None:
        """Add the row of the journal: who wrote what was added, and the last row of each table."""
        self.sign_all([author], made_utc)

    def sign_all(self, authors: Sequence[Author], made_utc: str) -> None:
        """Add a row of the journal for each of several authors who write together."""
        heads = {name: [head.seq, head.row_hash] for name, head in self._heads.items() if name != journal.name}
        first, words = self._heads[journal.name].seq + 1, self.head
        rows = (
            {
                "id": hashlib.sha256(f"journal\n{first + index}\n{words}".encode()).hexdigest()[:16],
                "made_utc": made_utc,
                "by": author.by,
                "action": author.action,
                "request_id": author.request_id,
                "heads": heads,
            }
            for index, author in enumerate(authors)
        )
        self.add(journal, rows)
