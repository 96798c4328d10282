"""Every job of a replay as a row, so that any figure can be followed to the jobs behind it."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.domain import clock
from fleet.domain.conditions import Limit
from fleet.replay.closed_loop import Replay
from fleet.replay.run import Run
from fleet.units import FloatArray, IntArray

_LIMITS = np.array([limit.label for limit in Limit])


def jobs_frame(replay: Replay) -> pl.DataFrame:
    """One row per policy and job.

    Columns: policy, job_id, home_region, power_mw, duration_h; verdict (ran, withdrawn or denied); region,
    earliest_utc, start_utc, season (of the start, or of the arrival of a job that never ran), decided_utc (origin of
    the last decision), moves, contested, near_temperature_limit, judged, breached (see `run.Run`); breach_utc,
    breach_limit and breach_mw: the first breached hour while it ran, the limit that bound there and how far the total
    load passed it; breached_hours; denied_limit of a job that never ran. Null where there is none.
    """
    first_h = int(replay.telemetry.time_utc[0].astype(np.int64))
    return pl.concat([_of_run(name, run, replay.actuals, first_h) for name, run in replay.runs.items()])


def breached_jobs(jobs: pl.DataFrame) -> pl.DataFrame:
    """The rows of `jobs_frame` that breached, in the order of their first breached hour."""
    return jobs.filter(pl.col("breached")).sort("breach_utc", "region", "job_id")


def shared_breaches(breached: pl.DataFrame) -> pl.DataFrame:
    """How many breached jobs share the day, region and limit of their first breached hour, most first.

    Columns: day, region, breach_limit, jobs, mwh.
    """
    return (
        breached.group_by(pl.col("breach_utc").dt.date().alias("day"), "region", "breach_limit")
        .agg(jobs=pl.len(), mwh=(pl.col("power_mw") * pl.col("duration_h")).sum())
        .sort(["jobs", "day", "region", "breach_limit"], descending=[True, False, False, False])
    )


def _of_run(name: str, run: Run, actuals: ActualHours, first_h: int) -> pl.DataFrame:
    work, status, ran = run.work, run.status, run.placed
    regions = np.array(actuals.fleet.region_ids)
    breach = _Breaches.of(run, actuals, first_h)
    met = breach.hours > 0
    verdict = np.where(ran, "ran", np.where(status.committed, "withdrawn", "denied"))
    season = np.array(clock.SEASONS)[clock.season(status.start_or_arrival_h(work).astype("datetime64[h]"))]
    columns = {
        "policy": pl.repeat(name, len(work), eager=True),
        "job_id": pl.Series([job.id for job in work.jobs], dtype=pl.String),
        "home_region": regions[work.home],
        "power_mw": work.power_mw,
        "duration_h": work.duration_h,
        "verdict": verdict,
        "region": _where(ran, regions[status.region]),
        "earliest_utc": _utc(work.earliest_h),
        "start_utc": _where(ran, _utc(status.start_h)),
        "season": season,
        "decided_utc": _utc(status.origin_h),
        "moves": status.moves,
        "contested": run.contested,
        "near_temperature_limit": run.near_temperature_limit,
        "judged": run.judged,
        "breached": run.breached,
        "breach_utc": _where(met, _utc(breach.first_h)),
        "breach_limit": _where(met, _LIMITS[breach.limit]),
        "breach_mw": _where(met, breach.over_mw),
        "breached_hours": breach.hours,
        "denied_limit": _where(~ran, _LIMITS[status.denied_limit]),
    }
    return pl.DataFrame(columns)


@dataclass(frozen=True, kw_only=True)
class _Breaches:
    """Arrays are (job,). hours: how many of its hours breached; the others speak of the first of them."""

    hours: IntArray
    first_h: IntArray
    limit: NDArray[np.int8]
    over_mw: FloatArray

    @classmethod
    def of(cls, run: Run, actuals: ActualHours, first_h: int) -> Self:
        jobs = np.flatnonzero(run.breached)
        length = run.work.duration_h[jobs]
        # From here on an entry is an hour of a breached job.
        owner = np.repeat(jobs, length)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(length) - length, length)
        hour = run.status.start_h[owner] - first_h + within
        place = run.status.region[owner], hour
        broken = actuals.breached(run.job_mw)[place]
        first, at = np.unique(owner[broken], return_index=True)
        found = tuple(axis[broken][at] for axis in place)
        over = actuals.base_load_mw[found] + run.job_mw[found] - actuals.safe_load_mw[found]
        every = len(run.work)
        return cls(
            hours=np.bincount(owner[broken], minlength=every),
            first_h=_spread(first, found[1] + first_h, every),
            limit=_spread(first, actuals.binding[found], every),
            over_mw=_spread(first, over, every),
        )


def _spread(jobs: IntArray, values: NDArray[Any], every: int) -> NDArray[Any]:
    """(every,) the values at their jobs, and zero at all others."""
    found = np.zeros(every, dtype=values.dtype)
    found[jobs] = values
    return found


def _utc(hour: IntArray) -> pl.Series:
    return clock.to_series(hour.astype("datetime64[h]"), "")


def _where(known: NDArray[np.bool_], values: pl.Series | NDArray[Any]) -> pl.Series:
    """The values where they are known, and null elsewhere."""
    series = values if isinstance(values, pl.Series) else pl.Series(values)
    return series.zip_with(pl.Series(known), pl.Series([None], dtype=series.dtype))
