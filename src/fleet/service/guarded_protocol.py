"""The connections of clients: too many, too slow or malformed ones are answered with a problem, and closed.

uvicorn has a time limit only between two requests. A client that never finishes its first line, or that never reads
its answer, would hold its connection for ever.
"""

import asyncio
import socket
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fleet.service.problems import problem

# The head of a request must have arrived this long after the connection or its first byte.
HEAD_S = 10.0
MOST_HEAD_BYTES = 64 * 1024
MOST_CONNECTIONS = 1_000
# The system closes a connection whose client takes in nothing for this long.
_UNREAD_MS = 30_000


class GuardedProtocol(HttpToolsProtocol):
    """One connection of a client."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._is_in_head, self._head_bytes = False, 0
        self._status = HTTPStatus.BAD_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(transport)
        _close_unread(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections; ask again later")
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        # The parser keeps an unfinished header, so its size is known only here.
        self._head_bytes = self._head_bytes + len(data) if self._is_in_head else 0
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _head_words())
        is_idle = self.cycle is None or self.cycle.response_complete
        if is_idle and self._timer is None and not self.transport.is_closing():
            # Any byte ends the time limit of uvicorn between two requests, also one that begins no request.
            self._await_head()

    def on_message_begin(self) -> None:
        """Begin the head of a request."""
        super().on_message_begin()
        self._is_in_head = True
        if self._timer is None:
            self._await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. Raises: ValueError if the head is too large; the parser then refuses the request."""
        super().on_header(name, value)
        if sum(len(one) + len(other) for one, other in self.headers) > MOST_HEAD_BYTES:
            self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError(_head_words())

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._is_in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that cannot be parsed."""
        self._refuse(self._status, msg if self._status == HTTPStatus.BAD_REQUEST else _head_words())

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_S, self._head_is_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"the head did not arrive within {HEAD_S:g} seconds")

    def _refuse(self, status: int, words: str) -> None:
        """Answer with a problem, and close the connection."""
        self._stop_timer()
        answer = problem(status, words, headers={"Connection": "close"})
        lines = [f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}".encode()]
        lines += [b"%s: %s" % pair for pair in answer.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"", answer.body]))
        self.transport.close()


def _head_words() -> str:
    return f"the head of the request is larger than {MOST_HEAD_BYTES // 1024} KiB"


def _close_unread(transport: asyncio.Transport) -> None:
    """Let the system close a connection whose client is gone, or takes in nothing."""
    link = transport.get_extra_info("socket")
    # Other systems than Linux lack the option, and the test of a transport has no socket.
    if link is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
