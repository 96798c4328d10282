"""Clients that are slow, too large, malformed or too many are answered and cut off; the others do not notice."""

import contextlib
import socket
import threading
import time
from contextlib import closing

import pytest
import uvicorn
from support.service_clients import free_port

from fleet.service import guarded_protocol
from fleet.service.guarded_protocol import GuardedProtocol

WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
# What a slow client sends, and never goes on with.
UNFINISHED = [
    b"",
    b"G",
    b"GET / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b",
    WHOLE + b"GET",
]


async def alive(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def port(monkeypatch):
    monkeypatch.setattr(guarded_protocol, "HEAD_S", 0.4)
    monkeypatch.setattr(guarded_protocol, "MOST_CONNECTIONS", 3)
    number = free_port()
    config = uvicorn.Config(alive, port=number, http=GuardedProtocol, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.01)
    yield number
    server.should_exit = True
    thread.join(30)


def told(port, words):
    """Send words, and return all that is received until the connection ends."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as link:
        link.sendall(words)
        received = b""
        while part := link.recv(65_536):
            received += part
        return received


@pytest.mark.slow
@pytest.mark.parametrize("words", UNFINISHED)
def test_a_head_that_does_not_arrive_in_time_ends_the_connection(port, words):
    answers = told(port, words)
    assert b"HTTP/1.1 408 Request Timeout\r\n" in answers
    assert b"application/problem+json" in answers
    assert answers.startswith(b"HTTP/1.1 200") == words.startswith(WHOLE)


def test_a_head_that_arrives_byte_by_byte_ends_the_connection(port):
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as link:
        sent = 0
        # The time of the whole head is limited, and not that of each byte.
        with contextlib.suppress(ConnectionError):
            for letter in WHOLE[:-2] + b"X-Slow: " + b"x" * 400:
                link.sendall(bytes([letter]))
                sent += 1
                time.sleep(0.02)
        assert sent < 400


def test_a_byte_that_begins_no_request_does_not_keep_a_connection(port):
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as link:
        link.sendall(WHOLE)
        assert link.recv(1_000).startswith(b"HTTP/1.1 200")
        link.sendall(b"\r\n")
        assert link.recv(1_000).startswith(b"HTTP/1.1 408")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        WHOLE[:-2] + b"X-Large: " + b"x" * 70_000 + b"\r\n\r\n",
        WHOLE[:-2] + b"X-Many: xxxxxxxxxxxxxxxx\r\n" * 4_000 + b"\r\n",
        b"GET /" + b"x" * 70_000,
    ],
)
def test_a_head_that_is_too_large_is_refused(port, words):
    assert told(port, words).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_what_is_no_request_is_refused_with_a_problem(port):
    answer = told(port, b"\x16\x03\x01 hello\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"application/problem+json" in answer


def test_too_many_connections_are_told_to_come_back(port, monkeypatch):
    monkeypatch.setattr(guarded_protocol, "HEAD_S", 5.0)
    links = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(3)]
    time.sleep(0.2)
    answer = told(port, b"")
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"retry-after: 2\r\n" in answer.lower()
    for link in links:
        link.close()
    time.sleep(0.2)
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as link:
        link.sendall(WHOLE)
        assert link.recv(100).startswith(b"HTTP/1.1 200")
