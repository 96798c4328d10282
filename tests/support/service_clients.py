"""Processes that serve one ledger over the network, and clients that load them."""

import json
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from support.service_homes import FLEET, SETTINGS, Clock, job_body

from fleet.service.server import run_api
from fleet.service.service_settings import ServiceSettings
from fleet.service.service_state import Service
from fleet.storage.workspace import Workspace

# One process imports the libraries, and each service begins as a copy of it, which saves the imports. It computes
# nothing, so it has no threads that a copy would lack.
_COPIES = multiprocessing.get_context("forkserver")
_COPIES.set_forkserver_preload(["fleet.service.server", "fleet.workflows.decide_hour", "psycopg", "alembic.command"])


def _serve(home: Path, url: str, port: int, log: Path) -> None:
    """Serve a small workspace, whose clock stands still, in a new process."""
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.environ |= {"FLEET_DATABASE_URL": url, "OMP_NUM_THREADS": "1"}
    service = Service.open(Workspace(home), FLEET, ServiceSettings(port=port), Clock(), SETTINGS)
    run_api(service)


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class ServerProcess:
    """A service in a process of its own."""

    def __init__(self, home: Path, url: str, port: int | None = None) -> None:
        self.home, self.url, self.port = home, url, port or free_port()
        self._log = home / f"service-{self.port}.log"
        self.start()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        words = self.home, self.url, self.port, self._log
        self._process = _COPIES.Process(target=_serve, args=words, daemon=True)
        self._process.start()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self._process.is_alive(), self._log.read_text()[-2_000:]
            try:
                if get(self.port, "/healthz")[0] == 200:
                    return
            except (OSError, HTTPException):
                time.sleep(0.05)
        raise AssertionError("the service did not answer within 60 seconds")

    def kill(self) -> None:
        """End the process at once, as the machine may."""
        self._process.kill()
        self._process.join()

    def stop(self) -> int:
        """End the process in order; return its exit code.

        The process first ends the plan that runs, and numba may have to compile the planner on a busy machine.
        """
        self._process.terminate()
        self._process.join(180)
        assert self._process.exitcode is not None
        return self._process.exitcode

    def cpu_s(self) -> float:
        """Return the CPU time that the process has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Return the memory that the process holds."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


@contextmanager
def server(home: Path, url: str) -> Iterator[ServerProcess]:
    """Serve a workspace, and end the process whatever happens."""
    process = ServerProcess(home, url)
    try:
        yield process
    finally:
        process.kill()


def get(port: int, path: str) -> tuple[int, Any]:
    """Return status and content of a request."""
    status, content = _get(port, path)
    return status, json.loads(content)


def get_text(port: int, path: str) -> str:
    """Return the text that a request is answered with."""
    return _get(port, path)[1].decode()


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@dataclass
class Acknowledged:
    """What clients were told.

    decisions: job id -> the decision in the answer.
    statuses: how often each status came; `lost` counts requests whose connection broke.
    """

    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, status: str) -> None:
        """Count one answer."""
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1


def submit_until_answered(port: int, body: dict[str, Any], told: Acknowledged, stop: threading.Event) -> None:
    """Submit a job again and again with one idempotency key, until it is decided."""
    key = body["id"]
    while not stop.is_set():
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            headers = {"content-type": "application/json", "Idempotency-Key": key}
            connection.request("POST", "/v1/jobs", json.dumps(body), headers)
            answer = connection.getresponse()
            content = json.loads(answer.read())
            told.count(str(answer.status))
            if answer.status == 202:
                # A repeat gets the same answer. A plan decides the queued job.
                _, found = get(port, f"/v1/decisions?job_id={key}&limit=100")
                content["decision"] = found["decisions"][-1] if found["decisions"] else None
            if answer.status == 201 or content.get("decision"):
                with told.lock:
                    told.decisions[key] = content["decision"]
                return
            time.sleep(float(answer.headers.get("Retry-After", "0.05")))
        except (OSError, HTTPException, ValueError):
            told.count("lost")
            time.sleep(0.02)
        finally:
            connection.close()


def client_threads(
    ports: list[int],
    count: int,
    told: Acknowledged,
    stop: threading.Event,
    *,
    jobs: int = 10**9,
    power_mw: float = 0.01,
) -> list[threading.Thread]:
    """Start clients that each submit one small job after another."""

    def run(number: int) -> None:
        for index in range(jobs):
            if stop.is_set():
                return
            body = job_body(f"c{number}-{index}", power_mw=power_mw * (1 + index % 5), duration_h=1 + index % 3)
            submit_until_answered(ports[number % len(ports)], body, told, stop)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads
