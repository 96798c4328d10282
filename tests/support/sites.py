"""Regions, jobs, telemetry and conditions that the tests of the decision chain share."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from support.builders import JANUARY, hours_from

from fleet.decisions.decide import decide
from fleet.decisions.state import State
from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.decision import Decision
from fleet.domain.job import Job
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.job_table import jobs_from_frame
from fleet.domain.levels import HeadroomLevels
from fleet.domain.region import Costs, Fleet, OutsideAirPlant, Region
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.fleets import load_fleet
from fleet.physics.limits import IT_POWER, code_of
from fleet.placement import POLICIES
from fleet.preparation.beyond_horizon import BeyondHorizon, Rows
from fleet.preparation.prepare import prepare
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.preparation.silence import Silence
from fleet.twin import Twin, make_twin

NAIVE = Settings(forecaster="seasonal_naive", far_horizon=24)
ONE_HOUR = np.timedelta64(1, "h")
DAY = 24
SUMMER = "2024-04-01T00"
CALM_DAYS = 150
TWIN_DAYS = 150

CALM = {
    "temperature_c": 10.0,
    "dew_point_c": 5.0,
    "it_load_mw": 6.0,
    "carbon_g_per_kwh": 300.0,
    "price_usd_per_mwh": 50.0,
}


def hour(text: str) -> np.datetime64:
    """Return the hour of an ISO text."""
    return np.datetime64(text, "h")


def region(name: str = "alpha", **changes: Any) -> Region:
    """Return a region with 10 MW of IT. At 10 degC and 6 MW of load the IT power binds, so the headroom is 4 MW."""
    defaults: dict[str, Any] = {
        "id": name,
        "name": name.title(),
        "latitude_deg": 50.0,
        "longitude_deg": 0.0,
        "altitude_m": 0.0,
        "it_capacity_mw": 10.0,
        "grid_limit_mw": 20.0,
        "plant": OutsideAirPlant(
            kind="outside_air", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0.5, fixed_mw=0.5
        ),
    }
    return Region(**(defaults | changes))


def fleet_of(*regions: Region) -> Fleet:
    """Return a fleet in which a kg of carbon costs 1 USD, so that costs are easy to compute by hand."""
    return Fleet(name="test", costs=Costs(carbon_usd_per_t=1_000), regions=regions or (region(),))


def calm(
    fleet: Fleet,
    days: int = CALM_DAYS,
    *,
    start: str = JANUARY,
    levels: Mapping[str, Mapping[str, float]] | None = None,
) -> Telemetry:
    """Return telemetry that never changes, so that the bound equals the actual value.

    Args:
        levels: column -> region -> value in every hour, where it differs from CALM.
    """
    values = {}
    for name, usual in CALM.items():
        by_region = (levels or {}).get(name, {})
        rows = [np.full(days * DAY, by_region.get(region_id, usual)) for region_id in fleet.region_ids]
        values[name] = np.stack(rows)
    return Telemetry(regions=fleet.region_ids, time_utc=hours_from(start, days * DAY), values=values)


def changed(telemetry: Telemetry, name: str, where: Any, value: Any) -> Telemetry:
    """Return the telemetry with some (region, hour) values of one column replaced."""
    values = {column: grid.copy() for column, grid in telemetry.values.items()}
    values[name][where] = value
    return Telemetry(regions=telemetry.regions, time_utc=telemetry.time_utc, values=values)


def job(name: str = "job", **changes: Any) -> Job:
    """Return a job of 1 MW for two hours, with a window of six hours from 2024-05-20T01 on."""
    defaults: dict[str, Any] = {
        "id": name,
        "power_mw": 1.0,
        "duration_h": 2,
        "earliest_utc": hour("2024-05-20T01"),
        "deadline_utc": hour("2024-05-20T07"),
        "home_region": "alpha",
    }
    return Job(**(defaults | changes))


def conditions(headroom_mw: Any, **changes: Any) -> Conditions:
    """Return conditions in which 10 MW of IT power bind, energy costs 1 USD/MWh and forecast and bound are equal."""
    mw = np.asarray(headroom_mw, dtype=np.float64)
    defaults: dict[str, Any] = {
        "headroom_mw": mw,
        "binding": np.full(mw.shape, code_of(IT_POWER), dtype=np.int8),
        "safe_load_mw": np.full(mw.shape, 10.0),
        "forecast_headroom_mw": mw,
        "margin_headroom_mw": mw,
        "near_limit": np.zeros(mw.shape, dtype=np.bool_),
        "near_limit_mw": mw - 0.5,
        "temperature_bound_c": np.full(mw.shape, 10.0),
        "load_bound_mw": 10.0 - mw,
        "carbon_kg_per_mwh": np.full(mw.shape, 0.1),
        "water_l_per_mwh": np.full(mw.shape, 2.0),
        "cost_usd_per_mwh": np.ones(mw.shape),
    }
    return Conditions.of(**(defaults | {name: np.asarray(value) for name, value in changes.items()}))


def prepared_of(
    headroom_mw: Any, *, regions: Sequence[str] = ("alpha",), first: str = "2024-05-20T00", **changes: Any
) -> Prepared:
    """Return conditions made by hand: (origin, region, lead) headroom at a single level.

    Beyond the horizon the climatological band leaves 2 MW at 3 USD/MWh.
    """
    near = conditions(headroom_mw, **changes)
    origins, _, horizon = near.headroom_mw.shape
    cells = (1, len(regions), 12 * DAY)
    return Prepared(
        fleet=fleet_of(*[region(name) for name in regions]),
        settings=Settings(horizon=horizon),
        origin_utc=hours_from(first, origins),
        now=Conditions(table=near.table[..., :1]),
        near=near,
        levels=HeadroomLevels.single(near),
        beyond=season_only(
            conditions(np.full(cells, 2.0), cost_usd_per_mwh=np.full(cells, 3.0)), hours_from(first, origins), horizon
        ),
        silence=Silence.none(hours_from(first, origins), len(regions)),
        residuals={},
        gate_margin={},
        grid_limit_mw=np.full((origins, len(regions), horizon), 20.0),
        far=None,
    )


def season_only(season: Conditions, origin_utc: HourArray, horizon: int) -> BeyondHorizon:
    """Return the hours beyond the horizon without forecasts: (row, region, month and hour of day) conditions."""
    origins, regions = len(origin_utc), season.headroom_mw.shape[1]
    zeros, none = np.zeros(origins, dtype=np.int64), np.full(origins, -1)
    by_region = np.zeros((origins, regions), dtype=np.int64)
    return BeyondHorizon(
        horizon=horizon,
        origin_utc=origin_utc,
        season=season,
        far=None,
        rows=Rows(season=zeros, far=none),
        heard=Rows(season=by_region, far=by_region - 1),
        limit_mw=np.full((origins, regions), np.inf),
    )


@cache
def summer_twin() -> Twin:
    """Return the twin of the default fleet from April to August, with its jobs."""
    return make_twin(load_fleet(), start=hour(SUMMER), hours=TWIN_DAYS * DAY, seed=7)


@cache
def summer_jobs() -> list[Job]:
    """Return the jobs of the summer twin."""
    return jobs_from_frame(summer_twin().jobs, table="twin", regions=load_fleet().regions).jobs


@cache
def summer_prepared() -> Prepared:
    """Return the conditions at every origin of the last 29 days of the summer twin."""
    first = (TWIN_DAYS - 29) * DAY
    return prepare(summer_twin().telemetry, load_fleet(), np.arange(first, TWIN_DAYS * DAY - 1), NAIVE)


def decided(
    prepared: Prepared,
    jobs: Sequence[Job],
    state: State | None = None,
    *,
    policy: str = "greedy",
    ended: Sequence[JobOutcome] = (),
    earlier: Sequence[Job] = (),
) -> tuple[list[Decision], State]:
    """Decide one hour; return the decisions and the state after them.

    Args:
        jobs: jobs that arrive in this hour.
        state: state before the hour; empty by default.
        earlier: jobs of earlier hours, to which the state refers.
    """
    work = Workload.of([*earlier, *jobs], prepared.fleet.region_ids)
    before = state or State.empty(prepared, longest_job_h=48)
    arrived = len(earlier) + np.arange(len(jobs))
    result, after = decide(prepared, before, work, arrived, POLICIES[policy](), ended)
    return result.decisions(), after
