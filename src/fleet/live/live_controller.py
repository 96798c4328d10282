"""The breach controller of the live fleet, computed from the ledger and the telemetry.

The ledger is append-only, so the same rows and the same telemetry give the same controller, after any crash. A memory
of an earlier hour only saves time. Late or corrected telemetry may change the outcome of an approval. Then the hours
since that change are computed again. The new outcomes may show that an approval was made while its region should have
been closed. The published bound counts such approvals.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.conformal.controller import Controller
from fleet.decisions.decide import sums_of, with_outcomes
from fleet.decisions.state import initial_controller
from fleet.domain.clock import Hour
from fleet.domain.job import MAX_DURATION_H
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.ledger import JobRecord, LedgerMark, PlaceRecord
from fleet.live.approval_events import ApprovalEvents, taken_back, uses_bound
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
    overdue: tuple[tuple[int, tuple[JobOutcome, ...]], ...]

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
        controller = initial_controller(settings, fleet)
        begin, met_since, met = min(events.approvals, default=origin), first, None
        overdue: dict[Hour, list[JobOutcome]] = defaultdict(list)
    else:
        controller, met, begin = memory.controller, memory.met, memory.hour + _ONE_HOUR
        met_since = begin - met.shape[-1] * _ONE_HOUR
        overdue = defaultdict(list, {np.datetime64(hour, "h"): list(outcomes) for hour, outcomes in memory.overdue})
    # 3. Follow all placed jobs through the actual hours up to the one before the origin.
    actuals = ActualHours.of(known, fleet, first=int((met_since - first) / _ONE_HOUR))
    tracker = OutcomeTracker(actuals, met_since, met)
    _add_jobs(tracker, recorded, events, fleet)
    for hour in np.arange(begin, origin):
        outcomes = _outcomes(tracker.after_hour(int((hour - met_since) / _ONE_HOUR)), hour, events, overdue)
        controller = _with_events(_after(controller, outcomes, fleet), hour, events, fleet)
    before, position = controller, int((origin - met_since) / _ONE_HOUR)
    pending = _pending(overdue, origin)
    # 4. The outcomes of the origin's hour are for the caller, who decides after them.
    ended = _outcomes(tracker.after_hour(position), origin, events, overdue)
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
    left, counted = [], set(standing)
    for record in replaced:
        is_known = record.origin_utc >= known.time_utc[0] and record.region in fleet.region_ids
        if record.has_place and is_known and uses_bound(record):
            key = approval_key(record)
            left.append(taken_back(record, approvals=int(key not in counted)))
            counted.add(key)
    return controller.without(sums_of(left, controller, fleet))


def _add_jobs(tracker: OutcomeTracker, recorded: Sequence[JobRecord], events: ApprovalEvents, fleet: Fleet) -> None:
    for record in recorded:
        if record.has_place and record.region in fleet.region_ids and record.start_utc is not None:
            approval = events.reporters.get(record.id)
            tracker.add(record.region, record.start_utc, record.duration_h, record.power_mw, approval)


def _outcomes(
    ended: Sequence[JobOutcome],
    hour: Hour,
    events: ApprovalEvents,
    overdue: dict[Hour, list[JobOutcome]],
) -> list[JobOutcome]:
    """Return the outcomes to report in this hour. An unknown outcome is reported GIVE_UP_H later."""
    outcomes = []
    for outcome in ended:
        if outcome.breached is None:
            overdue[hour + GIVE_UP_H].append(outcome)
        else:
            outcomes.append(outcome)
    return [*outcomes, *events.withdrawn.get(hour, ()), *overdue.get(hour, ())]


def _pending(overdue: dict[Hour, list[JobOutcome]], origin: Hour) -> tuple[tuple[int, tuple[JobOutcome, ...]], ...]:
    """Return the overdue outcomes from the origin on, as ControllerMemory holds them."""
    return tuple((int(at.astype(np.int64)), tuple(overdue[at])) for at in sorted(overdue) if at >= origin)


def _after(controller: Controller, outcomes: Sequence[JobOutcome], fleet: Fleet) -> Controller:
    return with_outcomes(controller, fleet, outcomes).next_hour()


def _with_events(controller: Controller, hour: Hour, events: ApprovalEvents, fleet: Fleet) -> Controller:
    left, approvals = (sums_of(found.get(hour, ()), controller, fleet) for found in (events.left, events.approvals))
    return controller.without(left).with_approvals(approvals)
