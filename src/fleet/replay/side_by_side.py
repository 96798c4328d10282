"""Runs several policies at the same time, each in a process of its own. The processes share the prepared hours."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from fleet.errors import FleetError
from fleet.replay.hour_loop import RunRecord

# Called with the finished share of a run.
_Progress = Callable[[float], None]
# A run that is still to be made.
Task = Callable[[_Progress], RunRecord]


@dataclass(frozen=True, kw_only=True)
class TimedRecord:
    """The record of a run, and its wall time."""

    record: RunRecord
    seconds: float


def run_side_by_side(tasks: Mapping[str, Task], report: Callable[[str, float], None]) -> dict[str, TimedRecord]:
    """Run all tasks, as many at a time as this process may use cores, and return the results in the order of the tasks.

    Linux copies a process without copying its memory, so the hours that all tasks read are in memory once. On other
    systems, and on one core, the tasks run one after the other. The results are the same.

    Args:
        report: called with the name of a task and its finished share.
    Raises: FleetError if a process ends without a result; otherwise what a task raises.
    """
    results: dict[str, TimedRecord] = {}
    at_once = min(len(tasks), _cores())
    if at_once <= 1:
        for name, task in tasks.items():
            results[name] = _timed(task, partial(report, name))
            report(name, 1.0)
        return results
    to_start = list(tasks)
    with _ended_processes() as running:
        while len(results) < len(tasks):
            while to_start and len(running) < at_once:
                name = to_start.pop(0)
                connection, process = _started(tasks[name])
                running[connection] = name, process
            ready = wait(list(running))
            for connection in [one for one in running if one in ready]:
                name, process = running[connection]
                message = _received(connection, name, process)
                if isinstance(message, BaseException):
                    raise message
                if isinstance(message, TimedRecord):
                    results[name] = message
                    del running[connection]
                    process.join()
                    message = 1.0
                report(name, message)
    return {name: results[name] for name in tasks}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def _timed(task: Task, progress: _Progress) -> TimedRecord:
    started = time.perf_counter()
    record = task(progress)
    return TimedRecord(record=record, seconds=time.perf_counter() - started)


def _started(task: Task) -> tuple[Connection, ForkProcess]:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(task, there), daemon=True)
    process.start()
    there.close()
    return here, process


def _work(task: Task, connection: Connection) -> None:
    """Run a task in a process of its own, and send shares, then the result or the error."""
    try:
        connection.send(_timed(task, connection.send))
    except BaseException as error:
        connection.send(error)


def _received(connection: Connection, name: str, process: ForkProcess) -> float | TimedRecord | BaseException:
    try:
        message: float | TimedRecord | BaseException = connection.recv()
    except EOFError:
        process.join()
        return FleetError(
            f"the run of {name} ended without a result (exit code {process.exitcode}), as if memory ran out; free "
            "memory, or replay fewer policies with --policies"
        )
    return message


@contextmanager
def _ended_processes() -> Iterator[dict[Connection, tuple[str, ForkProcess]]]:
    """Yield the running processes by their connections, and end those that still run in the end."""
    running: dict[Connection, tuple[str, ForkProcess]] = {}
    try:
        yield running
    finally:
        for connection, (_, process) in running.items():
            process.terminate()
            process.join()
            connection.close()
