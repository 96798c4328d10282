"""Plans the queue at each new hour and after new telemetry. One of the processes on a database does it."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from fleet.domain.observed import last_full_hour
from fleet.errors import FleetError
from fleet.ledger import Ledger
from fleet.service.logs import log
from fleet.service.metrics import Metrics
from fleet.workflows.decide_hour import HourRequest
from fleet.workflows.inputs_mark import inputs_mark
from fleet.workflows.job_intake import JobIntake
from fleet.workflows.live_coverage import record_bands
from fleet.workflows.plan_hour import plan_hour, record_outcomes

_LEAD_EVERY_S, _AGAIN_S = 5.0, 10.0


class PlanningLoop:
    """A thread that looks for a new hour or new telemetry each `tick_s`.

    Args:
        plans: plan the hours, if no other process does; otherwise only keep the inputs of this process fresh.
    """

    def __init__(self, ledger: Ledger, intake: JobIntake, metrics: Metrics, *, plans: bool, tick_s: float) -> None:
        self._ledger, self._intake, self._metrics = ledger, intake, metrics
        self._plans, self._tick_s = plans, tick_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hour", daemon=True)
        self._leadership = ExitStack()
        self._holds: Callable[[], bool] | None = None
        self._tried_at = self._failed_at = -1e9
        self._seen: object = None
        self._planned: object = None
        self.fault = ""

    @property
    def is_leader(self) -> bool:
        """Tell whether this process plans the hours."""
        return self._holds is not None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the plan that runs."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        with self._leadership:
            while True:
                try:
                    self.tick()
                except Exception:
                    # The loop must go on, whatever fails.
                    log.exception("hour loop failed")
                if self._stopping.wait(self._tick_s):
                    return

    def tick(self) -> None:
        """Do what is due."""
        request = self._intake.new_request()
        mark = inputs_mark(request.workspace)
        if mark != self._seen:
            self._seen = mark
            self._intake.forget()
        self._intake.make_ready()
        if not self._plans or not self._leads():
            return
        due = (mark, last_full_hour(request.now_utc))
        is_due = due != self._planned or self._intake.has_queued
        if is_due and time.monotonic() - self._failed_at >= _AGAIN_S:
            self._plan(request, due)

    def _plan(self, request: HourRequest, due: object) -> None:
        started = time.monotonic()
        self._intake.has_queued = False
        try:
            hour = plan_hour(request, self._ledger)
            outcomes = record_outcomes(request, self._ledger)
            record_bands(request)
        except FleetError as error:
            self.fault, self._failed_at, self._intake.has_queued = " ".join(str(error).split()), time.monotonic(), True
            self._metrics.failed_plans.inc()
            log.warning("plan failed", reason=self.fault)
            return
        self.fault, self._planned = "", due
        seconds = time.monotonic() - started
        self._metrics.plans.observe(seconds)
        for entry in hour.entries:
            self._metrics.decisions.labels(entry.decision.verdict.value, entry.decision.binding.limit.label).inc()
        log.info(
            "planned", origin=str(hour.origin_utc), decisions=len(hour.entries), outcomes=outcomes, s=round(seconds, 2)
        )

    def _leads(self) -> bool:
        if self._holds is not None and self._holds():
            return True
        if self._holds is not None:
            log.warning("no longer plans the hours: the database ended the session")
            self._holds = None
            self._leadership.close()
        if time.monotonic() - self._tried_at < _LEAD_EVERY_S:
            return False
        self._tried_at = time.monotonic()
        try:
            self._holds = self._leadership.enter_context(self._ledger.leading())
        except FleetError as error:
            log.warning("cannot ask who plans the hours", reason=str(error))
            return False
        if self._holds is None:
            self._leadership.close()
            return False
        log.info("plans the hours")
        return True
