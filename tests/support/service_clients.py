"""Processes that serve one ledger over the network, and clients that load them."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from support.service_homes import job_body

# Runs in a new process: a service on a small workspace, whose clock stands still.
_PROGRAM = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from support.service_homes import Clock, FLEET, SETTINGS
from fleet.service.server import run_api
from fleet.service.service_settings import ServiceSettings
from fleet.service.service_state import Service
from fleet.storage.workspace import Workspace
home, port = Path(sys.argv[1]), int(sys.argv[2])
run_api(Service.open(Workspace(home), FLEET, ServiceSettings(port=port), Clock(), SETTINGS))
"""


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
        program = _PROGRAM.format(tests=str(Path(__file__).parents[1]))
        environment = {**os.environ, "FLEET_DATABASE_URL": self.url, "OMP_NUM_THREADS": "1"}
        with self._log.open("a") as log:
            words = [sys.executable, "-c", program, str(self.home), str(self.port)]
            self._process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self._process.poll() is None, self._log.read_text()[-2_000:]
            try:
                if get(self.port, "/healthz")[0] == 200:
                    return
            except (OSError, HTTPException):
                time.sleep(0.05)
        raise AssertionError("the service did not answer within 60 seconds")

    def kill(self) -> None:
        """End the process at once, as the machine may."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """End the process in order; return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

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
            if answer.status == 201:
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
