"""What really happened in the hours in which a job ran: its actual footprint, and whether a limit was passed."""

from dataclasses import dataclass

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.domain.clock import Hour, hours_between, parse_hour
from fleet.domain.costs import transfer_usd, waiting_usd
from fleet.domain.region import Costs, Fleet
from fleet.ledger import ExplainedDecision, Ledger, NeededJobs
from fleet.storage.telemetry_store import read_telemetry
from fleet.storage.workspace import Workspace
from fleet.units import FloatArray

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class DecisionOutcome:
    """The actual values of the hours that are over.

    Args:
        known_h, duration_h: hours of the job that are stored, and all its hours.
        carbon_kg, water_l: what the job added in the known hours; None where values are missing.
        cost_usd: the cost of that and of the energy, plus the cost of moving data and of waiting, as in the expected
            cost; None where values are missing, or if an earlier version did not record what was asked.
        least_room_mw: the safe load minus the total load in the tightest known hour; negative for a breach; None where
            values are missing.
    """

    known_h: int
    duration_h: int
    carbon_kg: float | None
    water_l: float | None
    cost_usd: float | None
    least_room_mw: float | None


def decision_outcome(
    workspace: Workspace, fleet: Fleet, ledger: Ledger, decision: ExplainedDecision
) -> DecisionOutcome | None:
    """Return the outcome of a decision; None if the job has no place, or none of its hours is stored.

    Raises: DataError if the stored telemetry cannot be read.
    """
    held = decision.overrides[-1] if decision.overrides else decision
    if held.region not in fleet.region_ids or held.start_utc is None or not workspace.telemetry.exists():
        return None
    stored = read_telemetry(workspace.telemetry).renamed(fleet.current_ids)
    end = held.start_utc + decision.duration_h * _ONE_HOUR
    (at,) = np.nonzero((stored.time_utc >= held.start_utc) & (stored.time_utc < end))
    if not at.size or not set(fleet.region_ids) <= set(stored.regions):
        return None
    hours = stored.hours(int(at[0]), int(at[-1]) + 1)
    actuals = ActualHours.of(hours, fleet)
    row = fleet.region_ids.index(held.region)
    power_mw = np.zeros_like(actuals.base_load_mw)
    power_mw[row] = decision.power_mw
    added = actuals.resource_use(power_mw)
    total_mw = actuals.base_load_mw[row] + _jobs_mw(ledger, decision.mode, held.region, hours.time_utc)
    room_mw = actuals.safe_load_mw[row] - total_mw
    return DecisionOutcome(
        known_h=len(at),
        duration_h=decision.duration_h,
        carbon_kg=_sum(added.carbon_kg[row]),
        water_l=_sum(added.water_l[row]),
        cost_usd=_with_moves(_sum(added.cost_usd[row]), fleet.costs, decision, held.region, held.start_utc),
        least_room_mw=float(room_mw.min()) if np.isfinite(room_mw).all() else None,
    )


def _with_moves(
    usd: float | None, costs: Costs, decision: ExplainedDecision, region: str, start_utc: Hour
) -> float | None:
    """Add the cost of moving data and of waiting in a place."""
    asked = decision.asked
    if usd is None or asked is None:
        return None
    waited_h = max(hours_between(parse_hour(asked.earliest_utc), start_utc), 0)
    energy_mwh = decision.power_mw * decision.duration_h
    moved_usd = transfer_usd(costs, asked.data_gb, region != asked.home_region)
    return usd + float(moved_usd) + float(waiting_usd(costs, energy_mwh, waited_h))


def _jobs_mw(ledger: Ledger, mode: str, region: str, time_utc: np.ndarray) -> FloatArray:
    """Return the power of all jobs that had a place in a region, hour by hour."""
    first, end = time_utc[0], time_utc[-1] + _ONE_HOUR
    runs: list[tuple[Hour, Hour, float]] = []
    if mode == "replay":
        runs = [
            (place.start_utc, place.end_utc, place.power_mw)
            for place in ledger.replayed_places(first=first, end=end)
            if place.region == region and place.start_utc is not None and place.end_utc is not None
        ]
    else:
        runs = [
            (record.start_utc, record.end_utc, record.power_mw)
            for record in ledger.jobs(mode="live", needed=NeededJobs(ending_after=first))
            if record.has_place and record.region == region and record.start_utc is not None
        ]
    power_mw = np.zeros(len(time_utc))
    for start, stop, mw in runs:
        power_mw[(time_utc >= start) & (time_utc < stop)] += mw
    return power_mw


def _sum(values: FloatArray) -> float | None:
    return float(values.sum()) if np.isfinite(values).all() else None
