"""Plans the queue of submitted jobs anew, together, and records what became of the jobs that ended."""

from collections.abc import Sequence

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.domain.job import MAX_DURATION_H
from fleet.ledger import Author, JobRecord, Ledger, NeededJobs
from fleet.ledger.outcome_entry import OutcomeEntry, outcome_row, recorded_outcomes
from fleet.ledger.submissions import open_jobs
from fleet.ledger.tables import outcomes
from fleet.live.hour import LiveHour
from fleet.live.live_controller import GIVE_UP_H
from fleet.live.reservations import known_at, reserved_mw
from fleet.placement import DEFAULT_POLICY
from fleet.workflows.decide_hour import HourRequest, decide_hour

_ONE_HOUR = np.timedelta64(1, "h")


def plan_hour(request: HourRequest, ledger: Ledger) -> LiveHour:
    """Decide all submitted jobs that have no place, and move queued jobs where that is better or safer.

    Raises: as `decide_hour`.
    """
    request.require_telemetry()
    # The lock of a decision is held while the hour is decided, so what takes long comes before it.
    request.prepare()
    with ledger.reading() as connection:
        jobs = open_jobs(connection, request.origin + _ONE_HOUR, request.fleet.current_ids)
    return decide_hour(request, jobs, ledger, policy=DEFAULT_POLICY, made_utc=request.now_utc)


def record_outcomes(request: HourRequest, ledger: Ledger) -> int:
    """Record the outcome of each job that has ended and whose hours are known; return how many were new.

    An hour that stays unknown for a week counts as unknown for ever.

    Raises: DataError as `HourRequest.read`.
    """
    inputs, fleet = request.read(), request.fleet
    known = known_at(inputs.telemetry, fleet, inputs.at, request.settings.horizon)
    first = known.time_utc[-1] + _ONE_HOUR
    since = first - GIVE_UP_H - 2 * MAX_DURATION_H * _ONE_HOUR
    ledger = ledger.under(fleet.current_ids)
    placed = [
        record
        for record in ledger.jobs(mode="live", needed=NeededJobs(ending_after=since))
        if record.has_place and record.region in fleet.region_ids
    ]
    with ledger.reading() as connection:
        before = recorded_outcomes(connection, since)
    ended = [record for record in placed if record.end_utc <= first and record.id not in before]
    if not ended:
        return 0
    entries = _judged(request, ended, placed)
    with ledger.writing() as writer:
        added = writer.add_new(outcomes, entries, outcome_row)
        if added:
            writer.sign(Author(by="fleet", action="outcomes"), request.now_utc)
    return added


def _judged(request: HourRequest, ended: Sequence[JobRecord], placed: Sequence[JobRecord]) -> list[OutcomeEntry]:
    """Return the outcomes that are known. All placed jobs add load."""
    inputs, fleet = request.read(), request.fleet
    known = known_at(inputs.telemetry, fleet, inputs.at, request.settings.horizon)
    begin = max(min(record.end_utc - record.duration_h * _ONE_HOUR for record in ended), known.time_utc[0])
    position = int((begin - known.time_utc[0]) / _ONE_HOUR)
    actuals = ActualHours.of(known, fleet, first=position)
    hours = actuals.base_load_mw.shape[1]
    breached, judged = actuals.breached(reserved_mw(placed, fleet, begin, hours)[:, :hours]), actuals.judged
    entries = []
    for record in ended:
        region, end = fleet.region_ids.index(str(record.region)), int((record.end_utc - begin) / _ONE_HOUR)
        window = slice(max(end - record.duration_h, 0), end)
        was_breached = bool(breached[region, window].any())
        is_known = bool(judged[region, window].all()) and end >= record.duration_h
        if was_breached or is_known or record.end_utc + GIVE_UP_H <= known.time_utc[-1]:
            outcome = True if was_breached else False if is_known else None
            entries.append(OutcomeEntry(record=record, breached=outcome, made_utc=request.now_utc))
    return entries
