"""Takes submitted jobs: decides them at once in the current hour, or queues them with the reason, and records both.

All requests that wait are answered in one transaction. The answer is given after the commit.
"""

import threading
import time
from collections.abc import Callable, Sequence

from fleet.conformal.controller import Controller
from fleet.domain.clock import Hour
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import Job
from fleet.domain.observed import last_full_hour
from fleet.errors import FleetError, LedgerError, UnavailableError
from fleet.ledger import Ledger, LedgerWriter
from fleet.ledger.decision_entry import cells_of
from fleet.live.current_hour import CurrentHour
from fleet.live.live_forecast import ForecastAhead
from fleet.workflows.decide_hour import HourRequest, forecast_now
from fleet.workflows.live_coverage import Coverage, live_coverage
from fleet.workflows.submit_group import JobAnswer, SubmitGroup, SubmitRequest

# After a failure the inputs are read again this much later, because it takes time.
_RETRY_S = 5.0
# A job waits this long for the inputs of a new hour, and is queued after that.
_PATIENCE_S = 5.0
_NOT_READ = "the hour is not read yet"


class JobIntake:
    """Decides jobs of one workspace, from any thread.

    Args:
        request_of: returns the request of the present hour.
        now_utc: returns the current time, such as 2024-07-01T12:00:05Z.

    Attributes:
        has_queued: some jobs were queued since a plan reset this.
    """

    def __init__(self, ledger: Ledger, request_of: Callable[[str], HourRequest], now_utc: Callable[[], str]) -> None:
        self._ledger, self._request_of, self._now_utc = ledger, request_of, now_utc
        # Guards the picture and its transaction. Nobody holds it while inputs are read or forecasts are made.
        self._lock = threading.RLock()
        self._current: CurrentHour | None = None
        self._opened: HourRequest | None = None
        # Held by the thread that reads the inputs.
        self._reading = threading.Lock()
        self._swapping = threading.Lock()
        self._request: HourRequest | None = None
        self._changes = 0
        self.has_queued = False
        self._why_not, self._tried_at = "", -_RETRY_S

    @property
    def why_not(self) -> str:
        """Why jobs are queued; empty if they are decided at once."""
        current = self._current
        is_open = current is not None and current.is_now(self._first())
        return "" if is_open else self._why_not or _NOT_READ

    @property
    def current(self) -> CurrentHour | None:
        """The hour in which jobs are decided; None if they are queued."""
        return self._current

    def new_request(self) -> HourRequest:
        """Return a request of the present hour, which has read nothing yet."""
        return self._request_of(self._now_utc())

    def forget(self) -> None:
        """Read the inputs again before the next decision, because they have changed."""
        with self._lock, self._swapping:
            self._changes += 1
            self._current, self._request, self._tried_at = None, None, -_RETRY_S

    def make_ready(self) -> str:
        """Read the present hour if it is not read yet. Return why that failed; empty if it did not."""
        if self._read_inputs():
            try:
                with self._lock, self._ledger.deciding_at_once() as writer:
                    self._open(writer)
            except FleetError as error:
                self._fail(error)
        return self.why_not

    def submit(self, requests: Sequence[SubmitRequest]) -> list[list[JobAnswer] | FleetError]:
        """Answer requests, in their order. All that is new is committed when this method returns.

        Returns: for each request its answers, or why it is refused.
        Raises: LedgerError if nothing could be recorded; no request was then accepted.
        """
        self._read_inputs(_PATIENCE_S)
        with self._lock:
            made_utc = self._now_utc()
            job_ids = [job.id for request in requests for job in request.jobs]
            try:
                with self._ledger.deciding_at_once(job_ids) as writer:
                    group = SubmitGroup(writer, self._open(writer), self._why_not or _NOT_READ, made_utc)
                    answers = group.answer(requests)
                    group.write()
                self.has_queued = self.has_queued or group.has_queued
            except BaseException:
                # The picture may hold decisions that were not recorded.
                self._current = None
                raise
            return answers

    def what_if(self, jobs: Sequence[Job]) -> list[JobAnswer]:
        """Return the answers that these jobs would get now, together. Nothing is recorded.

        Raises: UnavailableError if jobs are queued at present.
        """
        self._read_inputs(_PATIENCE_S)
        with self._lock:
            entries = self._present().trial().decide(jobs, self._now_utc())
        return [
            JobAnswer(job_id=entry.decision.job_id, decision=cells_of(entry, 0), note="", is_new=True)
            for entry in entries
        ]

    def headroom(self, duration_h: int) -> HeadroomCurve:
        """Return the headroom that is left now for jobs of a duration. Raises: UnavailableError as `what_if`."""
        self._read_inputs(_PATIENCE_S)
        with self._lock:
            return self._present().open_hour.curve(duration_h)

    def forecast(self) -> ForecastAhead:
        """Forecast the hours ahead. Raises: UnavailableError as `what_if`."""
        # Forecasts take long, and submissions wait for the lock.
        return forecast_now(self._open_request("nothing can be forecast now"))

    def coverage(self) -> list[Coverage]:
        """Return how often actual values were inside their stated bands. Raises: UnavailableError as `what_if`."""
        return live_coverage(self._open_request("the telemetry cannot be used now"))

    def controller(self) -> Controller | None:
        """Return the controller of the present hour; None if there is none, or if jobs are queued at present."""
        current = self._current
        return None if current is None else current.open_hour.controller

    def _open_request(self, failure: str) -> HourRequest:
        self._read_inputs(_PATIENCE_S)
        request = self._request
        if request is None:
            raise UnavailableError(f"{failure}: {self._why_not or _NOT_READ}")
        return request

    def _present(self) -> CurrentHour:
        """Return the picture of this moment."""
        # A write transaction, though nothing is written: the picture must be that of one moment.
        with self._ledger.deciding_at_once() as writer:
            current = self._open(writer)
        if current is None:
            raise UnavailableError(f"nothing can be decided now: {self._why_not or _NOT_READ}")
        return current

    def _first(self) -> Hour:
        return last_full_hour(self._now_utc()) + 1

    def _read_inputs(self, patience_s: float = -1.0) -> bool:
        """Read telemetry and forecasts of the present hour if they are not read yet. One thread reads at a time.

        Args:
            patience_s: wait at most this long for the thread that reads; negative waits without limit.
        Returns: False if that fails, or takes longer.
        """
        if not self._reading.acquire(timeout=patience_s):
            return False
        try:
            while (is_read := self._read_once()) is None:
                pass
            return is_read
        finally:
            self._reading.release()

    def _read_once(self) -> bool | None:
        """Read as `_read_inputs` does; return None if the inputs changed meanwhile."""
        with self._swapping:
            changes, request = self._changes, self._request
            if request is not None and request.origin + 1 != self._first():
                # The hour has changed.
                self._request, self._tried_at = None, -_RETRY_S
        if self._request is not None:
            return True
        if time.monotonic() - self._tried_at < _RETRY_S:
            return False
        self._tried_at = time.monotonic()
        try:
            request = self._request_of(self._now_utc())
            request.require_telemetry()
            request.prepare()
        except FleetError as error:
            self._fail(error)
            return False
        with self._swapping:
            if changes != self._changes:
                return None
            self._request, self._why_not = request, ""
        return True

    def _open(self, writer: LedgerWriter) -> CurrentHour | None:
        """Return the current hour, kept equal to the ledger; None if jobs are queued."""
        request = self._request
        if request is None or request.origin + 1 != self._first():
            return None
        try:
            if self._current is None or self._opened is not request:
                self._current, self._opened = CurrentHour.read(request.read(), self._ledger, writer), request
            else:
                self._current = self._current.caught_up(writer)
        except LedgerError:
            raise
        except FleetError as error:
            self._fail(error)
            return None
        return self._current

    def _fail(self, error: FleetError) -> None:
        self._current, self._request = None, None
        self._why_not = " ".join(str(error).split())
