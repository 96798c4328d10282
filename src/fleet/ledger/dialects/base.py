"""What the ledger needs from a database, beyond the tables."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, Table

AnyFirst = TypeVar("AnyFirst")


class Dialect(Protocol):
    """One kind of database. The ledger gives the same guarantees on each."""

    def open(self, url: URL) -> Engine:
        """Open a database in which a finished transaction survives a crash."""
        ...

    def deciding(self, engine: Engine) -> AbstractContextManager[None]:
        """Hold the lock of a whole decision. It ends with the process that holds it."""
        ...

    def deciding_write(
        self, engine: Engine, read: Callable[[Connection], AnyFirst]
    ) -> AbstractContextManager[tuple[Connection, AnyFirst]]:
        """Open a write transaction that also holds the lock of a whole decision, and read in it; see the database."""
        ...

    def leading(self, engine: Engine) -> AbstractContextManager[Callable[[], bool] | None]:
        """Try to hold the lock of the process that plans the hours, without waiting; see `Ledger.leading`."""
        ...

    def begin_writing(self, connection: Connection) -> None:
        """Wait for all other writers. Reads after it see everything that they committed."""
        ...

    def begin_reading(self, connection: Connection) -> None:
        """Let all reads of a connection see one moment of the ledger."""
        ...

    def refuse_changes(self, connection: Connection, table: Table) -> None:
        """Let the database itself refuse to change or delete a row, for any client."""
        ...

    def allow_hashes(self, connection: Connection, table: Table) -> None:
        """Let hashes be added, once, to a table that was made before the chain of hashes."""
        ...
