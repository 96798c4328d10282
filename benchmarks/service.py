"""Measures the service over loopback: a durable decision beside an empty GET, many clients, a batch, and the memory.

Each case has a peer in the same run: an empty GET of the same server, one small write that waits for the disk, or
transactions of a single row in the same database. Cases and peers take turns, so that a busy machine slows both. A
decision waits for the disk once, so it cannot be answered sooner than that write.

FLEET_BENCH_REQUESTS sets the requests of one client, FLEET_BENCH_EACH those of each of many clients, FLEET_BENCH_BATCH
the jobs of the batch, and FLEET_BENCH_DECISIONS the decisions of the memory run.
"""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from harness import Row, keep, show
from service_load import (
    CLIENTS,
    batch_s,
    cpu_ms,
    in_turn,
    many_clients,
    percentile,
    single_rows_per_s,
    wait_until_decides,
)
from support.postgres import running_postgres
from support.service_clients import ServerProcess
from support.service_homes import write_service_home

from fleet.ledger import sqlite_url

REQUESTS = int(os.environ.get("FLEET_BENCH_REQUESTS", "1000"))
EACH = int(os.environ.get("FLEET_BENCH_EACH", "40"))
BATCH = int(os.environ.get("FLEET_BENCH_BATCH", "10000"))
DECISIONS = int(os.environ.get("FLEET_BENCH_DECISIONS", "4000"))
ROUNDS, PARTS = 3, 5
# SQLite has no target: it commits with one writer.
_MANY_TARGET = {"SQLite": "", "PostgreSQL": ">= 1,000/s or factor >= 1"}
PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "psycopg")

# Values of the table in the unit of the result file. Memory stays in MB.
_SECONDS: Mapping[str, Callable[[float], float]] = {
    "ms": lambda value: value / 1e3,
    "s": lambda value: value,
    "/s": lambda value: 1 / value,
    "MB": lambda value: value,
}


class Table:
    """The rows of the result: for people with units and targets, and for the result file in seconds."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = []
        self.rows: list[Row] = []

    def add(
        self, case: str, count: int, ours: float, peer: str, peers: float, unit: str = "ms", target: str = ""
    ) -> None:
        """Add a comparison. In the table, the factor is ours over the peer's."""
        case, factor = f"{case} (N = {count:,})", ours / peers
        self.lines.append([case, f"{ours:,.3g} {unit}", f"{peer}: {peers:,.3g} {unit}", f"{factor:.2f}", target])
        ours_s, peer_s = (_SECONDS[unit](value) for value in (ours, peers))
        ratio = peer_s / ours_s
        self.rows.append(
            Row(case=case, ours_s=ours_s, peer=peer, peer_s=peer_s, ratio=ratio, quality_ours=1.0, quality_peer=None)
        )


def one_client(table: Table, database: str, process: ServerProcess) -> float:
    """Measure the answers to one client; return the CPU time of the server for a decision."""
    turns = asyncio.run(in_turn(process.port, "turn", REQUESTS, process.home))
    for share, name, target in ((0.5, "p50", "3"), (0.99, "p99", "6")):
        decision, get, write = (1e3 * percentile(one, share) for one in (turns.decision_s, turns.get_s, turns.write_s))
        case = f"{database}: one client, {name}"
        table.add(case, REQUESTS, decision, "empty GET", get, target=f"<= {target}")
        table.add(case, REQUESTS, decision, "empty GET + synced write", get + write)
    decision, get = (asyncio.run(cpu_ms(process, REQUESTS, name)) for name in ("cpu", ""))
    table.add(f"{database}: CPU of the server", REQUESTS, decision, "empty GET", get)
    return decision


def grouped(table: Table, database: str, process: ServerProcess, url: str, single_ms: float) -> None:
    """Measure many clients, in turn with transactions of a single row."""
    ours, peers, seconds, before = [], [], [], process.cpu_s()
    for number in range(ROUNDS):
        per_s, waits = asyncio.run(many_clients(process.port, f"many-{number}", EACH))
        ours.append(per_s)
        seconds += waits
        peers.append(single_rows_per_s(url, 1.0))
    per_s, plain = statistics.median(ours), statistics.median(peers)
    cpu = 1e3 * (process.cpu_s() - before) / len(seconds)
    case = f"{database}: {CLIENTS} clients"
    table.add(case, len(seconds), per_s, "single rows", plain, unit="/s", target=_MANY_TARGET[database])
    table.add(f"{case}, p99", len(seconds), 1e3 * percentile(seconds, 0.99), "p50", 1e3 * percentile(seconds, 0.5))
    table.add(f"{case}, CPU of the server", len(seconds), cpu, "one client", single_ms)


def batch(table: Table, database: str, process: ServerProcess) -> None:
    """Measure one batch."""
    before = process.cpu_s()
    seconds = asyncio.run(batch_s(process.port, "batch", BATCH))
    table.add(f"{database}: a batch", BATCH, seconds, "CPU of the server", process.cpu_s() - before, "s", "<= 2 s")


def memory(table: Table, database: str, process: ServerProcess) -> None:
    """Measure the memory after each part of many decisions."""
    sizes = []
    for part in range(PARTS):
        asyncio.run(many_clients(process.port, f"memory-{part}", DECISIONS // CLIENTS // PARTS))
        sizes.append(process.memory_mb())
    print(f"{database}: MB after each fifth of {DECISIONS:,} decisions: {', '.join(f'{size:.0f}' for size in sizes)}")
    table.add(f"{database}: memory", DECISIONS, sizes[-1], "after a fifth", sizes[0], "MB", "steady")


def measure(table: Table, database: str, home: Path, url: str) -> None:
    """Measure the service on one database."""
    write_service_home(home)
    process = ServerProcess(home, url)
    try:
        wait_until_decides(process)
        asyncio.run(many_clients(process.port, "warm", 5))
        # The first plan of a fresh machine is compiled.
        asyncio.run(batch_s(process.port, "warm", 10))
        single_ms = one_client(table, database, process)
        grouped(table, database, process, url, single_ms)
        batch(table, database, process)
        memory(table, database, process)
    finally:
        process.kill()


def main() -> None:
    """Measure both databases."""
    table, loads = Table(), [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as folder:
        measure(table, "SQLite", Path(folder) / "one", sqlite_url(Path(folder) / "ledger.sqlite"))
        loads.append(os.getloadavg()[0])
        try:
            with running_postgres(is_durable=True) as server:
                measure(table, "PostgreSQL", Path(folder) / "two", server.new_database())
        except pytest.skip.Exception as error:
            print(f"PostgreSQL is not measured: {error}")
    loads.append(os.getloadavg()[0])
    title = keep("service", table.rows, PACKAGES, load=loads)
    show(title, ["case", "ours", "peer", "ours / peer", "target"], table.lines, markdown=True)
    print(f"\nload of the machine: {', '.join(f'{load:.1f}' for load in loads)} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
