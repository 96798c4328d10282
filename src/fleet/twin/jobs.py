"""Flexible jobs: their arrivals, sizes, lengths and slack.

A job of less than an hour is not worth placing. It runs at once and is part of the base load. In the studied clusters
most jobs are that short, but they take a small part of the energy (3 to 28 % for the lognormal lengths stated below).
A row of the table is therefore a job of one hour or more, rounded up to whole hours. A row is one of two kinds:

* A bundle: similar jobs (an evaluation sweep, the shards of a batch) that arrive, run and move together. Its length is
  drawn from the lengths of the studied jobs of an hour or more. No trace has the number of jobs that a scheduler
  bundles, so the sizes of bundles are assumed. A job takes 12 MWh on average.
* A run: one training run on 64 to 1,024 GPUs that lasts for days. Runs are rare.

A region states its jobs per day, and the share of its jobs of up to a day that may run at home only: many customers
allow one region only, and personal data often may not leave the European Union. Longer jobs save checkpoints, so they
may run anywhere. In the packaged fleet, three sites get 76 jobs a day together: some 27,700 jobs and 342 GWh a year, a
third of their IT energy.

Source: the lengths have the lognormal distribution of Alibaba PAI (MLaaS in the wild, 2022), which lies between those
of Acme, Philly and Helios. The hours and weekdays of arrival are the creation times in Alibaba's GPU cluster of 2023.
The share of best-effort jobs is also from that cluster.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.job_table import jobs_to_frame
from fleet.domain.region import Region
from fleet.twin.almanac import local_hours, solar_hour
from fleet.twin.noise import red_noise, stream
from fleet.units import HOURS_PER_DAY, KW_PER_MW, SECONDS_PER_HOUR, FloatArray

_PEAK_SOLAR_HOUR = 14.0  # assumed: the trace does not state its time zone
_ARRIVAL_SWING = 0.5  # first harmonic of the creation times by hour of the day
_WEEKEND_ARRIVALS = 0.6  # arrivals of a weekend day over arrivals of a working day, from the same data
_SATURDAY = 5
# Working days of the trace differ by 16 % beyond chance. Assumed: such a difference lasts for about a day.
_BUSY_SPREAD, _BUSY_MEMORY_H = 0.16, 24.0

_LOG_SECONDS, _LOG_SPREAD = 6.18, 2.14
# Assumed: the share of runs, their lengths, and that a scheduler stops a run after a week.
_RUN_SHARE = 0.015
_RUN_MEDIAN_H, _RUN_LOG_SPREAD = 60.0, 0.6
_LONGEST_H = 168

# Assumed: sizes and their shares.
_BUNDLE_GPUS = np.array([256, 512, 1_024, 2_048, 4_096, 6_144])
_BUNDLE_SHARES = np.array([0.09, 0.17, 0.25, 0.27, 0.17, 0.05])
_RUN_GPUS = np.array([64, 128, 256, 512, 1_024])
_RUN_SHARES = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
_KW_PER_GPU = (0.81, 1.06)  # a DGX H100 of eight GPUs typically draws 6.5 to 8.5 kW, at most 10.2 kW

_PRIORITY_SHARES = np.array([0.32, 0.5, 0.18])  # best effort is 32 % of jobs; the other two shares are assumed
_BEST_EFFORT = 0
# Assumed: no trace has deadlines or the data of a job. _TIGHT_SHARE is a share of the jobs above best effort. The data
# are 32 GB per server of eight GPUs: its part of the input, and of the model that every server loads.
_TIGHT_SHARE, _TIGHT_SLACK_H = 0.5, 2
_MOST_SLACK_H, _SLACK_SCALE_H = 48, 14.0
_GB_PER_GPU_MEDIAN, _GB_SPREAD = 4.0, 1.0
_LONGEST_HOME_ONLY_H = 24  # assumed: a longer job saves checkpoints, from which it may resume in any region
_KINDS = ("evaluation", "fine-tuning", "batch inference", "data preparation", "training")
_TRAINING = len(_KINDS) - 1
# Names of the uniform numbers that are drawn for each job, in the order of drawing.
_MARKS = ("kind", "length", "gpus", "power", "priority", "tight", "slack", "data", "purpose")


def make_jobs(regions: Sequence[Region], time_utc: HourArray, seed: int) -> pl.DataFrame:
    """Make the jobs of each home region, one row per job.

    Jobs whose window ends after the last hour are left out. A longer series contains the same jobs under the same ids.

    Args:
        regions: home regions.
        time_utc: (hour,) consecutive hours.
        seed: seed of the twin.
    Returns: columns as `jobs_to_frame` writes them; region after region, in order of arrival within each region.
    Assumes: Poisson arrivals at a rate that depends on the hour and the weekday and varies from day to day.
    """
    return pl.concat([no_jobs(), *(_jobs_of(region, time_utc, seed) for region in regions)])


def no_jobs() -> pl.DataFrame:
    """Return a table of jobs without rows."""
    times = {name: pl.Datetime("ms", "UTC") for name in ("earliest_utc", "deadline_utc")}
    types: dict[str, pl.DataType | type[pl.DataType]] = {
        "power_mw": pl.Float64,
        "duration_h": pl.Int64,
        "priority": pl.Int64,
        "data_gb": pl.Float64,
        "regions": pl.List(pl.String),
        **times,
    }
    schema = {name: types.get(name, pl.String) for name in jobs_to_frame([]).columns}
    return pl.DataFrame(schema=schema)


def _jobs_of(region: Region, time_utc: HourArray, seed: int) -> pl.DataFrame:
    """Make the jobs whose home is this region."""
    hours = len(time_utc)
    counts = stream(seed, region.id, "jobs", "arrivals").poisson(_arrivals_per_hour(region, time_utc, seed))
    arrival = np.repeat(np.arange(hours), counts)
    # One row of uniform numbers per job, so that later jobs do not change the numbers of earlier ones.
    rows = stream(seed, region.id, "jobs", "marks").random((len(arrival), len(_MARKS)))
    mark = dict(zip(_MARKS, rows.T, strict=True))

    is_run = mark["kind"] < _RUN_SHARE
    length_h = np.where(is_run, _run_length_h(mark["length"]), _bundle_length_h(mark["length"]))
    duration = np.minimum(np.ceil(length_h), _LONGEST_H).astype(np.int64)
    gpus = np.where(
        is_run,
        _RUN_GPUS[_index_by_share(_RUN_SHARES, mark["gpus"])],
        _BUNDLE_GPUS[_index_by_share(_BUNDLE_SHARES, mark["gpus"])],
    )
    low_kw, high_kw = _KW_PER_GPU
    priority = _index_by_share(_PRIORITY_SHARES, mark["priority"])
    data_gb = gpus * _GB_PER_GPU_MEDIAN * np.exp(_GB_SPREAD * ndtri(mark["data"]))
    # A stream of its own, so that a share of zero leaves the other numbers of all jobs as they are.
    is_home_only = stream(seed, region.id, "jobs", "home only").random(len(arrival)) < region.twin.home_only_share
    is_home_only &= duration <= _LONGEST_HOME_ONLY_H
    kind = np.where(is_run, _TRAINING, np.floor(_TRAINING * mark["purpose"])).astype(np.int64)
    deadline = arrival + duration + _slack_h(mark, priority)
    frame = pl.DataFrame(
        {
            "number": np.arange(len(arrival)),
            "kind": pl.Series(_KINDS, dtype=pl.String).gather(kind),
            "gpus": gpus,
            "power_mw": np.round(gpus * (low_kw + (high_kw - low_kw) * mark["power"]) / KW_PER_MW, 3),
            "duration_h": duration,
            "earliest_utc": clock.to_series(time_utc[0] + arrival, "earliest_utc"),
            "deadline_utc": clock.to_series(time_utc[0] + deadline, "deadline_utc"),
            "priority": priority,
            "data_gb": np.round(data_gb, 1),
            "regions": pl.Series([[region.id] if only else [] for only in is_home_only], dtype=pl.List(pl.String)),
        }
    )
    jobs = (
        frame.lazy()
        .filter(pl.lit(pl.Series(deadline <= hours)))
        .with_columns(
            id=pl.concat_str(pl.lit(f"{region.id}-"), pl.col("number").cast(pl.String).str.zfill(6)),
            name=pl.concat_str("kind", pl.lit(" on "), "gpus", pl.lit(" GPUs")),
            home_region=pl.lit(region.id),
        )
    )
    return jobs.select(no_jobs().columns).collect()


def _slack_h(mark: Mapping[str, FloatArray], priority: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the hours by which each job may start later and still meet its deadline, (job,)."""
    is_tight = (mark["tight"] < _TIGHT_SHARE) & (priority != _BEST_EFFORT)
    loose_h = np.minimum(np.floor(-_SLACK_SCALE_H * np.log1p(-mark["slack"])) + _TIGHT_SLACK_H + 1, _MOST_SLACK_H)
    return np.where(is_tight, np.floor((_TIGHT_SLACK_H + 1) * mark["slack"]), loose_h).astype(np.int64)


def _bundle_length_h(uniform: FloatArray) -> FloatArray:
    """Return lognormal lengths of an hour or more at the quantiles of uniform numbers."""
    under_an_hour = ndtr((np.log(SECONDS_PER_HOUR) - _LOG_SECONDS) / _LOG_SPREAD)
    exceeded = (1 - under_an_hour) * (1 - uniform)
    length: FloatArray = np.exp(_LOG_SECONDS - _LOG_SPREAD * ndtri(exceeded)) / SECONDS_PER_HOUR
    return length


def _run_length_h(uniform: FloatArray) -> FloatArray:
    length: FloatArray = np.maximum(_RUN_MEDIAN_H * np.exp(_RUN_LOG_SPREAD * ndtri(uniform)), 1)
    return length


def _index_by_share(shares: FloatArray, uniform: FloatArray) -> NDArray[np.int64]:
    """Return an index into `shares` for each uniform number; each index occurs in its share of the numbers."""
    return np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")


def _arrivals_per_hour(region: Region, time_utc: HourArray, seed: int) -> FloatArray:
    """Return the expected arrivals in each hour, (hour,). In the long run they add up to `jobs_per_day` per day."""
    phase = 2 * np.pi * (solar_hour(time_utc, region.longitude_deg) - _PEAK_SOLAR_HOUR) / HOURS_PER_DAY
    is_weekend = clock.weekday(local_hours(time_utc, region.longitude_deg)) >= _SATURDAY
    by_day = np.where(is_weekend, _WEEKEND_ARRIVALS, 1) / ((5 + 2 * _WEEKEND_ARRIVALS) / 7)
    noise = red_noise(stream(seed, region.id, "jobs", "busy"), (len(time_utc),), _BUSY_MEMORY_H)
    busyness = np.exp(_BUSY_SPREAD * noise - _BUSY_SPREAD**2 / 2)
    by_hour = 1 + _ARRIVAL_SWING * np.cos(phase)
    rate: FloatArray = region.twin.jobs_per_day / HOURS_PER_DAY * by_day * by_hour * busyness
    return rate
