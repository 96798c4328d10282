"""Flexible jobs: when they arrive, how large and long they are, and how much slack they leave.

What runs for less than an hour is not worth placing: it runs at once and is part of the base load. In the clusters that
were studied it is most of the jobs but a small part of the energy (3 to 28 % where lengths are lognormal as stated
below). A row is therefore a job that lasts an hour or more, rounded up to whole hours, and of two kinds:

* a bundle of like jobs (an evaluation sweep, the shards of a batch) that arrives, runs and moves as one. Its length is
  that of the studied jobs, given that they last an hour. How many jobs a scheduler bundles is not in any trace:
  bundle sizes are an assumption, chosen so that the jobs of a site are a tenth to a fifth of what it can run;
* rarely, one training run on 64 to 1,024 GPUs that lasts for days.

With 24 a day each, three sites with 280 MW get some 26,000 jobs and 325 GWh a year: 13 % of what they can run.

Source: lengths, the lognormal of Alibaba PAI (MLaaS in the wild, 2022), in the middle of Acme, Philly and Helios; hours
and weekdays of arrival, creation times in Alibaba's GPU cluster of 2023; the best-effort share of the same cluster.
"""

from collections.abc import Sequence

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

_PEAK_SOLAR_HOUR = 14.0  # assumed: the trace's clock is not stated
_ARRIVAL_SWING = 0.5  # first harmonic of the creation times by hour of day
_WEEKEND_ARRIVALS = 0.6  # a day's arrivals against a working day's, from the same times
_SATURDAY = 5
# Working days there differ by 16 % beyond chance; that they do so for about a day is assumed.
_BUSY_SPREAD, _BUSY_MEMORY_H = 0.16, 24.0

_LOG_SECONDS, _LOG_SPREAD = 6.18, 2.14
# Assumed: how rare runs are, that they last for days, and that a scheduler cuts them after a week.
_RUN_SHARE = 0.015
_RUN_MEDIAN_H, _RUN_LOG_SPREAD = 60.0, 0.6
_LONGEST_H = 168

# Assumed: sizes and their shares.
_BUNDLE_GPUS = np.array([256, 512, 1_024, 2_048, 4_096, 6_144])
_BUNDLE_SHARES = np.array([0.09, 0.17, 0.25, 0.27, 0.17, 0.05])
_RUN_GPUS = np.array([64, 128, 256, 512, 1_024])
_RUN_SHARES = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
_KW_PER_GPU = (0.81, 1.06)  # a DGX H100 of eight typically draws 6.5 to 8.5 kW, of 10.2 at most

_PRIORITY_SHARES = np.array([0.32, 0.5, 0.18])  # best effort is 32 % of jobs; how the others divide is assumed
_BEST_EFFORT = 0
# Assumed: no trace tells deadlines or the data that a job needs. Tight are so many of jobs that are not best effort.
_TIGHT_SHARE, _TIGHT_SLACK_H = 0.5, 2
_MOST_SLACK_H, _SLACK_SCALE_H = 48, 14.0
_GB_PER_GPU_MEDIAN, _GB_SPREAD = 0.4, 1.0
_KINDS = ("evaluation", "fine-tuning", "batch inference", "data preparation", "training")
_TRAINING = len(_KINDS) - 1
_MARKS = ("kind", "length", "gpus", "power", "priority", "tight", "slack", "data", "purpose")


def make_jobs(regions: Sequence[Region], time_utc: HourArray, seed: int) -> pl.DataFrame:
    """One row per job as `jobs_to_frame` writes them: by arrival within each region, region after region.

    Jobs whose window passes the last hour are left out. A longer series begins with the same jobs, under the same ids.
    Assumes: Poisson arrivals at a rate that swings by hour and weekday and wanders from day to day.
    """
    return pl.concat([no_jobs(), *(_one(region, time_utc, seed) for region in regions)])


def no_jobs() -> pl.DataFrame:
    """The table without a row."""
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


def _one(region: Region, time_utc: HourArray, seed: int) -> pl.DataFrame:
    """The jobs at home in the region."""
    hours = len(time_utc)
    counts = stream(seed, region.id, "jobs", "arrivals").poisson(_arrivals_per_hour(region, time_utc, seed))
    arrival = np.repeat(np.arange(hours), counts)
    # One row of uniform numbers per job: however many jobs follow, the first ones keep theirs.
    rows = stream(seed, region.id, "jobs", "marks").random((len(arrival), len(_MARKS)))
    mark = dict(zip(_MARKS, rows.T, strict=True))

    run = mark["kind"] < _RUN_SHARE
    length_h = np.where(run, _run_length_h(mark["length"]), _bundle_length_h(mark["length"]))
    duration = np.minimum(np.ceil(length_h), _LONGEST_H).astype(np.int64)
    gpus = np.where(
        run, _RUN_GPUS[_drawn(_RUN_SHARES, mark["gpus"])], _BUNDLE_GPUS[_drawn(_BUNDLE_SHARES, mark["gpus"])]
    )
    low, high = _KW_PER_GPU
    priority = _drawn(_PRIORITY_SHARES, mark["priority"])
    tight = (mark["tight"] < _TIGHT_SHARE) & (priority != _BEST_EFFORT)
    loose_h = np.minimum(np.floor(-_SLACK_SCALE_H * np.log1p(-mark["slack"])) + _TIGHT_SLACK_H + 1, _MOST_SLACK_H)
    slack = np.where(tight, np.floor((_TIGHT_SLACK_H + 1) * mark["slack"]), loose_h).astype(np.int64)
    data_gb = gpus * _GB_PER_GPU_MEDIAN * np.exp(_GB_SPREAD * ndtri(mark["data"]))
    kind = np.where(run, _TRAINING, np.floor(_TRAINING * mark["purpose"])).astype(np.int64)
    deadline = arrival + duration + slack
    frame = pl.DataFrame(
        {
            "number": np.arange(len(arrival)),
            "kind": pl.Series(_KINDS, dtype=pl.String).gather(kind),
            "gpus": gpus,
            "power_mw": np.round(gpus * (low + (high - low) * mark["power"]) / KW_PER_MW, 3),
            "duration_h": duration,
            "earliest_utc": clock.to_series(time_utc[0] + arrival, "earliest_utc"),
            "deadline_utc": clock.to_series(time_utc[0] + deadline, "deadline_utc"),
            "priority": priority,
            "data_gb": np.round(data_gb, 1),
        }
    )
    made = (
        frame.lazy()
        .filter(pl.lit(pl.Series(deadline <= hours)))
        .with_columns(
            id=pl.concat_str(pl.lit(f"{region.id}-"), pl.col("number").cast(pl.String).str.zfill(6)),
            name=pl.concat_str("kind", pl.lit(" on "), "gpus", pl.lit(" GPUs")),
            regions=pl.lit([], dtype=pl.List(pl.String)),
            home_region=pl.lit(region.id),
        )
    )
    return made.select(no_jobs().columns).collect()


def _bundle_length_h(uniform: FloatArray) -> FloatArray:
    """Lognormal lengths given an hour at least, from uniform numbers."""
    under_an_hour = ndtr((np.log(SECONDS_PER_HOUR) - _LOG_SECONDS) / _LOG_SPREAD)
    exceeded = (1 - under_an_hour) * (1 - uniform)
    length: FloatArray = np.exp(_LOG_SECONDS - _LOG_SPREAD * ndtri(exceeded)) / SECONDS_PER_HOUR
    return length


def _run_length_h(uniform: FloatArray) -> FloatArray:
    length: FloatArray = np.maximum(_RUN_MEDIAN_H * np.exp(_RUN_LOG_SPREAD * ndtri(uniform)), 1)
    return length


def _drawn(shares: FloatArray, uniform: FloatArray) -> NDArray[np.int64]:
    """Positions that come up in these shares."""
    return np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")


def _arrivals_per_hour(region: Region, time_utc: HourArray, seed: int) -> FloatArray:
    """(hour,) expected arrivals; `jobs_per_day` on the mean of a week."""
    phase = 2 * np.pi * (solar_hour(time_utc, region.longitude_deg) - _PEAK_SOLAR_HOUR) / HOURS_PER_DAY
    weekend = clock.weekday(local_hours(time_utc, region.longitude_deg)) >= _SATURDAY
    by_day = np.where(weekend, _WEEKEND_ARRIVALS, 1) / ((5 + 2 * _WEEKEND_ARRIVALS) / 7)
    busy = red_noise(stream(seed, region.id, "jobs", "busy"), (len(time_utc),), _BUSY_MEMORY_H)
    mood = np.exp(_BUSY_SPREAD * busy - _BUSY_SPREAD**2 / 2)
    rate: FloatArray = region.twin.jobs_per_day / HOURS_PER_DAY * by_day * (1 + _ARRIVAL_SWING * np.cos(phase)) * mood
    return rate
