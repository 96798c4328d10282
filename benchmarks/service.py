"""Measures the service over loopback: a durable decision beside an empty GET, many clients, a batch, and the memory.

The peer of each case is measured in the same run: an empty GET of the same server, single-row transactions of the same
database, or one small write that waits for the disk. A decision must wait for the disk once, so no server answers it
sooner than that write; the CPU time of the server is what the program itself adds. `FLEET_BENCH_DECISIONS` sets the
length of the memory run.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from harness import Row, publish

# The server processes and the throw-away PostgreSQL are those of the tests.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.postgres import running_postgres
from support.service_clients import ServerProcess, get
from support.service_homes import job_body, write_service_home

from fleet.ledger import sqlite_url
from fleet.ledger.database import open_engine

REQUESTS, CLIENTS, EACH, BATCH = 1_000, 32, 60, 10_000
DECISIONS = int(os.environ.get("FLEET_BENCH_DECISIONS", "20000"))


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


def require_created(status: int) -> None:
    """Stop if a job was not decided: its time would say nothing."""
    if status != 201:
        raise SystemExit(f"a submission was answered with {status}, expected 201")


def wait_until_decides(process: ServerProcess) -> None:
    """Wait until the first hour is prepared. Until then a submission waits, and is then told to ask again."""
    while get(process.port, "/readyz")[0] != 200:
        time.sleep(0.2)


def body_of(name: str, number: int) -> bytes:
    """Return a small job."""
    changes = {"power_mw": 0.0005 * (1 + number % 7), "duration_h": 1 + number % 5}
    return json.dumps(job_body(f"{name}-{number}", **changes)).encode()


async def one_client(port: int) -> tuple[list[float], list[float]]:
    """Return seconds of submissions and of empty GETs, in turn, by one client."""
    posts, gets = [], []
    async with Client(port) as client:
        for number in range(REQUESTS):
            started = time.perf_counter()
            status, _ = await client.ask("POST", "/v1/jobs", body_of("single", number))
            middle = time.perf_counter()
            await client.ask("GET", "/healthz")
            require_created(status)
            posts.append(middle - started)
            gets.append(time.perf_counter() - middle)
    return posts[50:], gets[50:]


async def cpu_of(process: ServerProcess, method: str, path: str, name: str = "") -> float:
    """Return the CPU seconds of the server for one request of a kind."""
    async with Client(process.port) as client:
        before = process.cpu_s()
        for number in range(REQUESTS):
            status, _ = await client.ask(method, path, body_of(name, number) if name else b"")
            if name:
                require_created(status)
        return (process.cpu_s() - before) / REQUESTS


def synced_write_s(folder: Path) -> float:
    """Return the seconds of one write of 4 KiB that waits for the disk, the median of many."""
    seconds = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(200):
            started = time.perf_counter()
            file.write(b"x" * 4_096)
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


async def many_clients(port: int, name: str, each: int) -> tuple[float, list[float]]:
    """Return decisions per second of many clients, and the seconds of each request."""
    seconds: list[float] = []

    async def run(number: int) -> None:
        async with Client(port) as client:
            for index in range(each):
                started = time.perf_counter()
                status, _ = await client.ask("POST", "/v1/jobs", body_of(f"{name}-{number}", index))
                require_created(status)
                seconds.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(run(number) for number in range(CLIENTS)))
    return CLIENTS * each / (time.perf_counter() - started), seconds


async def batch(port: int, name: str, size: int) -> float:
    """Return the seconds of one batch."""
    jobs = [json.loads(body_of(name, number)) for number in range(size)]
    async with Client(port) as client:
        started = time.perf_counter()
        # On a busy machine the answer may come too late; the client then asks again, as it is told.
        while (await client.ask("POST", "/v1/batches", json.dumps({"jobs": jobs}).encode()))[0] == 503:
            pass
        return time.perf_counter() - started


def single_rows_per_s(url: str, seconds: float = 3.0) -> float:
    """Return how many single-row transactions per second the database commits for as many clients."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE bench (id INTEGER, content TEXT)"))
    counts, until = [0] * CLIENTS, time.perf_counter() + seconds
    # SQLite has one writer, and the pool of PostgreSQL has 15 connections.
    workers = 1 if engine.dialect.name == "sqlite" else 15

    def run(number: int) -> None:
        with engine.connect() as connection:
            while time.perf_counter() < until:
                connection.execute(sa.text("INSERT INTO bench VALUES (1, :content)"), {"content": "x" * 1_000})
                connection.commit()
                counts[number] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    return sum(counts) / seconds


def percentile(seconds: list[float], share: float) -> float:
    """Return a percentile."""
    return sorted(seconds)[min(int(share * len(seconds)), len(seconds) - 1)]


def measured(database: str, home: Path, url: str) -> list[Row]:
    """Measure the service on one database."""
    write_service_home(home)
    process = ServerProcess(home, url)
    try:
        wait_until_decides(process)
        asyncio.run(many_clients(process.port, "warm", 5))
        # The first plan of a fresh machine is compiled.
        asyncio.run(batch(process.port, "warm", 10))
        synced_s = synced_write_s(home)
        posts, gets = asyncio.run(one_client(process.port))
        rows = [
            row(f"{database}: one client, p50", percentile(posts, 0.5), "an empty GET", percentile(gets, 0.5)),
            row(f"{database}: one client, p99", percentile(posts, 0.99), "an empty GET", percentile(gets, 0.99)),
            row(f"{database}: one client, p50", percentile(posts, 0.5), "one synced write", synced_s),
            row(
                f"{database}: one client, CPU of the server",
                asyncio.run(cpu_of(process, "POST", "/v1/jobs", "cpu")),
                "an empty GET",
                asyncio.run(cpu_of(process, "GET", "/healthz")),
            ),
        ]
        before = process.cpu_s()
        per_s, seconds = asyncio.run(many_clients(process.port, "many", EACH))
        cpu_ms = 1e3 * (process.cpu_s() - before) / CLIENTS / EACH
        print(f"{database}: CPU of the server for a grouped decision: {cpu_ms:.2f} ms")
        plain = single_rows_per_s(url)
        rows.append(row(f"{database}: {CLIENTS} clients, s per decision", 1 / per_s, "single-row commits", 1 / plain))
        print(
            f"{database}: {per_s:,.0f} decisions/s, p99 {1e3 * percentile(seconds, 0.99):.0f} ms; {plain:,.0f} rows/s"
        )
        before = process.cpu_s()
        rows.append(
            row(
                f"{database}: a batch of {BATCH:,} jobs",
                asyncio.run(batch(process.port, "batch", BATCH)),
                "target",
                2.0,
            )
        )
        print(f"{database}: CPU of the server for the batch: {process.cpu_s() - before:.1f} s")
        if database == "SQLite":
            rows.append(memory(process))
        return rows
    finally:
        process.kill()


def memory(process: ServerProcess) -> Row:
    """Return the memory after many decisions, beside the memory after a fifth of them."""
    rounds = []
    for part in range(5):
        asyncio.run(many_clients(process.port, f"memory-{part}", DECISIONS // CLIENTS // 5))
        rounds.append(process.memory_mb())
    print(f"memory after each fifth of {DECISIONS:,} decisions: {', '.join(f'{mb:.0f} MB' for mb in rounds)}")
    return row(f"memory over {DECISIONS:,} decisions [MB]", rounds[-1], "after a fifth", rounds[0])


def row(case: str, ours: float, peer: str, peers: float) -> Row:
    """Return a comparison. The ratio is ours over the peer's."""
    return Row(case=case, ours_s=ours, peer=peer, peer_s=peers, ratio=ours / peers, quality_ours=1.0, quality_peer=None)


def main() -> None:
    """Measure both databases."""
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as folder:
        rows = measured("SQLite", Path(folder) / "one", sqlite_url(Path(folder) / "ledger.sqlite"))
        try:
            with running_postgres(is_durable=True) as server:
                rows += measured("PostgreSQL", Path(folder) / "two", server.new_database())
        except pytest.skip.Exception as error:
            print(f"PostgreSQL is not measured: {error}")
    load = statistics.mean(os.getloadavg())
    print(f"mean load of the machine: {load:.1f} on {os.cpu_count()} cores")
    publish("service", rows, ["fastapi", "uvicorn", "sqlalchemy"], load=load)


if __name__ == "__main__":
    main()
