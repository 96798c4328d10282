"""Runs several tasks at the same time, each in a process of its own. The processes share what is in memory before."""

import gc
import io
import multiprocessing
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any, Generic, TypeVar

from fleet.errors import FleetError

Result = TypeVar("Result")
# Called with the finished share of a task.
_Progress = Callable[[float], None]
# Called with the name of a task and its finished share.
_Report = Callable[[str, float], None]
# A task that is still to be run.
Task = Callable[[_Progress], Result]


@dataclass(frozen=True, kw_only=True)
class Timed(Generic[Result]):
    """The result of a task, and its wall time."""

    result: Result
    seconds: float


# Runs tasks, and returns the results in their order.
Runner = Callable[[Mapping[str, Task[Any]], _Report], dict[str, Timed[Any]]]


def run_in_turn(tasks: Mapping[str, Task[Result]], report: _Report) -> dict[str, Timed[Result]]:
    """Run all tasks one after the other in this process; the rest is as for `run_side_by_side`."""
    results: dict[str, Timed[Result]] = {}
    for name, task in tasks.items():
        results[name] = _timed(task, partial(report, name))
        report(name, 1.0)
    return results


def run_side_by_side(
    tasks: Mapping[str, Task[Result]], report: _Report, shared: Sequence[object] = ()
) -> dict[str, Timed[Result]]:
    """Run all tasks, as many at a time as this process may use cores, and return the results in the order of the tasks.

    Linux copies a process without copying its memory, so the values that all tasks read are in memory once. On other
    systems, and on one core, the tasks run one after the other. The results are the same. The tasks start in their
    order, so a long one belongs to the front.

    Args:
        report: called with the name of a task and its finished share.
        shared: objects that results hold. They are not copied: each result holds the objects of this process.
    Raises: FleetError if a process ends without a result; otherwise what a task raises.
    """
    results: dict[str, Timed[Result]] = {}
    at_once = min(len(tasks), _cores())
    if at_once <= 1:
        return run_in_turn(tasks, report)
    to_start = list(tasks)
    with _ended_processes() as running:
        while len(results) < len(tasks):
            while to_start and len(running) < at_once:
                name = to_start.pop(0)
                connection, process = _started(tasks[name], shared, list(running))
                running[connection] = name, process
            ready = wait(list(running))
            for connection in [one for one in running if one in ready]:
                name, process = running[connection]
                message = _received(connection, name, process, shared)
                if isinstance(message, BaseException):
                    raise message
                if isinstance(message, Timed):
                    results[name] = message
                    del running[connection]
                    process.join()
                    message = 1.0
                report(name, message)
    return {name: results[name] for name in tasks}


def _cores() -> int:
    # A process of a pool may not have processes of its own.
    if sys.platform != "linux" or multiprocessing.current_process().daemon:
        return 1
    return len(os.sched_getaffinity(0))


def _timed(task: Task[Result], progress: _Progress) -> Timed[Result]:
    started = time.perf_counter()
    result = task(progress)
    return Timed(result=result, seconds=time.perf_counter() - started)


def _started(task: Task[Any], shared: Sequence[object], others: Sequence[Connection]) -> tuple[Connection, ForkProcess]:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(task, there, shared, [*others, here]), daemon=True)
    process.start()
    there.close()
    return here, process


def _work(task: Task[Any], connection: Connection, shared: Sequence[object], read_ends: Sequence[Connection]) -> None:
    """Run a task in a process of its own, and send shares, then the result or the error.

    Args:
        read_ends: copies of what only the first process reads. While a copy is open, a process that sends waits for a
            reader, even after the first process was killed.
    """
    for read_end in read_ends:
        read_end.close()
    try:
        result = _timed(task, connection.send)
        connection.send_bytes(_packed(result, shared))
    except BaseException as error:
        # Nobody reads the error if the first process has ended.
        with suppress(BrokenPipeError):
            connection.send(error)


def _received(
    connection: Connection, name: str, process: ForkProcess, shared: Sequence[object]
) -> float | Timed[Any] | BaseException:
    try:
        packed = connection.recv_bytes()
    except (EOFError, OSError):
        # OSError: the process ended in the middle of a message.
        process.join()
        return FleetError(
            f"the run of {name} ended without a result (exit code {process.exitcode}), as if memory ran out; free "
            "memory and try again"
        )
    message: float | Timed[Any] | BaseException = _unpacked(packed, shared)
    return message


class _Packer(pickle.Pickler):
    """Writes the position of a shared object in its place. A copied process has it at the same address."""

    def __init__(self, file: io.BytesIO, shared: Sequence[object]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._position = {id(one): position for position, one in enumerate(shared)}

    def persistent_id(self, one: object) -> int | None:
        return self._position.get(id(one))


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: Sequence[object]) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, position: int) -> object:
        return self._shared[position]


def _packed(result: object, shared: Sequence[object]) -> memoryview:
    file = io.BytesIO()
    with _without_collector():
        _Packer(file, shared).dump(result)
    return file.getbuffer()


def _unpacked(packed: bytes, shared: Sequence[object]) -> Any:
    with _without_collector():
        return _Unpacker(io.BytesIO(packed), shared).load()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Stop Python's collector of cyclic garbage, which would walk through all new objects again and again.

    A result of a hundred thousand objects is packed and unpacked in half the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _ended_processes() -> Iterator[dict[Connection, tuple[str, ForkProcess]]]:
    """Yield the running processes by their connections, and end those that still run in the end.

    Meanwhile the collector of cyclic garbage leaves the objects of now alone: by marking them, it would copy their
    memory in each process.
    """
    running: dict[Connection, tuple[str, ForkProcess]] = {}
    gc.freeze()
    try:
        yield running
    finally:
        gc.unfreeze()
        for connection, (_, process) in running.items():
            process.terminate()
            process.join()
            connection.close()
