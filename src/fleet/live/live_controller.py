"""The breach controller of the live fleet, computed from the ledger and the telemetry.

The controller is not stored. The ledger is append-only, so it gives the same controller after any crash. The controller
is computed again each hour, because late or corrected telemetry changes the outcome of an approval. The new outcomes
may show that an approval was made while its region should have been closed. The published bound counts such approvals.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.conformal.controller import Controller
from fleet.decisions.state import rules_of
from fleet.domain.clock import Hour
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.ledger import DecisionRecord, JobRecord, Ledger
from fleet.live.approval_groups import approval_key
from fleet.placement import POLICIES
from fleet.preparation.settings import Settings

_ONE_HOUR = np.timedelta64(1, "h")
# Missing values may still arrive. After this time the outcome of a job counts as unknown for ever.
GIVE_UP_H = np.timedelta64(7 * 24, "h")


def live_controller(
    ledger: Ledger, recorded: Sequence[JobRecord], known: Telemetry, fleet: Fleet, settings: Settings
) -> tuple[Controller, list[JobOutcome]]:
    """Compute the controller before the decisions of the hour after the origin.

    The controller counts each approval of the policy once, also if a person changed it later. An array that got one
    place is one approval. If a person denied the job later, its outcome stays unknown. A job that only a person
    approved adds load, and is no approval of the policy.

    Args:
        recorded: the latest record of each live job.
        known: telemetry up to the origin.
    Returns: the controller, and the outcomes of the approved jobs whose last hour is the origin's hour.
    """
    controller = Controller.initial(rules_of(settings), len(fleet.regions))
    decisions = ledger.decisions(mode="live")
    first, origin = known.time_utc[0], known.time_utc[-1]
    # Decisions before the telemetry begins, or after this hour, cannot be judged.
    approvals = [
        decision
        for decision in decisions
        if decision.start_utc is not None
        and uses_bound(decision)
        and decision.region in fleet.region_ids
        and first <= decision.origin_utc <= origin
    ]
    if not approvals:
        return controller, []
    # 1. Find the decisions that are one approval, and follow all placed jobs through the actual hours.
    groups = _Group.all_of(approvals, decisions, recorded)
    tracker = _tracker(recorded, {group.reporter for group in groups}, known, fleet)
    # 2. Count by hour the other events that change the controller.
    events = _Events.of(groups)
    # 3. Go through the hours, from the first approval to the origin.
    outcomes: list[JobOutcome] = []
    for hour in np.arange(min(at for at, _ in events.approvals), origin + _ONE_HOUR):
        outcomes = _outcomes(tracker.after_hour(int((hour - first) / _ONE_HOUR)), hour, events, fleet)
        if hour < origin:
            controller = _after(controller, outcomes, fleet)
        controller = _with_events(controller, hour, events, fleet)
    return controller, outcomes


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


def uses_bound(decision: DecisionRecord | JobRecord) -> bool:
    """Tell whether the decision was made at the bound, so that the controller counts it."""
    policy = POLICIES.get(decision.policy)
    return policy is not None and policy.uses_bound()


@dataclass(frozen=True, kw_only=True)
class _Group:
    """The decisions that are one approval, and how it ends.

    Args:
        decision: one of them.
        reporter: the decision whose job reports the outcome; empty if no job has kept the place.
        left_utc: the origin in which the last job left the place because it was decided again; None if some job kept
            the place, or if a person withdrew it.
    """

    decision: DecisionRecord
    reporter: str
    left_utc: Hour | None

    @classmethod
    def all_of(
        cls, approvals: Sequence[DecisionRecord], decisions: Sequence[DecisionRecord], recorded: Sequence[JobRecord]
    ) -> "list[_Group]":
        # A person may have moved a job elsewhere, so such a job reports only if there is no other one.
        kept = {record.id: record.overridden for record in recorded if record.verdict != "deny"}
        next_origin = _next_origins(decisions)
        by_key: dict[Hashable, list[DecisionRecord]] = defaultdict(list)
        for row in approvals:
            by_key[approval_key(row)].append(row)
        groups = []
        for rows in by_key.values():
            reporters = sorted((row.id for row in rows if row.id in kept), key=kept.__getitem__)
            is_left = not reporters and all(row.id in next_origin for row in rows)
            left_utc = max(next_origin[row.id] for row in rows) if is_left else None
            groups.append(cls(decision=rows[0], reporter=reporters[0] if reporters else "", left_utc=left_utc))
        return groups


@dataclass(frozen=True, kw_only=True)
class _Events:
    """Counts by (hour, region).

    approvals: approvals of the policy, by their origin.
    left: approvals whose jobs were all decided again and so left their place, by the origin of the last one.
    unknown: approvals whose outcome will never be known, by the hour in which that is certain.
    """

    approvals: Counter[tuple[Hour, str]]
    left: Counter[tuple[Hour, str]]
    unknown: Counter[tuple[Hour, str]]

    @classmethod
    def of(cls, groups: Sequence[_Group]) -> "_Events":
        withdrawn = [group.decision for group in groups if not group.reporter and group.left_utc is None]
        return cls(
            approvals=Counter((group.decision.origin_utc, str(group.decision.region)) for group in groups),
            left=Counter(
                (group.left_utc, str(group.decision.region)) for group in groups if group.left_utc is not None
            ),
            unknown=Counter((_last_hour(row), str(row.region)) for row in withdrawn),
        )


def _tracker(recorded: Sequence[JobRecord], reporters: set[str], known: Telemetry, fleet: Fleet) -> OutcomeTracker:
    tracker = OutcomeTracker(ActualHours.of(known, fleet), known.time_utc[0])
    for record in recorded:
        if record.has_place and record.region in fleet.region_ids and record.start_utc is not None:
            is_reported = record.id in reporters
            tracker.add(record.region, record.start_utc, record.duration_h, record.power_mw, reported=is_reported)
    return tracker


def _outcomes(ended: Sequence[JobOutcome], hour: Hour, events: _Events, fleet: Fleet) -> list[JobOutcome]:
    """Return the outcomes to report in this hour. An unknown outcome is reported GIVE_UP_H later."""
    outcomes = []
    for outcome in ended:
        if outcome.breached is None:
            events.unknown[hour + GIVE_UP_H, outcome.region] += 1
        else:
            outcomes.append(outcome)
    for region in fleet.region_ids:
        outcomes += [JobOutcome(region=region, breached=None)] * events.unknown[hour, region]
    return outcomes


def _after(controller: Controller, outcomes: Sequence[JobOutcome], fleet: Fleet) -> Controller:
    position = {name: index for index, name in enumerate(fleet.region_ids)}
    for outcome in outcomes:
        controller = controller.with_outcome(position[outcome.region], breached=outcome.breached)
    return controller.next_hour()


def _with_events(controller: Controller, hour: Hour, events: _Events, fleet: Fleet) -> Controller:
    for index, name in enumerate(fleet.region_ids):
        for _ in range(events.left[hour, name]):
            controller = controller.with_outcome(index, breached=None)
    return controller.with_approvals(np.array([events.approvals[hour, name] for name in fleet.region_ids]))


def _next_origins(decisions: Sequence[DecisionRecord]) -> dict[str, Hour]:
    """Return decision id -> origin of the next decision on the same job. The decisions are sorted latest first."""
    later: dict[str, DecisionRecord] = {}
    next_origin = {}
    for decision in decisions:
        if decision.job_id in later:
            next_origin[decision.id] = later[decision.job_id].origin_utc
        later[decision.job_id] = decision
    return next_origin


def _last_hour(decision: DecisionRecord) -> Hour:
    if decision.start_utc is None:
        raise ValueError(f"decision {decision.id} has no place")
    return decision.start_utc + np.timedelta64(decision.duration_h - 1, "h")
