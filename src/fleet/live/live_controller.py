"""The breach controller of the live fleet, computed from the ledger and the telemetry.

The controller is not stored. The ledger is append-only, so the same state comes out of it after any crash. It is
computed again each hour, because telemetry that comes late or is corrected changes the outcome of an approval. An
approval that then turns out to have been made while its region was closed is counted in the published bound.
"""

from collections import Counter
from collections.abc import Sequence
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
from fleet.placement import POLICIES
from fleet.preparation.settings import Settings

_ONE_HOUR = np.timedelta64(1, "h")
# Values that are missing may still come. After this time the outcome of a job counts as unknown for ever.
GIVE_UP_H = np.timedelta64(7 * 24, "h")


def live_controller(
    ledger: Ledger, recorded: Sequence[JobRecord], known: Telemetry, fleet: Fleet, settings: Settings
) -> tuple[Controller, list[JobOutcome]]:
    """Compute the controller before the hour that is decided now.

    An approval counts as the policy made it. An approval that a person withdrew never has an outcome. A job that a
    person approved is load, and no approval of the policy.

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
    # 1. Follow all placed jobs through the actual hours; the policy's approvals report their outcome.
    tracker = _tracker(recorded, {approval.id for approval in approvals}, known, fleet)
    # 2. Count by hour what else changes the controller.
    events = _Events.of(approvals, decisions, recorded)
    # 3. Go through the hours, from the first approval to the origin.
    outcomes: list[JobOutcome] = []
    for hour in np.arange(min(at for at, _ in events.approvals), origin + _ONE_HOUR):
        outcomes = _outcomes(tracker.after_hour(int((hour - first) / _ONE_HOUR)), hour, events, fleet)
        if hour < origin:
            controller = _after(controller, outcomes, fleet)
        controller = _with_events(controller, hour, events, fleet)
    return controller, outcomes


def without_approvals(
    controller: Controller, replaced: Sequence[JobRecord], known: Telemetry, fleet: Fleet
) -> Controller:
    """Return the controller after approvals are taken back because their jobs are decided anew in this hour."""
    position = {name: index for index, name in enumerate(fleet.region_ids)}
    counted = [
        record
        for record in replaced
        if record.has_place
        and record.region in fleet.region_ids
        and uses_bound(record)
        and record.origin_utc >= known.time_utc[0]
    ]
    return controller.with_outcomes((position[str(record.region)], None) for record in counted)


def uses_bound(decision: DecisionRecord | JobRecord) -> bool:
    """Tell whether the decision was made at the bound, so that the controller counts it."""
    policy = POLICIES.get(decision.policy)
    return policy is not None and policy.uses_bound()


@dataclass(frozen=True, kw_only=True)
class _Events:
    """Counts by (hour, region).

    approvals: approvals of the policy, by their origin.
    left: jobs that were decided again and so left their place, by the origin of the next decision.
    unknown: jobs whose outcome will never be known, by the hour in which that is certain.
    """

    approvals: Counter[tuple[Hour, str]]
    left: Counter[tuple[Hour, str]]
    unknown: Counter[tuple[Hour, str]]

    @classmethod
    def of(
        cls, approvals: Sequence[DecisionRecord], decisions: Sequence[DecisionRecord], recorded: Sequence[JobRecord]
    ) -> "_Events":
        kept = {record.id for record in recorded if record.verdict != "deny"}
        next_origin = _next_origins(decisions)
        withdrawn = [row for row in approvals if row.id not in kept and row.id not in next_origin]
        return cls(
            approvals=Counter((row.origin_utc, str(row.region)) for row in approvals),
            left=Counter((next_origin[row.id], str(row.region)) for row in approvals if row.id in next_origin),
            unknown=Counter((_last_hour(row), str(row.region)) for row in withdrawn),
        )


def _tracker(recorded: Sequence[JobRecord], approved: set[str], known: Telemetry, fleet: Fleet) -> OutcomeTracker:
    tracker = OutcomeTracker(ActualHours.of(known, fleet), known.time_utc[0])
    for record in recorded:
        if record.has_place and record.region in fleet.region_ids and record.start_utc is not None:
            is_reported = record.id in approved
            tracker.add(record.region, record.start_utc, record.duration_h, record.power_mw, reported=is_reported)
    return tracker


def _outcomes(ended: Sequence[JobOutcome], hour: Hour, events: _Events, fleet: Fleet) -> list[JobOutcome]:
    """Outcomes to report in this hour. An unknown outcome is kept back until GIVE_UP_H later."""
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
    """Id of each decision whose job was decided again -> origin of the next decision. Decisions come latest first."""
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
