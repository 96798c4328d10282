"""The ledger as it was before a row, copied into a file of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, insert, select

from fleet.errors import LedgerError
from fleet.ledger.database import writing
from fleet.ledger.ledger import Ledger, sqlite_url
from fleet.ledger.records import DecisionRecord
from fleet.ledger.tables import FIRST, decisions, journal, submissions

_CHUNK = 5_000


@dataclass(frozen=True, kw_only=True)
class WriteOf:
    """The write that added a decision.

    Args:
        action: of the journal.
        before, after: table -> number of its rows before the write, and after it.
    """

    action: str
    before: dict[str, int]
    after: dict[str, int]


def write_of(connection: Connection, decision: DecisionRecord) -> WriteOf:
    """Return the write that added a decision."""
    before: dict[str, int] = {}
    for row_action, heads in connection.execute(select(journal.c.action, journal.c.heads).order_by(journal.c.seq)):
        seqs = {name: seq for name, (seq, _) in heads.items()}
        if seqs[decisions.name] >= decision.seq:
            return WriteOf(action=row_action, before=before, after=seqs)
        before = seqs
    raise LedgerError(f"the journal does not name decision {decision.id}; `fleet ledger verify` checks the ledger")


@contextmanager
def ledger_before(ledger: Ledger, write: WriteOf) -> Iterator[Ledger]:
    """Yield a ledger with the rows from before a write. It is removed afterwards."""
    with TemporaryDirectory(prefix="fleet-ledger-") as folder, Ledger(sqlite_url(Path(folder) / "copy.sqlite")) as copy:
        with ledger.reading() as source, writing(copy.engine) as target:
            for table in (*FIRST, submissions):
                query = select(table).where(table.c.seq <= write.before.get(table.name, 0)).order_by(table.c.seq)
                for rows in source.execute(query).mappings().partitions(_CHUNK):
                    target.execute(insert(table), [dict(row) for row in rows])
        yield copy.under(ledger.names)
