"""Groups the requests that wait: one thread answers all of them in one transaction, and then the next ones."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fleet.errors import FleetError, LedgerError, UnavailableError
from fleet.service.logs import log
from fleet.workflows.job_intake import JobIntake
from fleet.workflows.submit_group import JobAnswer, SubmitRequest

_MOST_WAITING = 4_096
# A group is answered as a whole, so it must not take long.
_MOST_REQUESTS, _MOST_JOBS = 256, 10_000

Answer = list[JobAnswer] | Exception
OnGroup = Callable[[Sequence[Answer]], None]


@dataclass(frozen=True)
class _Waiting:
    request: SubmitRequest
    future: "asyncio.Future[list[JobAnswer]]"
    loop: asyncio.AbstractEventLoop


class CommitQueue:
    """Answers requests of many clients.

    Args:
        on_group: called with the answers of each group, after its commit.
    """

    def __init__(self, intake: JobIntake, on_group: OnGroup) -> None:
        self._intake, self._on_group = intake, on_group
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="commit", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    async def submit(self, request: SubmitRequest) -> list[JobAnswer]:
        """Return the answer after its commit.

        Raises: UnavailableError if too many requests wait or nothing can be recorded, and as the request deserves.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(request, loop.create_future(), loop)
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            raise UnavailableError("too many requests wait; ask again later") from None
        return await waiting.future

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, is_last = self._group(first)
            answers = self._answers(group)
            self._settle(group, answers)
            try:
                self._on_group(answers)
            except Exception:
                # Without this thread nothing is ever answered again.
                log.exception("group not counted", requests=len(group))
            if is_last:
                return

    def _group(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Return the requests that wait now, and whether the thread should end after them."""
        group, jobs = [first], len(first.request.jobs)
        while len(group) < _MOST_REQUESTS and jobs < _MOST_JOBS:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return group, False
            if waiting is None:
                return group, True
            group.append(waiting)
            jobs += len(waiting.request.jobs)
        return group, False

    def _answers(self, group: Sequence[_Waiting]) -> Sequence[Answer]:
        requests = [waiting.request for waiting in group]
        try:
            return list(self._intake.submit(requests))
        except LedgerError as error:
            log.error("group not recorded", requests=len(group), reason=str(error))
            return [UnavailableError(f"nothing was recorded: {error}")] * len(group)
        except Exception as error:
            # One request must not spoil the others.
            log.exception("group failed", requests=len(group))
            if len(group) > 1:
                return [self._answers([waiting])[0] for waiting in group]
            return [error if isinstance(error, FleetError) else UnavailableError("the request failed; see the log")]

    def _settle(self, group: Sequence[_Waiting], answers: Sequence[Answer]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, Answer]]] = {}
        for waiting, answer in zip(group, answers, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting, answer))
        for loop, pairs in by_loop.items():
            try:
                loop.call_soon_threadsafe(_set_all, pairs)
            except RuntimeError:
                # The loop has ended, and its clients with it. What is recorded is found under the job's id.
                log.warning("answers without a reader", requests=len(pairs))


def _set_all(pairs: Sequence[tuple[_Waiting, Answer]]) -> None:
    for waiting, answer in pairs:
        if waiting.future.done():
            continue
        if isinstance(answer, Exception):
            waiting.future.set_exception(answer)
        else:
            waiting.future.set_result(answer)
