"""Counts the jobs of a run: breaches by season, window and kind of limit, breaches of contested jobs, unserved jobs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.workload import Workload
from fleet.evaluation.intervals import day_block_interval
from fleet.replay.job_status import JobStatus
from fleet.replay.run import Run
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# With fewer jobs, the breach rate depends more on chance than on the region and the season.
MIN_JOBS = 100


@dataclass(frozen=True, kw_only=True)
class Count:
    """Counts of jobs.

    Args:
        approved: jobs that ran and were judged.
        breached: those among them that breached.
    """

    approved: int
    breached: int


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Contested jobs of one region and one season of start.

    Args:
        approved: contested jobs that ran and were judged.
        breached: those among them that breached.
        breach_interval_95: interval of the breach rate, from resampling the days of the starts.
        mwh, breached_mwh: IT energy of the approved jobs, and of the breached ones.
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
class LengthCell:
    """Contested jobs of one length. A long job takes more energy, and its last hours are known least.

    Args:
        approved, breached, breach_rate, breach_interval_95, mwh, breached_mwh: as for `Cell`.
        breach_rate_mwh: `breached_mwh` over `mwh`.
        breach_interval_95_mwh: interval of this share.
    """

    approved: int
    breached: int
    breach_rate: float
    breach_interval_95: tuple[float, float]
    mwh: float
    breached_mwh: float
    breach_rate_mwh: float
    breach_interval_95_mwh: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Unserved:
    """All jobs of one size, and those among them that never ran, as counts and as IT energy."""

    jobs: int
    unserved_jobs: int
    mwh: float
    unserved_mwh: float


# Name of a size -> the IT energy that every job of this size stays below.
_SIZES_MWH = {"under 1 MWh": 1.0, "1 to 10 MWh": 10.0, "10 to 100 MWh": 100.0, "over 100 MWh": np.inf}


def unserved_by_size(energy_mwh: FloatArray, placed: NDArray[np.bool_]) -> dict[str, Unserved]:
    """Count the unserved jobs by IT energy, because large jobs are hard to place.

    Args:
        energy_mwh, placed: (job,).
    """
    size = np.searchsorted(list(_SIZES_MWH.values()), energy_mwh, side="right")
    counts = {}
    for index, name in enumerate(_SIZES_MWH):
        has_size = size == index
        counts[name] = Unserved(
            jobs=int(has_size.sum()),
            unserved_jobs=int((has_size & ~placed).sum()),
            mwh=float(energy_mwh[has_size].sum()),
            unserved_mwh=float(energy_mwh[has_size & ~placed].sum()),
        )
    return counts


def day_of(hour_utc: HourArray | IntArray) -> IntArray:
    """Return the UTC day of each hour, in days from 1970-01-01.

    Args:
        hour_utc: hours, as datetimes or counted from 1970-01-01T00 UTC.
    """
    return hour_utc.astype(np.int64) // HOURS_PER_DAY


def breakdown(run: Run, horizon: int) -> dict[str, dict[str, Count]]:
    """Count the judged jobs in three ways.

    "season": by the season of the start. "window": whether the job ended within the horizon of its last decision.
    "contested by": contested jobs, near a temperature limit or otherwise.

    Args:
        horizon: leads of the forecasts [h].
    """
    start_h = run.status.start_or_arrival_h(run.work)
    season = clock.season(start_h.astype("datetime64[h]"))
    last_lead = start_h - run.status.origin_h + run.work.duration_h - 1

    def count(which: NDArray[np.bool_]) -> Count:
        return Count(approved=int((run.judged & which).sum()), breached=int((run.breached & which).sum()))

    return {
        "season": {name: count(season == index) for index, name in enumerate(clock.SEASONS)},
        "window": {"within horizon": count(last_lead <= horizon), "past horizon": count(last_lead > horizon)},
        "contested by": {
            "temperature": count(run.near_temperature_limit),
            "load": count(run.contested & ~run.near_temperature_limit),
        },
    }


def contested_cells(
    work: Workload,
    status: JobStatus,
    region_ids: Sequence[str],
    *,
    hard: NDArray[np.bool_],
    breached: NDArray[np.bool_],
) -> tuple[Cell, ...]:
    """Count contested jobs by region and season. Regions are in the order of the fleet; empty cells are left out.

    Args:
        status: gives the region and the start of each job.
        region_ids: regions of the fleet.
        hard: (job,) True for a contested job that ran and was judged.
        breached: (job,).
    """
    start_h, energy_mwh = status.start_or_arrival_h(work), work.energy_mwh
    season, day = clock.season(start_h.astype("datetime64[h]")), day_of(start_h)
    cells = []
    for region, region_id in enumerate(region_ids):
        for season_index, season_name in enumerate(clock.SEASONS):
            in_cell = hard & (status.region == region) & (season == season_index)
            if not in_cell.any():
                continue
            cells.append(
                Cell(
                    region=region_id,
                    season=season_name,
                    approved=int(in_cell.sum()),
                    breached=int(breached[in_cell].sum()),
                    breach_rate=float(breached[in_cell].mean()),
                    breach_interval_95=day_block_interval(breached[in_cell], day[in_cell]),
                    mwh=float(energy_mwh[in_cell].sum()),
                    breached_mwh=float(energy_mwh[in_cell & breached].sum()),
                )
            )
    return tuple(cells)


def contested_lengths(
    work: Workload, status: JobStatus, horizon: int, *, hard: NDArray[np.bool_], breached: NDArray[np.bool_]
) -> dict[str, LengthCell]:
    """Count contested jobs up to the horizon long, and longer ones. A length without such jobs is left out.

    Args:
        status, hard, breached: as for `contested_cells`.
        horizon: leads of the forecasts [h].
    """
    day, energy_mwh = day_of(status.start_or_arrival_h(work)), work.energy_mwh
    is_long = work.duration_h > horizon
    cells = {}
    for name, which in ((f"up to {horizon} h", hard & ~is_long), (f"over {horizon} h", hard & is_long)):
        if not which.any():
            continue
        met, mwh = breached[which], energy_mwh[which]
        cells[name] = LengthCell(
            approved=len(met),
            breached=int(met.sum()),
            breach_rate=float(met.mean()),
            breach_interval_95=day_block_interval(met, day[which]),
            mwh=float(mwh.sum()),
            breached_mwh=float(mwh[met].sum()),
            breach_rate_mwh=float(mwh[met].sum() / mwh.sum()),
            breach_interval_95_mwh=day_block_interval(met, day[which], mwh),
        )
    return cells


def weakest(cells: Iterable[Cell]) -> Cell | None:
    """Return the cell with the highest breach rate among those with MIN_JOBS or more; None if there are none."""
    large = [cell for cell in cells if cell.approved >= MIN_JOBS]
    return max(large, key=lambda cell: cell.breach_rate, default=None)
