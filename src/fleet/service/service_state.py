"""The parts of a running service, and what each needs from the others."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from fleet.domain.region import Fleet
from fleet.domain.region_check import RegionCheck
from fleet.errors import ConfigError, FleetError
from fleet.ledger import Ledger
from fleet.ledger.tokens import all_tokens
from fleet.preparation.settings import Settings
from fleet.request_hosts import LOOPBACK_NAMES
from fleet.service.commit_queue import CommitQueue
from fleet.service.feed_loop import FeedLoop
from fleet.service.metrics import Gauge, Metrics
from fleet.service.people import People
from fleet.service.planning_loop import PlanningLoop
from fleet.service.readiness import Readiness
from fleet.service.service_settings import ServiceSettings
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest
from fleet.workflows.evidence_now import evidence_now
from fleet.workflows.inputs_mark import inputs_mark
from fleet.workflows.job_intake import JobIntake
from fleet.workflows.open_workspace import deciding_ledger_of

_GAUGE_DURATION_H = 1


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service on one workspace. `now_utc` returns the current time."""

    workspace: Workspace
    fleet: Fleet
    settings: ServiceSettings
    ledger: Ledger
    people: People
    intake: JobIntake
    queue: CommitQueue
    loop: PlanningLoop
    feeds: FeedLoop | None
    metrics: Metrics
    readiness: Readiness
    now_utc: Callable[[], str]
    stopping: threading.Event

    @cached_property
    def region_check(self) -> RegionCheck:
        """Checks that the regions of a job exist and that one of them is large enough."""
        return RegionCheck(self.fleet.regions)

    @classmethod
    def open(
        cls,
        workspace: Workspace,
        fleet: Fleet,
        settings: ServiceSettings,
        now_utc: Callable[[], str],
        deciding: Settings | None = None,
    ) -> "Service":
        """Open the ledger of a workspace and build the parts. Nothing runs yet.

        Args:
            deciding: the settings of forecasts and bounds.
        Raises: ConfigError if others than loopback would be listened to without a token, or the fleet has no sources to
            ask; LedgerError as `Ledger`.
        """
        every_s = settings.ingest_s
        feeds = None if every_s is None else FeedLoop(workspace, fleet, now_utc, every_s=every_s)
        ledger = deciding_ledger_of(workspace).under(fleet.current_ids)
        is_local = settings.host in LOOPBACK_NAMES
        try:
            if not is_local:
                _require_tokens(ledger, settings.host, now_utc())
        except FleetError:
            ledger.close()
            raise
        chosen = deciding or Settings()

        def request_of(now: str) -> HourRequest:
            return HourRequest(workspace=workspace, fleet=fleet, settings=chosen, now_utc=now)

        metrics = Metrics()
        intake = JobIntake(ledger, request_of, now_utc)
        loop = PlanningLoop(ledger, intake, metrics, plans=settings.with_loop, tick_s=settings.tick_s)
        readiness = Readiness(
            workspace, fleet, ledger, intake, now_utc, lambda: loop.fault, lambda: inputs_mark(workspace)
        )
        service = cls(
            workspace=workspace,
            fleet=fleet,
            settings=settings,
            ledger=ledger,
            people=People(ledger, needs_token=not is_local, now_utc=now_utc),
            intake=intake,
            queue=CommitQueue(intake, metrics.count),
            loop=loop,
            feeds=feeds,
            metrics=metrics,
            readiness=readiness,
            now_utc=now_utc,
            stopping=threading.Event(),
        )
        metrics.add_gauges(service.gauges)
        return service

    def start(self) -> None:
        """Start the threads."""
        self.queue.start()
        self.loop.start()
        if self.feeds is not None:
            self.feeds.start()

    def stop(self) -> None:
        """Answer what waits, end the threads and close the ledger."""
        self.stopping.set()
        if self.feeds is not None:
            self.feeds.stop()
        self.loop.stop()
        self.queue.stop()
        self.ledger.close()

    def gauges(self) -> Iterable[Gauge]:
        """Return the gauges of this moment. A value that is not known is left out."""
        ready = Gauge("fleet_ready", "1 if the check finds nothing wrong.", ["check"])
        for check in self.readiness.checks():
            ready.set(float(check.is_ok), check.name)
        yield ready
        yield Gauge("fleet_leader", "1 if this process plans the hours.").set(float(self.loop.is_leader))
        ages = Gauge("fleet_stream_age_hours", "Age of the newest stored value.", ["region", "column"])
        headroom = Gauge("fleet_headroom_mw", "MW that a job of one hour may add now.", ["region"])
        try:
            for age in self.readiness.ages():
                if age.age_h is not None:
                    ages.set(age.age_h, age.region, age.column)
            yield ages
            curve = self.intake.headroom(_GAUGE_DURATION_H)
            for row, region in enumerate(curve.region_ids):
                headroom.set(float(curve.headroom_mw[row, 0]), region)
            yield headroom
            yield from self._evidence_gauges()
        except FleetError:
            # The checks name the cause.
            return

    def _evidence_gauges(self) -> Iterable[Gauge]:
        evidence = evidence_now(self.ledger, self.intake.controller(), self.fleet.region_ids)
        coverage = Gauge("fleet_coverage", "Share of values inside the band of the next hour.", ["region", "column"])
        for one in self.intake.coverage():
            coverage.set(one.share, one.region, one.column)
        yield coverage
        ended = Gauge("fleet_ended_jobs", "Approved jobs that have ended.", ["region", "outcome"])
        for region, counts in evidence["outcomes"].items():
            for outcome, count in counts.items():
                ended.set(count, region, outcome)
        yield ended
        bound = Gauge("fleet_breach_bound", "Guaranteed maximum breach rate of approvals.", ["region"])
        energy_bound = Gauge("fleet_energy_breach_bound", "Guaranteed maximum share of energy in breach.", ["region"])
        breached = Gauge("fleet_breached_approvals", "Approvals that met a breach.", ["region"])
        resolved = Gauge("fleet_resolved_approvals", "Approvals whose outcome is known.", ["region"])
        for region, numbers in evidence["controller"].items():
            bound.set(numbers["bound"], region)
            energy_bound.set(numbers["energy_bound"], region)
            breached.set(numbers["breached"], region)
            resolved.set(numbers["resolved"], region)
        yield from (bound, energy_bound, breached, resolved)


def _require_tokens(ledger: Ledger, host: str, now_utc: str) -> None:
    with ledger.reading() as connection:
        usable = [one for one in all_tokens(connection) if not one.is_revoked and now_utc < one.expires_utc]
    if not usable:
        raise ConfigError(
            f"--host is {host}, which others can reach, and there is no token; run `fleet token create` first, or "
            "listen on 127.0.0.1"
        )
