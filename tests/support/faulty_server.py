"""A real HTTP server on loopback that answers as a test says: errors, slow bytes, half a body, redirects, TLS."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Records a request, and lets the server's behaviour answer it."""

    server: "_Server"

    def do_GET(self) -> None:
        """Answer a request."""
        self.server.faults.paths.append(self.path)
        self.server.faults.headers.append(dict(self.headers))
        self.server.faults.behaviour(self)

    def log_message(self, *_: object) -> None:
        """Write no log."""

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send an answer. An underscore in the name of a header is a dash."""
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Faults:
    """A running server.

    behaviour: answers each request; a test may replace it.
    paths, headers: those of the requests so far.
    """

    behaviour: Behaviour
    url: str = ""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    faults: Faults

    def handle_error(self, *_: object) -> None:
        """Ignore a client that went away."""


@contextmanager
def serving(behaviour: Behaviour, *, certificate: Path | None = None) -> Iterator[Faults]:
    """Run a server until the end of the block.

    Args:
        certificate: file with a certificate and its key; the server then speaks TLS.
    """
    server = _Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    server.faults = Faults(behaviour=behaviour, url=f"{scheme}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.faults
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def in_turn(*replies: Behaviour) -> Behaviour:
    """Return a behaviour that uses each reply once, and the last one from then on."""
    left = list(replies)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def status(code: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    """Return a behaviour that answers with a status."""
    return lambda handler: handler.reply(code, body, **headers)


def slowly(handler: Handler) -> None:
    """Send one byte every 50 ms for half a minute."""
    handler.send_response(200)
    handler.send_header("Content-Length", "600")
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def slow_head(handler: Handler) -> None:
    """Send a header every 50 ms for ten seconds, so that no single wait is long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(200):
        handler.wfile.write(f"X-{number}: y\r\n".encode())
        handler.wfile.flush()
        time.sleep(0.05)


def never(handler: Handler) -> None:
    """Send nothing for half a minute."""
    time.sleep(30)


def half(handler: Handler) -> None:
    """Send half of the announced body, and close the connection."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"x" * 50)
    handler.close_connection = True
