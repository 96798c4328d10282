"""The clients of the benchmark of the service: one that asks in turn, many at once, a batch, and the peers."""

import asyncio
import json
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

# The server processes are those of the tests.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.service_clients import ServerProcess, get
from support.service_homes import job_body

from fleet.ledger.database import open_engine

CLIENTS = 32
# The first requests of a connection are not counted.
_WARM = 20
_RETRY_S = 0.2
# SQLite has one writer, and the pool of PostgreSQL has 15 connections.
_WRITERS = {"sqlite": 1, "postgresql": 15}


class Client:
    """One client with a connection that stays open."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> "Client":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**26)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._writer.close()

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Return status and content of one request."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        size = next(int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length"))
        return int(lines[0].split()[1]), await self._reader.readexactly(size)

    async def decide(self, body: bytes) -> None:
        """Submit a job. A job that was not decided ends the benchmark, because its time would say nothing."""
        status, content = await self.ask("POST", "/v1/jobs", body)
        if status != 201:
            raise SystemExit(f"a submission was answered with {status}, expected 201: {content.decode()[:300]}")


@dataclass
class Turns:
    """Seconds of requests that took turns: a decision, an empty GET, and a small write that waits for the disk."""

    decision_s: list[float] = field(default_factory=list)
    get_s: list[float] = field(default_factory=list)
    write_s: list[float] = field(default_factory=list)


def body_of(name: str, number: int) -> bytes:
    """Return a small job."""
    changes = {"power_mw": 0.0005 * (1 + number % 7), "duration_h": 1 + number % 5}
    return json.dumps(job_body(f"{name}-{number}", **changes)).encode()


def wait_until_decides(process: ServerProcess) -> None:
    """Wait until the first hour is prepared. Until then a submission waits, and is then told to ask again."""
    while get(process.port, "/readyz")[0] != 200:
        time.sleep(_RETRY_S)


async def in_turn(port: int, name: str, requests: int, folder: Path) -> Turns:
    """Measure one client. A busy machine slows what takes turns alike."""
    turns = Turns()
    async with Client(port) as client:
        with (folder / "synced").open("wb", buffering=0) as file:
            for number in range(requests + _WARM):
                started = time.perf_counter()
                await client.decide(body_of(name, number))
                decided = time.perf_counter()
                await client.ask("GET", "/healthz")
                answered = time.perf_counter()
                _write_synced(file)
                turns.decision_s.append(decided - started)
                turns.get_s.append(answered - decided)
                turns.write_s.append(time.perf_counter() - answered)
    return Turns(turns.decision_s[_WARM:], turns.get_s[_WARM:], turns.write_s[_WARM:])


def _write_synced(file: BinaryIO) -> None:
    file.write(b"x" * 4_096)
    os.fdatasync(file.fileno())


async def cpu_ms(process: ServerProcess, requests: int, name: str = "") -> float:
    """Return the CPU time of the server for one request of one client: a decision, or an empty GET without a name."""
    async with Client(process.port) as client:
        before = process.cpu_s()
        for number in range(requests):
            if name:
                await client.decide(body_of(name, number))
            else:
                await client.ask("GET", "/healthz")
        return 1e3 * (process.cpu_s() - before) / requests


async def many_clients(port: int, name: str, each: int) -> tuple[float, list[float]]:
    """Return decisions per second of many clients, and the seconds of each request."""
    seconds: list[float] = []

    async def run(number: int) -> None:
        async with Client(port) as client:
            for index in range(each):
                started = time.perf_counter()
                await client.decide(body_of(f"{name}-{number}", index))
                seconds.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(run(number) for number in range(CLIENTS)))
    return CLIENTS * each / (time.perf_counter() - started), seconds


async def batch_s(port: int, name: str, size: int) -> float:
    """Return the seconds of one batch, with all its repeats: a client that gets 503 asks again, as it is told."""
    body = json.dumps({"jobs": [json.loads(body_of(name, number)) for number in range(size)]}).encode()
    async with Client(port) as client:
        started = time.perf_counter()
        while (status := (await client.ask("POST", "/v1/batches", body))[0]) == 503:
            await asyncio.sleep(_RETRY_S)
        if status != 201:
            raise SystemExit(f"a batch was answered with {status}, expected 201")
        return time.perf_counter() - started


def single_rows_per_s(url: str, seconds: float) -> float:
    """Return how many transactions of a single row the database commits in a second, with many writers."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE IF NOT EXISTS bench (id INTEGER, content TEXT)"))
    counts, until = [0] * _WRITERS[engine.dialect.name], time.perf_counter() + seconds

    def run(number: int) -> None:
        with engine.connect() as connection:
            while time.perf_counter() < until:
                connection.execute(sa.text("INSERT INTO bench VALUES (1, :content)"), {"content": "x" * 1_000})
                connection.commit()
                counts[number] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    return sum(counts) / seconds


def percentile(seconds: list[float], share: float) -> float:
    """Return a percentile."""
    return sorted(seconds)[min(int(share * len(seconds)), len(seconds) - 1)]
