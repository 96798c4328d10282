"""A batch of work that may be placed: how much power, for how long, within which window, where."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.errors import DataError, PlacementError

_REQUIRED = ("id", "power_mw", "duration_h", "earliest_utc", "deadline_utc", "home_region")
_REGION_TYPES = (pl.String, pl.List(pl.String), pl.List(pl.Null), pl.Null)
MAX_DURATION_H = 24 * 14


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. It arrives at `earliest_utc`, runs `duration_h` whole hours at `power_mw` of IT power, and must have
    ended by `deadline_utc`. `regions` are those allowed; empty means all. Higher `priority` is placed first.
    """

    id: str
    power_mw: float
    duration_h: int
    earliest_utc: Hour
    deadline_utc: Hour
    home_region: str
    name: str = ""
    regions: tuple[str, ...] = ()
    priority: int = 0
    data_gb: float = 0.0

    def __post_init__(self) -> None:
        def refuse(message: str) -> None:
            raise PlacementError(f"job {self.id}: {message}", job_id=self.id)

        if not (math.isfinite(self.power_mw) and self.power_mw > 0):
            refuse(f"power_mw is {self.power_mw:g}, expected more than zero")
        if not 1 <= self.duration_h <= MAX_DURATION_H:
            refuse(f"duration_h is {self.duration_h}, expected 1 to {MAX_DURATION_H} whole hours")
        window_h = int((self.deadline_utc - self.earliest_utc) / np.timedelta64(1, "h"))
        if window_h < self.duration_h:
            refuse(
                f"duration_h is {self.duration_h} and its window is {window_h} h "
                f"({clock.iso(self.earliest_utc)} to {clock.iso(self.deadline_utc)}); expected a window that holds it"
            )
        if self.regions and self.home_region not in self.regions:
            refuse(f"home_region {self.home_region} is not among its allowed regions {', '.join(self.regions)}")
        if not (math.isfinite(self.data_gb) and self.data_gb >= 0):
            refuse(f"data_gb is {self.data_gb:g}, expected zero or more")

    @property
    def latest_start_utc(self) -> Hour:
        return self.deadline_utc - np.timedelta64(self.duration_h, "h")

    @property
    def energy_mwh(self) -> float:
        """IT energy."""
        return self.power_mw * self.duration_h


def jobs_from_frame(frame: pl.DataFrame, *, table: str, fleet_regions: Sequence[str]) -> list[Job]:
    """The jobs of a table, in its order.

    Raises: DataError for a missing column, an id that occurs twice or a region that the fleet lacks; PlacementError for
        a job that cannot be considered at all.
    """
    missing = [name for name in _REQUIRED if name not in frame.columns]
    if missing:
        raise DataError(f"{table} has no column {missing[0]} (found {', '.join(frame.columns)})")
    if frame.height == 0:
        raise DataError(f"{table} has no rows, expected one per job")
    for name in _REQUIRED:
        if frame[name].null_count():
            raise DataError(f"{table}: {name} is null in row {frame[name].is_null().arg_true()[0]}, expected a value")
    for name in ("power_mw", "duration_h", "priority", "data_gb"):
        if name in frame.columns and not (frame[name].dtype.is_numeric() or frame[name].dtype == pl.Null):
            raise DataError(f"{table}: {name} holds {frame[name].dtype}, expected numbers")
    if "regions" in frame.columns and frame["regions"].dtype not in _REGION_TYPES:
        raise DataError(f"{table}: regions holds {frame['regions'].dtype}, expected lists of ids or texts such as a;b")
    if "priority" in frame.columns and (frame["priority"].cast(pl.Float64) % 1 != 0).any():
        odd = frame.filter(pl.col("priority").cast(pl.Float64) % 1 != 0)
        raise DataError(f"{table}: job {odd['id'][0]} has priority {odd['priority'][0]}, expected a whole number")
    duplicate = frame["id"].is_duplicated()
    if duplicate.any():
        raise DataError(f"{table}: job id {frame['id'].filter(duplicate)[0]} occurs twice, expected unique ids")
    if (frame["duration_h"] % 1 != 0).any():
        odd = frame.filter(pl.col("duration_h") % 1 != 0)
        raise DataError(f"{table}: job {odd['id'][0]} lasts {odd['duration_h'][0]} h, expected whole hours")
    earliest = clock.utc_hours(frame["earliest_utc"], table=table)
    deadline = clock.utc_hours(frame["deadline_utc"], table=table)
    known = set(fleet_regions)
    jobs = []
    for row, at, until in zip(frame.iter_rows(named=True), earliest, deadline, strict=True):
        regions = _regions(row.get("regions"))
        for region in (*regions, row["home_region"]):
            if region not in known:
                raise DataError(
                    f"{table}: job {row['id']} names region {region}, which the fleet lacks "
                    f"(it has {', '.join(fleet_regions)})"
                )
        jobs.append(
            Job(
                id=str(row["id"]),
                name=str(row.get("name") or ""),
                power_mw=float(row["power_mw"]),
                duration_h=int(row["duration_h"]),
                earliest_utc=at,
                deadline_utc=until,
                home_region=str(row["home_region"]),
                regions=regions,
                priority=int(row.get("priority") or 0),
                data_gb=float(row.get("data_gb") or 0.0),
            )
        )
    return jobs


def jobs_to_frame(jobs: Sequence[Job]) -> pl.DataFrame:
    """One row per job; `regions` is a list, empty where all are allowed."""
    return pl.DataFrame(
        {
            "id": [job.id for job in jobs],
            "name": [job.name for job in jobs],
            "power_mw": [job.power_mw for job in jobs],
            "duration_h": [job.duration_h for job in jobs],
            "earliest_utc": clock.to_series(np.array([job.earliest_utc for job in jobs]), "earliest_utc"),
            "deadline_utc": clock.to_series(np.array([job.deadline_utc for job in jobs]), "deadline_utc"),
            "regions": [list(job.regions) for job in jobs],
            "home_region": [job.home_region for job in jobs],
            "priority": [job.priority for job in jobs],
            "data_gb": [job.data_gb for job in jobs],
        },
        schema_overrides={"regions": pl.List(pl.String), "power_mw": pl.Float64, "data_gb": pl.Float64},
    )


def _regions(cell: Any) -> tuple[str, ...]:
    """A list from Parquet, or a text with ; or , between the ids from CSV; null is all."""
    if cell is None:
        return ()
    if isinstance(cell, str):
        return tuple(part.strip() for part in cell.replace(";", ",").split(",") if part.strip())
    return tuple(str(part) for part in cell)
