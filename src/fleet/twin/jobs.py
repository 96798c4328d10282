"""Flexible jobs: when they arrive, how large and long they are, and how much slack they leave."""

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.job import Job
from fleet.domain.region import Region
from fleet.twin.almanac import local_hours, solar_hour
from fleet.twin.noise import stream
from fleet.units import HOURS_PER_DAY, KW_PER_MW

_PEAK_SOLAR_HOUR = 14.0
_ARRIVAL_SWING = 0.5
_WEEKEND_ARRIVALS = 0.6
_SATURDAY = 5
_LONG_SHARE = 0.13
_LONGEST_H = 72
_SHORT_MEDIAN_H, _SHORT_SPREAD = 1.8, 1.1  # spread of the logarithm; the studies of clusters give 2.2 to 2.6 in seconds
_LONG_MEDIAN_H, _LONG_SPREAD = 30.0, 0.6
_KW_PER_GPU = 1.3  # share of a DGX H100 of eight, 10.2 kW at most
_GPU_COUNTS = np.array([128, 256, 512, 1_024, 2_048, 4_096, 6_144])
_SHORT_SIZES = np.array([0.14, 0.18, 0.22, 0.22, 0.16, 0.07, 0.01])
_LONG_SIZES = np.array([0.02, 0.08, 0.17, 0.32, 0.30, 0.08, 0.03])
_TIGHT_SHARE, _TIGHT_SLACK_H = 1 / 3, 2
_MOST_SLACK_H, _SLACK_SCALE_H = 48, 14.0
_PRIORITY_SHARES = np.array([0.32, 0.5, 0.18])  # best effort is 32 % of jobs
_GB_PER_GPU_MEDIAN, _GB_SPREAD = 0.4, 1.0
_KINDS = ("evaluation", "fine-tuning", "batch inference", "data preparation")


def make_jobs(region: Region, time_utc: HourArray, seed: int) -> list[Job]:
    """The jobs whose home is this region, by arrival; those whose window passes the last hour are left out.

    Assumes: Poisson arrivals, busiest on weekday afternoons; many short jobs and a few that run for days on many GPUs.
    """
    rng = stream(seed, region.id, "jobs")
    arrival = np.repeat(np.arange(len(time_utc)), rng.poisson(_arrivals_per_hour(region, time_utc)))
    count = len(arrival)
    long = rng.random(count) < _LONG_SHARE
    duration = np.ceil(
        np.where(
            long,
            rng.lognormal(np.log(_LONG_MEDIAN_H), _LONG_SPREAD, count),
            rng.lognormal(np.log(_SHORT_MEDIAN_H), _SHORT_SPREAD, count),
        )
    ).astype(np.int64)
    duration = np.minimum(duration, _LONGEST_H)
    gpus = np.where(long, rng.choice(_GPU_COUNTS, count, p=_LONG_SIZES), rng.choice(_GPU_COUNTS, count, p=_SHORT_SIZES))
    power_mw = np.round(gpus * _KW_PER_GPU * rng.uniform(0.8, 1.0, count) / KW_PER_MW, 3)
    tight = rng.random(count) < _TIGHT_SHARE
    loose_h = np.minimum(np.floor(rng.exponential(_SLACK_SCALE_H, count)) + _TIGHT_SLACK_H + 1, _MOST_SLACK_H)
    slack = np.where(tight, rng.integers(0, _TIGHT_SLACK_H + 1, count), loose_h).astype(np.int64)
    priority = rng.choice(len(_PRIORITY_SHARES), count, p=_PRIORITY_SHARES)
    data_gb = np.round(gpus * rng.lognormal(np.log(_GB_PER_GPU_MEDIAN), _GB_SPREAD, count), 1)
    kind = rng.integers(0, len(_KINDS), count)
    deadline = arrival + duration + slack
    fits: NDArray[np.int64] = np.flatnonzero(deadline <= len(time_utc))
    start = time_utc[0]
    return [
        Job(
            id=f"{region.id}-{i:06d}",
            name=f"{'training' if long[i] else _KINDS[kind[i]]} on {gpus[i]} GPUs",
            power_mw=float(power_mw[i]),
            duration_h=int(duration[i]),
            earliest_utc=time_utc[arrival[i]],
            deadline_utc=start + np.timedelta64(int(deadline[i]), "h"),
            home_region=region.id,
            priority=int(priority[i]),
            data_gb=float(data_gb[i]),
        )
        for i in fits
    ]


def _arrivals_per_hour(region: Region, time_utc: HourArray) -> NDArray[np.float64]:
    """(hour,) expected arrivals; `jobs_per_day` on the mean of a week."""
    phase = 2 * np.pi * (solar_hour(time_utc, region.longitude_deg) - _PEAK_SOLAR_HOUR) / HOURS_PER_DAY
    weekend = clock.weekday(local_hours(time_utc, region.longitude_deg)) >= _SATURDAY
    by_day = np.where(weekend, _WEEKEND_ARRIVALS, 1) / ((5 + 2 * _WEEKEND_ARRIVALS) / 7)
    return region.twin.jobs_per_day / HOURS_PER_DAY * by_day * (1 + _ARRIVAL_SWING * np.cos(phase))
