"""Server-sent events of new decisions, read from the ledger, so those of other processes are sent, too."""

import asyncio
from collections.abc import AsyncIterator, Callable

from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from fleet.errors import LedgerError, UnavailableError
from fleet.ledger import DecisionRecord
from fleet.ledger.chain import heads_of
from fleet.ledger.decision_page import decisions_after
from fleet.ledger.tables import decisions
from fleet.service.service_state import Service

_EVERY_S = 0.5
_AT_ONCE = 200
# A comment keeps proxies from closing a quiet stream.
_QUIET = 30


class Events:
    """Readers of new decisions."""

    def __init__(self, service: Service) -> None:
        self._service, self._readers = service, 0

    def newest(self) -> int:
        """Return the row of the newest decision."""
        with self._service.ledger.reading() as connection:
            return heads_of(connection)[decisions.name].seq

    def require_place(self) -> None:
        """Raises: UnavailableError if there are too many readers."""
        if self._readers >= self._service.settings.most_streams:
            raise UnavailableError("too many readers of events; ask again later")

    async def follow(self, after: int, may_read: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Yield events until the reader leaves or the service stops.

        Args:
            may_read: asked again and again, in a thread; the stream ends when the answer is False.
        """
        if self._readers >= self._service.settings.most_streams:
            yield b"event: refused\ndata: too many readers of events; ask again later\n\n"
            return
        self._readers += 1
        quiet = 0
        try:
            yield b": decisions\n\n"
            while not self._service.stopping.is_set() and await run_in_threadpool(may_read):
                records = await run_in_threadpool(self._read, after)
                for record in records:
                    after = record.seq
                    yield b"id: %d\nevent: decision\ndata: %s\n\n" % (record.seq, to_json(record.as_dict()))
                quiet = 0 if records else quiet + 1
                if quiet >= _QUIET:
                    quiet = 0
                    yield b": quiet\n\n"
                if len(records) < _AT_ONCE:
                    await asyncio.sleep(_EVERY_S)
        finally:
            self._readers -= 1

    def _read(self, after: int) -> list[DecisionRecord]:
        ledger = self._service.ledger
        try:
            with ledger.reading() as connection:
                return list(decisions_after(connection, ledger.names, after_seq=after, limit=_AT_ONCE))
        except LedgerError:
            # The database is away. The reader waits, and loses nothing.
            return []
