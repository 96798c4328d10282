"""Counts of ended and breached jobs up to each day, with the bound that the controller published on that day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.clock import HourArray
from fleet.replay.breakdown import day_of
from fleet.replay.run import Run


@dataclass(frozen=True, kw_only=True)
class RunningCounts:
    """Counts from the start of the replay to the end of each day. Each field is a list with one entry per day.

    Args:
        day: the day, such as 2025-01-31.
        resolved: approved jobs whose outcome is known at the end of the day.
        breached: resolved jobs that breached.
        contested, contested_breached: the contested jobs among `resolved` and `breached`.
        bound: guaranteed maximum breach rate that the controller published at the end of the day; 1 while too few jobs
            are resolved; None without a controller.
    """

    day: Sequence[str]
    resolved: Sequence[int]
    breached: Sequence[int]
    contested: Sequence[int]
    contested_breached: Sequence[int]
    bound: Sequence[float] | None


def running_counts(run: Run, origin_utc: HourArray) -> RunningCounts:
    """Count the resolved jobs of a run up to the end of each day.

    A job is resolved when its last hour is an origin: the actual values of all its hours are then known.

    Args:
        run: a judged run.
        origin_utc: (origin,) origins of the run's decisions, an hour apart.
    """
    last_hour = run.status.start_or_arrival_h(run.work) + run.work.duration_h - 1
    is_resolved = run.judged & (last_hour <= origin_utc[-1].astype(np.int64))
    days, reversed_step = np.unique(day_of(origin_utc)[::-1], return_index=True)
    last_step = len(origin_utc) - 1 - reversed_step
    day_index = np.searchsorted(days, day_of(last_hour))

    def count_to_day(flags: NDArray[np.bool_]) -> list[int]:
        jobs_by_day = np.bincount(day_index[is_resolved & flags], minlength=len(days))
        return [int(count) for count in np.cumsum(jobs_by_day)]

    return RunningCounts(
        day=[str(origin_utc[step].astype("datetime64[D]")) for step in last_step],
        resolved=count_to_day(np.ones(len(is_resolved), dtype=np.bool_)),
        breached=count_to_day(run.breached),
        contested=count_to_day(run.contested),
        contested_breached=count_to_day(run.contested & run.breached),
        bound=[run.controllers[step].fleet_bound for step in last_step] if run.controllers else None,
    )
