"""Plans the jobs of one replayed day again with other prices of carbon and water."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from fleet.actuals.actual_hours import ActualHours
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.region import Costs, Fleet
from fleet.domain.workload import Workload
from fleet.errors import DataError
from fleet.ledger import Ledger
from fleet.placement import NOWHERE, Batch, Offer, Plan
from fleet.placement.priced import Priced
from fleet.storage.parquet_scan import scan_regular
from fleet.storage.telemetry_store import read_telemetry
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY, M3_PER_LITRE, TONNES_PER_KG, FloatArray

_ONE_HOUR = np.timedelta64(1, "h")
# A day's jobs may start in its 24 hours and end up to a day later.
_HOURS = 2 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class PlanFootprint:
    """What a plan of one day uses.

    Args:
        job_mwh: region -> IT energy of the jobs that it gets.
        unserved_mwh: energy of the jobs that fit nowhere.
    """

    carbon_t: float
    water_m3: float
    energy_usd: float
    job_mwh: Mapping[str, float]
    unserved_mwh: float


@dataclass(frozen=True, kw_only=True, eq=False)
class DayJobs:
    """The jobs of one replayed day, and the room and the rates of its hours. Arrays are (region, hour).

    Args:
        spare_mw: at the bound, without these jobs.
        carbon_kg, water_l, energy_usd: per MWh of IT energy, from actual values; NaN where they are not known.
        left_out: number of jobs of the day that are longer than the plan reaches, or have no record of what was asked.
    """

    fleet: Fleet
    first: Hour
    work: Workload
    spare_mw: FloatArray
    carbon_kg: FloatArray
    water_l: FloatArray
    energy_usd: FloatArray
    left_out: int


def day_jobs(workspace: Workspace, fleet: Fleet, ledger: Ledger, first: Hour) -> DayJobs:
    """Read the jobs that may start on a day from its first hour on, and the room that other jobs leave.

    The room of an hour is that of the recorded bound, made at the end of the day before. All jobs of the day are
    planned at once, as if they were known at its beginning. So two plans of the same day can be compared with each
    other, but not with the replay.

    Raises: DataError if the replay or the telemetry does not hold the day and the next one.
    """
    end = first + _HOURS * _ONE_HOUR
    rows = [*ledger.replayed_jobs(first=first, end=first + HOURS_PER_DAY * _ONE_HOUR)]
    jobs = {place.job_id: place.job() for place in rows}
    last_start = first + (HOURS_PER_DAY - 1) * _ONE_HOUR
    chosen = [
        job
        for job in jobs.values()
        if job is not None and job.duration_h <= HOURS_PER_DAY and job.earliest_utc <= last_start
    ]
    if not chosen:
        raise DataError(f"no job of the replay began on {first.astype('datetime64[D]')}; choose another day")
    actuals = _actuals(workspace, fleet, first, end)
    one_mw = np.ones_like(actuals.base_load_mw)
    rates = actuals.resource_use(one_mw)
    spare_mw = _room_mw(workspace, fleet, first)
    for place in ledger.replayed_places(first=first, end=end):
        if place.job_id not in jobs and place.region is not None and place.start_utc is not None:
            start = max(int((place.start_utc - first) / _ONE_HOUR), 0)
            stop = min(int((place.start_utc - first) / _ONE_HOUR) + place.duration_h, _HOURS)
            spare_mw[fleet.region_ids.index(place.region), start:stop] -= place.power_mw
    return DayJobs(
        fleet=fleet,
        first=first,
        work=Workload.of(chosen, fleet.region_ids),
        spare_mw=spare_mw,
        carbon_kg=rates.carbon_kg,
        water_l=rates.water_l,
        energy_usd=rates.energy_mwh * actuals.price_usd_per_mwh,
        left_out=len(rows) - len(chosen),
    )


def plan_day(day: DayJobs, costs: Costs) -> PlanFootprint:
    """Plan the jobs of a day with some prices of carbon and water, and return what the plan uses."""
    scarcity = np.array([region.water_scarcity for region in day.fleet.regions])[:, None]
    cost = (
        day.energy_usd
        + costs.carbon_usd_per_t * TONNES_PER_KG * day.carbon_kg
        + costs.water_usd_per_m3 * scarcity * M3_PER_LITRE * day.water_l
    )
    plan = Priced().plan(_offer(day, cost, costs), _batch(day))
    return _footprint(day, plan)


def _actuals(workspace: Workspace, fleet: Fleet, first: Hour, end: Hour) -> ActualHours:
    stored = read_telemetry(workspace.telemetry).renamed(fleet.current_ids).of_regions(fleet.region_ids)
    if not (stored.time_utc[0] <= first and end <= stored.time_utc[-1] + _ONE_HOUR):
        raise DataError(f"the two days from {clock.iso(first)} are not stored; choose another day")
    start = stored.position(first)
    return ActualHours.of(stored.hours(start, start + _HOURS), fleet)


def _room_mw(workspace: Workspace, fleet: Fleet, first: Hour) -> FloatArray:
    """Return the (region, hour) recorded spare power of two days, each as bounded at the end of the day before."""
    days = []
    for origin in (first - _ONE_HOUR, first + (HOURS_PER_DAY - 1) * _ONE_HOUR):
        at = clock.to_series(np.array([origin]), "origin_utc")[0]
        rows = (
            scan_regular(workspace.headroom)
            .filter(pl.col("origin_utc") == pl.lit(at))
            .sort("region", "lead_h")
            .collect()
        )
        if len(rows) != len(fleet.regions) * HOURS_PER_DAY:
            raise DataError(f"the replay does not hold {clock.iso(origin)}; choose another day")
        by_region = rows.partition_by("region", as_dict=True)
        days.append(np.stack([by_region[region,]["spare_mw"].to_numpy() for region in fleet.region_ids]))
    room = np.concatenate(days, axis=1).astype(np.float64)
    return np.where(np.isfinite(room), room, -np.inf)


def _offer(day: DayJobs, cost_usd_per_mwh: FloatArray, costs: Costs) -> Offer:
    regions = len(day.fleet.regions)
    return Offer(
        spare_mw=np.ascontiguousarray(day.spare_mw[None]),
        level_index=np.zeros((1, regions, HOURS_PER_DAY), dtype=np.int8),
        bucket=np.zeros((_HOURS - HOURS_PER_DAY + 2, HOURS_PER_DAY), dtype=np.int8),
        reserved_mw=np.zeros((regions, _HOURS)),
        most_jobs=np.full(regions, np.iinfo(np.int64).max),
        cost_usd_per_mwh=np.ascontiguousarray(cost_usd_per_mwh),
        transfer_usd_per_gb=costs.transfer_usd_per_gb,
        waiting_usd_per_mwh_per_h=costs.waiting_usd_per_mwh_per_h,
    )


def _batch(day: DayJobs) -> Batch:
    work, first_h = day.work, int(day.first.astype(np.int64))
    nowhere = np.full(len(work), NOWHERE)
    return Batch(
        power_mw=work.power_mw,
        duration_h=work.duration_h,
        first=np.maximum(work.earliest_h - first_h, 0),
        last=np.minimum(work.latest_start_h - first_h, HOURS_PER_DAY - 1),
        sets=work.sets,
        region_set=work.region_set,
        home=work.home,
        priority=work.priority,
        waited_h=np.maximum(first_h - work.earliest_h, 0),
        data_gb=work.data_gb,
        kept_region=nowhere,
        kept_start=nowhere.copy(),
    )


def _footprint(day: DayJobs, plan: Plan) -> PlanFootprint:
    power = np.zeros_like(day.spare_mw)
    is_placed = plan.region != NOWHERE
    for job in np.flatnonzero(is_placed):
        hours = slice(plan.start[job], plan.start[job] + day.work.duration_h[job])
        power[plan.region[job], hours] += day.work.power_mw[job]
    return PlanFootprint(
        carbon_t=float(np.nansum(power * day.carbon_kg)) * TONNES_PER_KG,
        water_m3=float(np.nansum(power * day.water_l)) * M3_PER_LITRE,
        energy_usd=float(np.nansum(power * day.energy_usd)),
        job_mwh=dict(zip(day.fleet.region_ids, power.sum(axis=1).tolist(), strict=True)),
        unserved_mwh=float(day.work.energy_mwh[~is_placed].sum()),
    )
