"""Jobs as a table: those that can be considered, and of every other row why it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.job import MAX_DURATION_H, Job
from fleet.domain.job_cells import Cells
from fleet.domain.region import Region
from fleet.errors import DataError, PlacementError
from fleet.units import DUST_MW

_REQUIRED = ("id", "power_mw", "duration_h", "earliest_utc", "deadline_utc", "home_region")
_OPTIONAL = ("name", "regions", "priority", "data_gb")
_NUMBERS = ("power_mw", "duration_h", "priority", "data_gb")
_TEXTS = ("id", "name", "home_region")
_REGION_TYPES = (pl.String, pl.List(pl.String), pl.List(pl.Null), pl.Null)
_TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum, pl.Null)
_MOST_NAMED = 8


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A row that is not considered. reason: one line that says what was found and what was expected."""

    job_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class JobTable:
    """Every row of a table is a job or a refusal, both in its order."""

    jobs: Sequence[Job]
    refused: Sequence[Refusal]


def jobs_from_frame(frame: pl.DataFrame, *, table: str, regions: Sequence[Region]) -> JobTable:
    """The jobs of a table.

    Args:
        table: what the frame is called in messages.
        regions: those of the fleet.
    Raises: DataError if a column is missing or of the wrong type, an id is null, or there are no rows.
    """
    _check_columns(frame, table)
    # An absent column is one that is null in every row.
    absent = [pl.lit(None).alias(name) for name in _OPTIONAL if name not in frame.columns]
    frame = frame.with_columns(absent).select(*_REQUIRED, *_OPTIONAL).with_columns(pl.col(*_TEXTS).cast(pl.String))
    cells, places = Cells(frame), _Places(regions)
    cells.refuse_repeats()
    cells.refuse_nulls(_REQUIRED)
    columns = (
        frame["id"].to_list(),
        cells.numbers("power_mw").tolist(),
        cells.numbers("duration_h", whole=f"1 to {MAX_DURATION_H} whole hours").tolist(),
        cells.hours("earliest_utc", table=table),
        cells.hours("deadline_utc", table=table),
        frame["home_region"].to_list(),
        frame["name"].fill_null("").to_list(),
        frame["regions"].to_list(),
        cells.numbers("priority", whole="a whole number").tolist(),
        cells.numbers("data_gb").tolist(),
    )
    jobs = []
    for row, values in enumerate(zip(*columns, strict=True)):
        key, mw, hours, earliest, deadline, home, name, allowed, priority, gb = values
        if row in cells.refused:
            continue
        try:
            job = Job(
                id=key,
                power_mw=mw,
                duration_h=int(hours),
                earliest_utc=earliest,
                deadline_utc=deadline,
                home_region=home,
                name=name,
                regions=_regions(allowed),
                priority=int(priority),
                data_gb=gb,
            )
            places.check(job)
        except PlacementError as error:
            cells.refused[row] = error.reason
        else:
            jobs.append(job)
    refused = [Refusal(job_id=frame["id"][row], reason=reason) for row, reason in sorted(cells.refused.items())]
    return JobTable(jobs=jobs, refused=refused)


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


def _check_columns(frame: pl.DataFrame, table: str) -> None:
    """Refuse a table of which no row could be read."""
    missing = [name for name in _REQUIRED if name not in frame.columns]
    if missing:
        raise DataError(f"{table} has no column {missing[0]} (found {', '.join(frame.columns)})")
    if frame.height == 0:
        raise DataError(f"{table} has no rows, expected one per job")
    nameless = frame["id"].is_null().arg_true()
    if len(nameless):
        raise DataError(f"{table}: id is null in row {nameless[0]}, expected an id in every row")
    for name, column in zip(frame.columns, frame, strict=True):
        if name in _NUMBERS and not _may_hold_numbers(column):
            raise DataError(f"{table}: {name} holds {column.dtype}, expected numbers")
        if name in _TEXTS and not (column.dtype in _TEXT_TYPES or column.dtype.is_numeric()):
            raise DataError(f"{table}: {name} holds {column.dtype}, expected texts")
        if name == "regions" and column.dtype not in _REGION_TYPES:
            raise DataError(f"{table}: regions holds {column.dtype}, expected lists of ids or texts such as a;b")


def _may_hold_numbers(column: pl.Series) -> bool:
    """Numbers, or the texts of a CSV, some of which are numbers or all of which are blank."""
    if column.dtype == pl.String:
        numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
        return bool(numbers.is_not_null().any() or column.is_null().all())
    return column.dtype.is_numeric() or column.dtype == pl.Null


class _Places:
    """What the fleet's regions can hold."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self._largest_mw = {region.id: region.largest_load_mw for region in regions}
        self._roomiest = self._roomiest_of(tuple(self._largest_mw))

    def check(self, job: Job) -> None:
        """Raises: PlacementError for a region that the fleet lacks, or a power that no allowed one can ever hold."""
        for name in (job.home_region, *job.regions):
            if name not in self._largest_mw:
                ids = list(self._largest_mw)
                rest = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
                expected = f"one of the fleet's {', '.join(ids[:_MOST_NAMED])}{rest}"
                raise PlacementError(f"region {name!r} is unknown, expected {expected}", job_id=job.id)
        roomiest = self._roomiest_of(job.regions) if job.regions else self._roomiest
        largest_mw = self._largest_mw[roomiest]
        if job.power_mw > largest_mw + DUST_MW:
            raise PlacementError(
                f"power_mw is {job.power_mw:.10g}, expected at most {largest_mw:.10g}: of its allowed regions "
                f"{roomiest} holds most, the less of it_capacity_mw and grid_limit_mw - plant.fixed_mw",
                job_id=job.id,
            )

    def _roomiest_of(self, regions: Sequence[str]) -> str:
        return max(regions, key=self._largest_mw.__getitem__)


def _regions(cell: Any) -> tuple[str, ...]:
    """A list from Parquet, or a text with ; or , between the ids from CSV; null is all."""
    if cell is None:
        return ()
    if isinstance(cell, str):
        return tuple(part.strip() for part in cell.replace(";", ",").split(",") if part.strip())
    return tuple(str(part) for part in cell)
