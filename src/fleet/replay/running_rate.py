"""The breach rate of approved jobs as it went, beside the bound that the controller published at the time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import HourArray
from fleet.replay.breakdown import day_of
from fleet.replay.run import Run


@dataclass(frozen=True, kw_only=True)
class Running:
    """Counts since the beginning, at the end of each day. Lists are by day.

    day: such as 2025-01-31. resolved, breached: approvals whose end is known by then, and those that breached.
    contested, contested_breached: the contested ones among them.
    bound: of breached / resolved, as it stood then; 1 while it says nothing, None without a controller.
    """

    day: Sequence[str]
    resolved: Sequence[int]
    breached: Sequence[int]
    contested: Sequence[int]
    contested_breached: Sequence[int]
    bound: Sequence[float] | None


def running(run: Run, origin_utc: HourArray) -> Running:
    """The run's way, day by day.

    Args:
        origin_utc: of the run's decisions, an hour apart: a job is known to have ended when its last hour is an origin.
    """
    last_hour = run.status.start_or_arrival_h(run.work) + run.work.duration_h - 1
    counts = run.judged & (last_hour <= origin_utc[-1].astype(np.int64))
    days, last_step = np.unique(day_of(origin_utc)[::-1], return_index=True)
    last_step = len(origin_utc) - 1 - last_step
    place = np.searchsorted(days, day_of(last_hour))

    def so_far(which: np.ndarray) -> list[int]:
        own = counts & which
        return [int(each) for each in np.cumsum(np.bincount(place[own], minlength=len(days)))]

    every = np.ones(len(counts), dtype=np.bool_)
    return Running(
        day=[str(origin_utc[step].astype("datetime64[D]")) for step in last_step],
        resolved=so_far(every),
        breached=so_far(run.breached),
        contested=so_far(run.contested),
        contested_breached=so_far(run.contested & run.breached),
        bound=[run.controllers[step].fleet_bound for step in last_step] if run.controllers else None,
    )
