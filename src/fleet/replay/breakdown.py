"""Where breaches were: approved jobs counted by season, window and what makes them contested, and the contested ones by
region and season.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.workload import Workload
from fleet.evaluation.intervals import day_block_interval
from fleet.replay.job_status import JobStatus
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# With fewer jobs a rate says more about them than about the place.
LEAST_JOBS = 100


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


@dataclass(frozen=True, kw_only=True)
class Unserved:
    """Jobs that never ran, of all of their size."""

    jobs: int
    unserved_jobs: int
    mwh: float
    unserved_mwh: float


# IT energy of a job, up to which it is of a size.
_SIZES_MWH = {"under 1 MWh": 1.0, "1 to 10 MWh": 10.0, "10 to 100 MWh": 100.0, "over 100 MWh": np.inf}


def unserved_by_size(energy_mwh: FloatArray, placed: NDArray[np.bool_]) -> dict[str, Unserved]:
    """Counts by the IT energy of a job, since the large ones are the hard ones to place.

    Args:
        energy_mwh, placed: (job,).
    """
    size = np.searchsorted(list(_SIZES_MWH.values()), energy_mwh, side="right")
    found = {}
    for index, name in enumerate(_SIZES_MWH):
        own = size == index
        found[name] = Unserved(
            jobs=int(own.sum()),
            unserved_jobs=int((own & ~placed).sum()),
            mwh=float(energy_mwh[own].sum()),
            unserved_mwh=float(energy_mwh[own & ~placed].sum()),
        )
    return found


def day_of(hour_utc: HourArray | IntArray) -> IntArray:
    """Any number that names the day."""
    return hour_utc.astype(np.int64) // HOURS_PER_DAY


def breakdown(
    work: Workload,
    status: JobStatus,
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
    start_h = status.start_or_arrival_h(work)
    season = clock.season(start_h.astype("datetime64[h]"))
    last_lead = start_h - status.origin_h + work.duration_h - 1

    def count(which: NDArray[np.bool_]) -> Count:
        return Count(approved=int((judged & which).sum()), breached=int((breached & which).sum()))

    return {
        "season": {name: count(season == at) for at, name in enumerate(clock.SEASONS)},
        "window": {"within horizon": count(last_lead <= horizon), "past horizon": count(last_lead > horizon)},
        "contested by": {"temperature": count(by_temperature), "load": count(by_load)},
    }


def contested_cells(
    work: Workload,
    status: JobStatus,
    region_ids: Sequence[str],
    *,
    hard: NDArray[np.bool_],
    breached: NDArray[np.bool_],
) -> tuple[Cell, ...]:
    """Every region and season in which contested jobs ran, in the order of the regions and of the year.

    Args:
        hard: (job,) contested approvals that could be judged.
    """
    start_h, energy_mwh = status.start_or_arrival_h(work), work.energy_mwh
    season, day = clock.season(start_h.astype("datetime64[h]")), day_of(start_h)
    cells = []
    for index, name in enumerate(region_ids):
        for at, season_name in enumerate(clock.SEASONS):
            own = hard & (status.region == index) & (season == at)
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
