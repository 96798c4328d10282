"""The controller of the live fleet, from what the ledger holds and what the telemetry says became of it.

Nothing of it is stored by itself: the ledger is append-only, so the same state comes out of it after any crash. It is
read anew each hour: telemetry that comes late or is corrected changes what had been thought of an approval, and
what then turns out to have been approved out of turn is counted in the published bound.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.conformal.controller import Controller
from fleet.decisions.state import rules_of
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.ledger import Ledger, Row
from fleet.placement import POLICIES
from fleet.preparation.settings import Settings

_ONE_HOUR = np.timedelta64(1, "h")
GIVE_UP_H = np.timedelta64(7 * 24, "h")


def live_controller(
    ledger: Ledger, recorded: Sequence[Row], known: Telemetry, fleet: Fleet, settings: Settings
) -> tuple[Controller, list[JobOutcome]]:
    """The controller before the hour that is decided now, and the approved jobs whose last hour is the origin's.

    An approval counts as the gate made it: one that a person withdrew is never resolved, and a job that a person
    approved is load like any other and no approval.

    Args:
        recorded: the ledger's effective live rows.
        known: telemetry up to the origin.
    """
    controller = Controller.beginning(rules_of(settings), len(fleet.regions))
    every = ledger.decisions(mode="live")
    made = [row for row in every if row["start_utc"] is not None and asks_bound(row)]
    place = {name: index for index, name in enumerate(fleet.region_ids)}
    first, origin = known.time_utc[0], known.time_utc[-1]
    # Of what was decided before the telemetry begins, or after this hour, nothing can be said.
    made = [row for row in made if row["region"] in place and first <= _made_at(row) <= origin]
    if not made:
        return controller, []
    by_gate = {row["id"] for row in made}
    feedback = OutcomeTracker(ActualHours.of(known, fleet), first)
    for row in recorded:
        if row["start_utc"] is None or row["verdict"] == "deny" or row["region"] not in place:
            continue
        start, hours = clock.parse_hour(str(row["start_utc"])), int(row["duration_h"])
        feedback.place(row["region"], start, hours, float(row["power_mw"]), counted=row["id"] in by_gate)
    kept = {row["id"] for row in recorded if row["verdict"] != "deny"}
    followed = _followed_at(every)
    # A job that was decided again left its place then; one that a person withdrew is never heard of.
    left = Counter((followed[row["id"]], row["region"]) for row in made if row["id"] in followed)
    gone = [row for row in made if row["id"] not in kept and row["id"] not in followed]
    never_known = Counter((_end(row), row["region"]) for row in gone)
    approvals = Counter((_made_at(row), row["region"]) for row in made)
    told: list[JobOutcome] = []
    for hour in np.arange(min(at for at, _ in approvals), origin + _ONE_HOUR):
        told = []
        for each in feedback.hour_known(int((hour - first) / _ONE_HOUR)):
            if each.breached is None:
                # What is missing may still come: until then the job holds its place among the unresolved.
                never_known[hour + GIVE_UP_H, each.region] += 1
            else:
                told.append(each)
        for name in fleet.region_ids:
            told += [JobOutcome(region=name, breached=None)] * never_known[hour, name]
        if hour < origin:
            for each in told:
                controller = controller.heard(place[each.region], breached=each.breached)
            controller = controller.hour_passed()
        for name in fleet.region_ids:
            for _ in range(left[hour, name]):
                controller = controller.heard(place[name], breached=None)
        controller = controller.approved(np.array([approvals[hour, name] for name in fleet.region_ids]))
    return controller, told


def _followed_at(every: Sequence[Row]) -> dict[str, Hour]:
    """Of each decision on a job that was decided again, the origin of the next one; `every` has the latest first."""
    later: dict[str, Row] = {}
    found = {}
    for row in every:
        if row["job_id"] in later:
            found[row["id"]] = _made_at(later[row["job_id"]])
        later[row["job_id"]] = row
    return found


def asks_bound(row: Row) -> bool:
    """A decision that the bound was asked for, so that the controller counts it."""
    policy = POLICIES.get(row["policy"])
    return policy is not None and policy.asks_bound()


def _made_at(row: Row) -> Hour:
    """The origin of a decision."""
    return clock.parse_hour(str(row["origin_utc"]))


def _end(row: Row) -> Hour:
    """The last hour of a job."""
    return clock.parse_hour(str(row["start_utc"])) + np.timedelta64(int(row["duration_h"]) - 1, "h")
