"""The jobs of a replay as rows of a table, so that a reader can find the jobs that a figure counts."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.domain import clock
from fleet.physics.limits import LIMITS
from fleet.replay.closed_loop import Replay
from fleet.replay.run import Run
from fleet.units import FloatArray, IntArray

_LABELS = np.array([limit.label for limit in LIMITS])


def jobs_frame(replay: Replay) -> pl.DataFrame:
    """Return a table with one row per policy and job. A value that does not exist is null.

    Columns:
        policy, job_id, home_region, power_mw, duration_h: the policy and the job.
        verdict: "ran", "withdrawn" or "denied".
        region, start_utc: where and when the job ran.
        earliest_utc: earliest start that the job allows.
        season: season of the start; of the arrival if the job never ran.
        decided_utc: origin of the last decision on the job.
        moves, contested, near_temperature_limit, judged, breached: see `JobStatus` and `Run`.
        breach_utc, breach_limit, breach_mw: the first breached hour while the job ran, the binding limit of this hour,
            and the total load above the safe load.
        breached_hours: number of breached hours while the job ran.
        denied_limit: the limit that denied a job that never ran.
    """
    first_h = int(replay.telemetry.time_utc[0].astype(np.int64))
    return pl.concat([_run_frame(name, run, replay.actuals, first_h) for name, run in replay.runs.items()])


def breached_jobs(jobs: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the jobs that breached, in the order of their first breached hour."""
    return jobs.filter(pl.col("breached")).sort("breach_utc", "region", "job_id")


def shared_breaches(breached: pl.DataFrame) -> pl.DataFrame:
    """Count the breached jobs by day, region and binding limit of their first breached hour, largest count first.

    Args:
        breached: result of `breached_jobs`.
    Returns: columns day, region, breach_limit, jobs, mwh (IT energy of the jobs).
    """
    return (
        breached.group_by(pl.col("breach_utc").dt.date().alias("day"), "region", "breach_limit")
        .agg(jobs=pl.len(), mwh=(pl.col("power_mw") * pl.col("duration_h")).sum())
        .sort(["jobs", "day", "region", "breach_limit"], descending=[True, False, False, False])
    )


def _run_frame(name: str, run: Run, actuals: ActualHours, first_h: int) -> pl.DataFrame:
    work, status, ran = run.work, run.status, run.placed
    region_ids = np.array(actuals.fleet.region_ids)
    breaches = _FirstBreaches.of(run, actuals, first_h)
    has_breach = breaches.hours > 0
    verdict = np.where(ran, "ran", np.where(status.committed, "withdrawn", "denied"))
    season = np.array(clock.SEASONS)[clock.season(status.start_or_arrival_h(work).astype("datetime64[h]"))]
    columns = {
        "policy": pl.repeat(name, len(work), eager=True),
        "job_id": pl.Series([job.id for job in work.jobs], dtype=pl.String),
        "home_region": region_ids[work.home],
        "power_mw": work.power_mw,
        "duration_h": work.duration_h,
        "verdict": verdict,
        "region": _null_unless(ran, region_ids[status.region]),
        "earliest_utc": _utc(work.earliest_h),
        "start_utc": _null_unless(ran, _utc(status.start_h)),
        "season": season,
        "decided_utc": _utc(status.origin_h),
        "moves": status.moves,
        "contested": run.contested,
        "near_temperature_limit": run.near_temperature_limit,
        "judged": run.judged,
        "breached": run.breached,
        "breach_utc": _null_unless(has_breach, _utc(breaches.first_h)),
        "breach_limit": _null_unless(has_breach, _LABELS[breaches.limit]),
        "breach_mw": _null_unless(has_breach, breaches.over_mw),
        "breached_hours": breaches.hours,
        "denied_limit": _null_unless(~ran, _LABELS[status.denied_limit]),
    }
    return pl.DataFrame(columns)


@dataclass(frozen=True, kw_only=True)
class _FirstBreaches:
    """The breached hours of each job. Arrays are (job,), with 0 for a job that did not breach.

    Args:
        hours: number of breached hours while the job ran.
        first_h: the first of these hours, counted from 1970-01-01T00 UTC.
        limit: code of the binding limit of the first breached hour.
        over_mw: total load above the safe load in the first breached hour.
    """

    hours: IntArray
    first_h: IntArray
    limit: NDArray[np.int8]
    over_mw: FloatArray

    @classmethod
    def of(cls, run: Run, actuals: ActualHours, first_h: int) -> Self:
        jobs = np.flatnonzero(run.breached)
        duration_h = run.work.duration_h[jobs]
        # From here on an entry is an hour of a breached job.
        owner = np.repeat(jobs, duration_h)
        hour_of_job = np.arange(len(owner)) - np.repeat(np.cumsum(duration_h) - duration_h, duration_h)
        region, hour = run.status.region[owner], run.status.start_h[owner] - first_h + hour_of_job
        is_breached = actuals.breached(run.job_mw)[region, hour]
        job_of_first, first_index = np.unique(owner[is_breached], return_index=True)
        first = region[is_breached][first_index], hour[is_breached][first_index]
        over_mw = actuals.base_load_mw[first] + run.job_mw[first] - actuals.safe_load_mw[first]
        job_count = len(run.work)
        return cls(
            hours=np.bincount(owner[is_breached], minlength=job_count),
            first_h=_by_job(job_of_first, first[1] + first_h, job_count),
            limit=_by_job(job_of_first, actuals.binding[first], job_count),
            over_mw=_by_job(job_of_first, over_mw, job_count),
        )


def _by_job(jobs: IntArray, values: NDArray[Any], job_count: int) -> NDArray[Any]:
    """Return (job,) the values of the given jobs, and 0 for all other jobs."""
    by_job = np.zeros(job_count, dtype=values.dtype)
    by_job[jobs] = values
    return by_job


def _utc(hour: IntArray) -> pl.Series:
    return clock.to_series(hour.astype("datetime64[h]"), "")


def _null_unless(is_known: NDArray[np.bool_], values: pl.Series | NDArray[Any]) -> pl.Series:
    """Return the values where the flag is set, and null elsewhere."""
    series = values if isinstance(values, pl.Series) else pl.Series(values)
    return series.zip_with(pl.Series(is_known), pl.Series([None], dtype=series.dtype))
