"""The breach controller of the live fleet, computed from the ledger and the telemetry.

The ledger is append-only, so the same rows and the same telemetry give the same controller, after any crash. A memory
of an earlier hour only saves time. Late or corrected telemetry may change the outcome of an approval. Then the hours
since that change are computed again. The new outcomes may show that an approval was made while its region should have
been closed. The published bound counts such approvals.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.conformal.controller import Controller
from fleet.decisions.state import rules_of
from fleet.domain.clock import Hour
from fleet.domain.job import MAX_DURATION_H
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.ledger import JobRecord, LedgerMark, PlaceRecord
from fleet.live.approval_events import ApprovalEvents, uses_bound
from fleet.live.approval_groups import approval_key
from fleet.live.controller_memory import ControllerMemory
from fleet.preparation.settings import Settings

_ONE_HOUR = np.timedelta64(1, "h")
# Missing values may still arrive. After this time the outcome of a job counts as unknown for ever.
GIVE_UP_H = np.timedelta64(7 * 24, "h")


@dataclass(frozen=True, kw_only=True)
class LiveController:
    """The controller of a live hour.

    Args:
        controller: as it is before the decisions of the hour after the origin.
        ended: the outcomes of the approved jobs whose last hour is the origin's hour.
        met, overdue: as ControllerMemory holds them, of the hours before the origin.
        before: the controller after the hour before the origin.
    """

    controller: Controller
    ended: Sequence[JobOutcome]
    before: Controller
    met: NDArray[np.bool_]
    overdue: tuple[tuple[int, str, int], ...]

    def memory(self, hour: Hour, mark: LedgerMark) -> ControllerMemory:
        """Return the memory of the hour before the origin."""
        return ControllerMemory(
            hour_h=int(hour.astype(np.int64)),
            controller=self.before,
            met=self.met,
            overdue=self.overdue,
            mark=mark,
        )


def live_controller(
    decisions: Sequence[PlaceRecord],
    recorded: Sequence[JobRecord],
    known: Telemetry,
    fleet: Fleet,
    settings: Settings,
    memory: ControllerMemory | None = None,
) -> LiveController:
    """Compute the controller before the decisions of the hour after the origin.

    The controller counts each approval of the policy once, also if a person changed it later. An array that got one
    place is one approval. If a person denied the job later, its outcome stays unknown. A job that only a person
    approved adds load, and is no approval of the policy.

    Args:
        decisions: all live decisions, the latest first. With a memory, those on the jobs that end after its hour
            are enough.
        recorded: the latest record of each live job; with a memory, of the same jobs.
        known: telemetry up to the origin.
        memory: of an hour before the origin.
    """
    first, origin = known.time_utc[0], known.time_utc[-1]
    # 1. Find the approvals. Decisions before the telemetry begins, or after this hour, cannot be judged.
    approvals = [
        decision
        for decision in decisions
        if decision.start_utc is not None
        and uses_bound(decision)
        and decision.region in fleet.region_ids
        and first <= decision.origin_utc <= origin
    ]
    events = ApprovalEvents.of(approvals, decisions, recorded)
    # 2. Begin after the memory, or else with the first approval.
    if memory is None:
        controller = Controller.initial(rules_of(settings), len(fleet.regions))
        begin, met_since, met = min((at for at, _ in events.approvals), default=origin), first, None
        overdue: Counter[tuple[Hour, str]] = Counter()
    else:
        controller, met, begin = memory.controller, memory.met, memory.hour + _ONE_HOUR
        met_since = begin - met.shape[-1] * _ONE_HOUR
        overdue = Counter({(np.datetime64(hour, "h"), name): count for hour, name, count in memory.overdue})
    # 3. Follow all placed jobs through the actual hours up to the one before the origin.
    actuals = ActualHours.of(known, fleet, first=int((met_since - first) / _ONE_HOUR))
    tracker = OutcomeTracker(actuals, met_since, met)
    _add_jobs(tracker, recorded, events, fleet)
    for hour in np.arange(begin, origin):
        outcomes = _outcomes(tracker.after_hour(int((hour - met_since) / _ONE_HOUR)), hour, events, overdue, fleet)
        controller = _with_events(_after(controller, outcomes, fleet), hour, events, fleet)
    before, position = controller, int((origin - met_since) / _ONE_HOUR)
    pending = tuple((int(at.astype(np.int64)), name, count) for (at, name), count in overdue.items() if at >= origin)
    # 4. The outcomes of the origin's hour are for the caller, who decides after them.
    ended = _outcomes(tracker.after_hour(position), origin, events, overdue, fleet)
    return LiveController(
        controller=_with_events(before, origin, events, fleet),
        ended=ended,
        before=before,
        met=tracker.met(position - min(position, MAX_DURATION_H), position),
        overdue=pending,
    )


def without_approvals(
    controller: Controller,
    replaced: Sequence[JobRecord],
    recorded: Sequence[JobRecord],
    known: Telemetry,
    fleet: Fleet,
) -> Controller:
    """Return the controller after approvals are taken back because their jobs are decided anew in this hour.

    An approval of an array stands while some of its jobs keep their place.
    """
    anew = {record.job_id for record in replaced}
    standing = {approval_key(record) for record in recorded if record.has_place and record.job_id not in anew}
    position = {name: index for index, name in enumerate(fleet.region_ids)}
    region_of = {
        approval_key(record): position[str(record.region)]
        for record in replaced
        if record.has_place
        and record.region in position
        and uses_bound(record)
        and record.origin_utc >= known.time_utc[0]
    }
    return controller.with_outcomes((region, None) for key, region in region_of.items() if key not in standing)


def _add_jobs(tracker: OutcomeTracker, recorded: Sequence[JobRecord], events: ApprovalEvents, fleet: Fleet) -> None:
    for record in recorded:
        if record.has_place and record.region in fleet.region_ids and record.start_utc is not None:
            is_reported = record.id in events.reporters
            tracker.add(record.region, record.start_utc, record.duration_h, record.power_mw, reported=is_reported)


def _outcomes(
    ended: Sequence[JobOutcome],
    hour: Hour,
    events: ApprovalEvents,
    overdue: Counter[tuple[Hour, str]],
    fleet: Fleet,
) -> list[JobOutcome]:
    """Return the outcomes to report in this hour. An unknown outcome is reported GIVE_UP_H later."""
    outcomes = []
    for outcome in ended:
        if outcome.breached is None:
            overdue[hour + GIVE_UP_H, outcome.region] += 1
        else:
            outcomes.append(outcome)
    for name in fleet.region_ids:
        outcomes += [JobOutcome(region=name, breached=None)] * (events.withdrawn[hour, name] + overdue[hour, name])
    return outcomes


def _after(controller: Controller, outcomes: Sequence[JobOutcome], fleet: Fleet) -> Controller:
    position = {name: index for index, name in enumerate(fleet.region_ids)}
    for outcome in outcomes:
        controller = controller.with_outcome(position[outcome.region], breached=outcome.breached)
    return controller.next_hour()


def _with_events(controller: Controller, hour: Hour, events: ApprovalEvents, fleet: Fleet) -> Controller:
    for index, name in enumerate(fleet.region_ids):
        for _ in range(events.left[hour, name]):
            controller = controller.with_outcome(index, breached=None)
    return controller.with_approvals(np.array([events.approvals[hour, name] for name in fleet.region_ids]))
