"""Where breaches were: approved jobs counted by season, window and what makes them contested, and the contested ones by
region and season.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.decision import Decision
from fleet.domain.job import Job
from fleet.replay.intervals import day_block_interval
from fleet.units import HOURS_PER_DAY, FloatArray

# With fewer jobs a rate says more about them than about the place.
LEAST_JOBS = 100
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class Count:
    """Approved jobs that could be judged, and how many of them breached."""

    approved: int
    breached: int


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Contested approvals that could be judged, in one region and by the season of their start.

    mwh, breached_mwh: IT energy of all of them, and of those that breached. breach_interval_95: over days of starts.
    """

    region: str
    season: str
    approved: int
    breached: int
    breach_rate: float
    breach_interval_95: tuple[float, float]
    mwh: float
    breached_mwh: float


def starts_utc(jobs: Sequence[Job], decisions: Sequence[Decision]) -> HourArray:
    """(job,) when each starts, or arrived if it never does."""
    pairs = zip(jobs, decisions, strict=True)
    return np.array([job.earliest_utc if d.start_utc is None else d.start_utc for job, d in pairs], "datetime64[h]")


def day_of(hour_utc: HourArray) -> NDArray[np.int64]:
    """Any number that names the day."""
    return hour_utc.astype(np.int64) // HOURS_PER_DAY


def breakdown(
    jobs: Sequence[Job],
    decisions: Sequence[Decision],
    *,
    judged: NDArray[np.bool_],
    breached: NDArray[np.bool_],
    by_temperature: NDArray[np.bool_],
    by_load: NDArray[np.bool_],
    horizon: int,
) -> dict[str, dict[str, Count]]:
    """Counts by season of the start, by whether the window ends within the horizon, and by what makes jobs contested.

    Args:
        judged, breached: (job,). by_temperature, by_load: (job,) what makes it contested.
    """
    start = starts_utc(jobs, decisions)
    season = clock.season(start)
    origin = np.array([decision.origin_utc for decision in decisions], "datetime64[h]")
    duration = np.array([job.duration_h for job in jobs])
    last_lead = ((start - origin) / _ONE_HOUR).astype(np.int64) + duration - 1

    def count(which: NDArray[np.bool_]) -> Count:
        return Count(approved=int((judged & which).sum()), breached=int((breached & which).sum()))

    return {
        "season": {name: count(season == at) for at, name in enumerate(clock.SEASONS)},
        "window": {"within horizon": count(last_lead <= horizon), "past horizon": count(last_lead > horizon)},
        "contested by": {"temperature": count(by_temperature), "load": count(by_load)},
    }


def contested_cells(
    jobs: Sequence[Job],
    decisions: Sequence[Decision],
    region_ids: Sequence[str],
    *,
    hard: NDArray[np.bool_],
    breached: NDArray[np.bool_],
    energy_mwh: FloatArray,
) -> tuple[Cell, ...]:
    """Every region and season in which contested jobs ran, in the order of the regions and of the year.

    Args:
        hard: (job,) contested approvals that could be judged. energy_mwh: (job,).
    """
    start = starts_utc(jobs, decisions)
    season, day = clock.season(start), day_of(start)
    region = np.array([decision.region or "" for decision in decisions])
    cells = []
    for name in region_ids:
        for at, season_name in enumerate(clock.SEASONS):
            own = hard & (region == name) & (season == at)
            if not own.any():
                continue
            cells.append(
                Cell(
                    region=name,
                    season=season_name,
                    approved=int(own.sum()),
                    breached=int(breached[own].sum()),
                    breach_rate=float(breached[own].mean()),
                    breach_interval_95=day_block_interval(breached[own], day[own]),
                    mwh=float(energy_mwh[own].sum()),
                    breached_mwh=float(energy_mwh[own & breached].sum()),
                )
            )
    return tuple(cells)


def weakest(cells: Iterable[Cell]) -> Cell | None:
    """The cell with the highest breach rate among those with LEAST_JOBS or more; None if there are none."""
    large = [cell for cell in cells if cell.approved >= LEAST_JOBS]
    return max(large, key=lambda cell: cell.breach_rate, default=None)
