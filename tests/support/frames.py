"""A small replay made by hand: two and a half days, three regions, two policies and the oracle."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fleet.evaluation.intervals import Rate
from fleet.evaluation.reliability import PathReliability, Reliability
from fleet.replay.band_comparison import BandComparison, MonthScores
from fleet.replay.bound_evidence import BoundEvidence, Evidence
from fleet.replay.running_rate import RunningCounts
from fleet.storage.files import write_frame, write_json
from fleet.storage.workspace import Workspace

REGIONS = ("arizona", "ireland", "wyoming")
ORIGIN = datetime(2025, 7, 1, tzinfo=UTC)
HOURS = 24
FOOTPRINT_HOURS = 60
# MW of jobs by region. The optimised policy runs nothing in Arizona, and 18 instead of 20 MW in all regions together.
JOB_MW = {"home_region": (10.0, 5.0, 5.0), "priced": (0.0, 6.0, 12.0), "oracle": (0.0, 6.0, 13.0)}
CARBON_G_PER_KWH = (500.0, 300.0, 900.0)
WATER_L_PER_MWH = (3000.0, 0.0, 200.0)


def risk_rows(
    *,
    quantity: str = "outdoor",
    region: str = "arizona",
    origin: datetime = ORIGIN,
    forecast: Sequence[float] = (30.0,) * HOURS,
    margin: float | Sequence[float] = 2.0,
    limit: float | None = 40.0,
    actual: Sequence[float | None] | None = None,
) -> pl.DataFrame:
    """Return the rows of one origin. The band is the forecast +- margin; the path bound is two margins above."""
    margins = [margin] * len(forecast) if isinstance(margin, int | float) else list(margin)
    return pl.DataFrame(
        {
            "quantity": quantity,
            "region": region,
            "origin_utc": origin,
            "lead_h": pl.Series(range(1, len(forecast) + 1), dtype=pl.Int16),
            "forecast": forecast,
            "lower": [value - width for value, width in zip(forecast, margins, strict=True)],
            "upper": [value + width for value, width in zip(forecast, margins, strict=True)],
            "path_upper": [value + 2 * width for value, width in zip(forecast, margins, strict=True)],
            "actual": list(forecast) if actual is None else actual,
            "limit": pl.Series([limit] * len(forecast), dtype=pl.Float64),
        }
    ).with_columns(pl.col("origin_utc").cast(pl.Datetime("ms", "UTC")), pl.col(pl.Float64).cast(pl.Float32))


def hot_afternoon() -> list[float]:
    """Return 24 temperatures: 39 degC at leads 10 to 13, 41 degC at lead 14, and 30 degC at all other leads."""
    return [30.0] * 9 + [39.0] * 4 + [41.0] + [30.0] * 10


def risk_table() -> pl.DataFrame:
    """Return two origins of each quantity and region. Only the second outdoor origin of Arizona is hot."""
    later = ORIGIN + timedelta(hours=1)
    parts = [
        risk_rows(quantity=quantity, region=region, origin=origin, limit=limit)
        for quantity, limits in (("outdoor", (40.0, None, None)), ("inlet", (35.0, 35.0, 31.8)))
        for region, limit in zip(REGIONS, limits, strict=True)
        for origin in (ORIGIN, later)
        if (quantity, region, origin) != ("outdoor", "arizona", later)
    ]
    return pl.concat([*parts, risk_rows(origin=later, forecast=hot_afternoon())])


def headroom_table() -> pl.DataFrame:
    """Return the headroom of the origins of `risk_table`: 12 MW, but none in the hot hours of Arizona."""
    later = ORIGIN + timedelta(hours=1)
    rows = []
    for region in REGIONS:
        for origin in (ORIGIN, later):
            for lead in range(1, HOURS + 1):
                is_hot = region == "arizona" and origin == later and 10 <= lead <= 14
                rows.append(
                    {
                        "region": region,
                        "origin_utc": origin,
                        "lead_h": lead,
                        "safe_load_mw": 0.0 if is_hot else 62.0,
                        "spare_mw": -50.0 if is_hot else 12.0,
                        "forecast_headroom_mw": 0.0 if is_hot and lead == 14 else 15.0,
                        "limit": "outdoor" if is_hot else "it",
                    }
                )
    return pl.DataFrame(rows).with_columns(
        pl.col("origin_utc").cast(pl.Datetime("ms", "UTC")), pl.col("lead_h").cast(pl.Int16)
    )


def footprint_table() -> pl.DataFrame:
    """Return half a day before ORIGIN and two complete days after it; the second complete day is the warmer one."""
    rows = []
    for policy, powers in JOB_MW.items():
        for index, region in enumerate(REGIONS):
            for hour in range(FOOTPRINT_HOURS):
                mw = powers[index]
                rows.append(
                    {
                        "policy": policy,
                        "region": region,
                        "time_utc": ORIGIN + timedelta(hours=hour - 12),
                        "temperature_c": 20.0 + (10.0 if hour >= 36 else 0.0),
                        "carbon_g_per_kwh": CARBON_G_PER_KWH[index] + hour,
                        "base_load_mw": 50.0,
                        "job_mw": mw,
                        "base_carbon_kg": 50.0 * CARBON_G_PER_KWH[index],
                        "base_water_l": 50.0 * WATER_L_PER_MWH[index],
                        "base_cost_usd": 50.0 * 60,
                        "job_carbon_kg": mw * CARBON_G_PER_KWH[index],
                        "job_water_l": mw * WATER_L_PER_MWH[index],
                        "job_cost_usd": mw * 60,
                        "job_beyond_energy_usd": 0.0,
                    }
                )
    return pl.DataFrame(rows).with_columns(pl.col("time_utc").cast(pl.Datetime("ms", "UTC")))


def outcome(**changes: Any) -> dict[str, Any]:
    """Return the fields of `fleet.replay.outcomes.Outcome` as JSON holds them."""
    base = {
        "jobs": 1000,
        "approved": 1000,
        "deferred": 0,
        "denied": 0,
        "withdrawn": 0,
        "contested_jobs": 400,
        "contested_approved": 400,
        "contested_breached": 200,
        "breached_jobs": 250,
        "breach_rate": 0.25,
        "contested_breach_rate": 0.5,
        "breach_bound": None,
        "breach_interval_95": [0.2, 0.3],
        "contested_breach_interval_95": [0.45, 0.55],
        "breached_region_hours": 90,
        "safe_jobs": 900,
        "safe_approved": 900,
        "carbon_t": 600.0,
        "water_m3": 1860.0,
        "energy_mwh": 1300.0,
        "served_mwh": 1200.0,
        "unserved_mwh": 0.0,
        "cost_usd": 72000.0,
        "cost_per_served_mwh": 60.0,
        "deadline_misses": 0,
    }
    return {**base, **changes}


def summary() -> dict[str, Any]:
    """Return the JSON of a replay of an earlier version, without evidence."""
    optimised = outcome(
        approved=950,
        denied=50,
        contested_approved=350,
        contested_breached=15,
        breached_jobs=2,
        breach_rate=2 / 950,
        contested_breach_rate=15 / 350,
        served_mwh=1080.0,
        unserved_mwh=120.0,
        breach_interval_95=[0.0, 0.004],
        contested_breach_interval_95=[0.0, 0.045],
    )
    return {
        "policies": {"home_region": outcome(), "priced": optimised, "oracle": optimised},
        "test_start_utc": "2025-06-30T11:00Z",
        "test_end_utc": "2025-07-02T23:00Z",
    }


def contested_cell(region: str, season: str, breached: int, approved: int, **changes: Any) -> dict[str, Any]:
    """Return a `fleet.replay.breakdown.Cell` as JSON holds it, with one MWh per job."""
    share = breached / approved
    base = {"breach_rate": share, "breach_interval_95": [share / 2, min(2 * share, 1.0)]}
    energy = {"mwh": float(approved), "breached_mwh": float(breached)}
    return {"region": region, "season": season, "approved": approved, "breached": breached, **base, **energy, **changes}


def published(**changes: Any) -> dict[str, Any]:
    """Return the published numbers of a region's `fleet.conformal.controller.Controller` as JSON holds them."""
    base = {"breach_rate": 0.01, "bound": 0.09, "level": 0.5, "resolved": 400, "breached": 4, "unresolved": 0}
    return {**base, "most_unresolved": 12, "lowered": 0.0, "resets": 0, **changes}


def length_cell(breach_rate: float, breach_rate_mwh: float) -> dict[str, Any]:
    """Return 1,000 contested jobs of one length, with 10 MWh each."""
    return {
        "approved": 1_000,
        "breached": round(1_000 * breach_rate),
        "breach_rate": breach_rate,
        "breach_interval_95": [0.5 * breach_rate, 2 * breach_rate],
        "mwh": 10_000.0,
        "breached_mwh": 10_000.0 * breach_rate_mwh,
        "breach_rate_mwh": breach_rate_mwh,
        "breach_interval_95_mwh": [0.5 * breach_rate_mwh, 2 * breach_rate_mwh],
    }


def full_summary() -> dict[str, Any]:
    """Return `summary` with the numbers that only a policy with a controller has."""
    content = summary()
    content["confidence"] = 0.95
    content["policies"]["priced"] |= {
        "breach_bound": 0.08,
        "contested_mwh": 500.0,
        "contested_breached_mwh": 50.0,
        "contested_breach_rate_mwh": 0.1,
        "contested_breach_interval_95_mwh": [0.06, 0.14],
        "contested_cells": [contested_cell("arizona", "Jun-Aug", 6, 200), contested_cell("ireland", "Jun-Aug", 9, 150)],
        "contested_lengths": {"up to 24 h": length_cell(0.01, 0.02), "over 24 h": length_cell(0.03, 0.04)},
        "controller": {region: published() for region in REGIONS},
    }
    return content


def reliability(missed: int) -> Reliability:
    """Return fifteen days of origins with two leads; the first `missed` origins miss."""
    origin_utc = np.datetime64("2025-02-20T00", "h") + np.arange(15 * 24)
    held = np.ones((len(origin_utc), 2))
    held[:missed] = 0
    return Reliability.of(held, np.indices(held.shape).sum(axis=0).astype(float), origin_utc)


def evidence() -> Evidence:
    """Return evidence in which the bounds of Ireland miss 36 of 360 origins and those of other regions none."""
    no_case = Rate(count=0, share=float("nan"), interval_95=(float("nan"), float("nan")))
    bounds = {}
    for variable in ("temperature_c", "dew_point_c", "it_load_mw"):
        bounds[variable] = {}
        for region in REGIONS:
            hourly = reliability(36 if region == "ireland" else 0)
            path = PathReliability(
                overall=hourly.overall,
                hottest=hourly.hottest,
                by_window={24: hourly.overall},
                weeks=hourly.weeks,
                worst_week=hourly.worst_week,
                width_ratio=1.5,
            )
            bounds[variable][region] = BoundEvidence(
                reliability=hourly, selected=no_case, others=hourly.overall, path=path, infinite_share=0.0
            )
    month = MonthScores(coverage=reliability(36).overall, path=no_case, worst_week=None, mean_width=float("nan"))
    better = MonthScores(
        coverage=reliability(0).overall, path=no_case, worst_week=reliability(0).worst_week, mean_width=3.0
    )
    return Evidence(
        confidence=0.95,
        policy="priced",
        bounds=bounds,
        pit={region: [reliability(36).overall] * 10 for region in REGIONS},
        breaches=RunningCounts(
            day=["2025-01-01", "2025-01-02"],
            resolved=[0, 200],
            breached=[0, 2],
            contested=[0, 100],
            contested_breached=[0, 2],
            bound=[float("inf"), 0.12],
        ),
        reference={"ireland": BandComparison(reference=month, default=better)},
    )


def write_evidence(home: Path) -> Workspace:
    """Write and return a workspace whose replay has evidence."""
    workspace = write_workspace(home)
    write_json(workspace.replay, full_summary())
    write_json(workspace.evidence, evidence().as_dict())
    return workspace


def write_workspace(home: Path) -> Workspace:
    """Write and return a workspace as replays of earlier versions made it: without evidence."""
    workspace = Workspace(home)
    write_frame(workspace.risk, risk_table())
    write_frame(workspace.headroom, headroom_table())
    write_frame(workspace.footprint, footprint_table())
    write_json(workspace.replay, summary())
    return workspace
