"""Tables of jobs: valid rows become jobs, and every other row gets a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.column_names import refuse_unknown_columns
from fleet.domain.job import MAX_DURATION_H, Job
from fleet.domain.job_cells import Cells
from fleet.domain.region import Region
from fleet.domain.region_check import RegionCheck
from fleet.domain.segments import segments_of
from fleet.errors import DataError, PlacementError
from fleet.units import FloatArray

_REQUIRED = ("id", "power_mw", "duration_h", "earliest_utc", "deadline_utc", "home_region")
_OPTIONAL = ("name", "regions", "priority", "data_gb", "checkpoint_h")
_NUMBERS = ("power_mw", "duration_h", "priority", "data_gb", "checkpoint_h")
_TEXTS = ("id", "name", "home_region")
_REGION_TYPES = (pl.String, pl.List(pl.String), pl.List(pl.Null), pl.Null)
_TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum, pl.Null)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An invalid row. reason: one line that says what was found and what was expected."""

    job_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """A job whose times were rounded to full hours. change: what was rounded, from what to what."""

    job_id: str
    change: str


@dataclass(frozen=True, kw_only=True)
class JobTable:
    """The jobs and the invalid rows of a table, both in the order of the rows.

    rounded: the jobs whose times were rounded to full hours. A start and a duration are rounded up, a deadline down.
    """

    jobs: Sequence[Job]
    refused: Sequence[Refusal]
    rounded: Sequence[Rounding]


def jobs_from_frame(frame: pl.DataFrame, *, table: str, regions: Sequence[Region]) -> JobTable:
    """Return the jobs and the invalid rows of a table. A job that fits in no allowed region is an invalid row.

    Args:
        frame: one row per job.
        table: name of the table, for messages.
        regions: the regions of the fleet.
    Raises: DataError if a column is missing, unknown or has the wrong type, an id is null, or the table has no rows.
    """
    _check_columns(frame, table)
    absent = [pl.lit(None).alias(name) for name in _OPTIONAL if name not in frame.columns]
    frame = frame.with_columns(absent).select(*_REQUIRED, *_OPTIONAL).with_columns(pl.col(*_TEXTS).cast(pl.String))
    cells, region_check = Cells(frame), RegionCheck(regions)
    cells.refuse_ids()
    cells.refuse_repeats()
    cells.refuse_nulls(_REQUIRED)
    columns = _columns(frame, cells, table)
    jobs = []
    for row, values in enumerate(zip(*columns.values(), strict=True)):
        if row in cells.refused:
            continue
        try:
            job = _job(dict(zip(columns, values, strict=True)))
            region_check.check(job)
        except PlacementError as error:
            note = f"; {_rounded(cells.rounded[row])}" if row in cells.rounded else ""
            cells.refused[row] = f"{error.reason}{note}"
        else:
            jobs.append(job)
    jobs = _without_clashes(jobs, frame["id"].to_list(), cells)
    refused = [Refusal(job_id=frame["id"][row], reason=reason) for row, reason in sorted(cells.refused.items())]
    rounded = [
        Rounding(job_id=frame["id"][row], change=_rounded(changes))
        for row, changes in sorted(cells.rounded.items())
        if row not in cells.refused
    ]
    return JobTable(jobs=jobs, refused=refused, rounded=rounded)


def jobs_to_frame(jobs: Sequence[Job]) -> pl.DataFrame:
    """Return a table with one row per job. `regions` is a list, empty where all regions are allowed.

    The column `checkpoint_h` is there if some job may pause.
    """
    pauses = any(job.checkpoint_h is not None for job in jobs)
    frame = pl.DataFrame(
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
    if not pauses:
        return frame
    return frame.with_columns(checkpoint_h=pl.Series([job.checkpoint_h for job in jobs], dtype=pl.Int64))


def _check_columns(frame: pl.DataFrame, table: str) -> None:
    """Refuse a table if none of its rows can be read, if a column is unknown, or if an id is null."""
    refuse_unknown_columns(frame.columns, (*_REQUIRED, *_OPTIONAL), table=table)
    missing = [name for name in _REQUIRED if name not in frame.columns]
    if missing:
        raise DataError(f"{table} has no column {missing[0]} (found {', '.join(frame.columns)})")
    if frame.height == 0:
        raise DataError(f"{table} has no rows, expected one per job")
    rows_without_id = frame["id"].is_null().arg_true()
    if len(rows_without_id):
        raise DataError(f"{table}: id is null in row {rows_without_id[0]}, expected an id in every row")
    for name, column in zip(frame.columns, frame, strict=True):
        if name in _NUMBERS and not _may_hold_numbers(column):
            raise DataError(f"{table}: {name} holds {column.dtype}, expected numbers")
        if name in _TEXTS and not (column.dtype in _TEXT_TYPES or column.dtype.is_integer()):
            raise DataError(f"{table}: {name} holds {column.dtype}, expected texts")
        if name == "regions" and column.dtype not in _REGION_TYPES:
            raise DataError(f"{table}: regions holds {column.dtype}, expected lists of ids or texts such as a;b")


def _may_hold_numbers(column: pl.Series) -> bool:
    """Tell whether a column is numeric or empty, or is a text column with at least one number."""
    if column.dtype == pl.String:
        numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
        return bool(numbers.is_not_null().any() or column.is_null().all())
    return column.dtype.is_numeric() or column.dtype == pl.Null


def _columns(frame: pl.DataFrame, cells: Cells, table: str) -> dict[str, Any]:
    """Return the values of each column, one per row."""
    return {
        "id": frame["id"].to_list(),
        "power_mw": cells.numbers("power_mw").tolist(),
        "duration_h": cells.whole_hours("duration_h", most=MAX_DURATION_H).tolist(),
        "earliest_utc": cells.hours("earliest_utc", table=table, is_start=True),
        "deadline_utc": cells.hours("deadline_utc", table=table, is_start=False),
        "home_region": frame["home_region"].to_list(),
        "name": frame["name"].fill_null("").to_list(),
        "regions": frame["regions"].to_list(),
        "priority": cells.numbers("priority", whole="a whole number").tolist(),
        "data_gb": cells.numbers("data_gb").tolist(),
        "checkpoint_h": _or_none(cells.numbers("checkpoint_h", whole="whole hours"), frame["checkpoint_h"]),
    }


def _without_clashes(jobs: list[Job], ids: list[str], cells: Cells) -> list[Job]:
    """Return the jobs without those that have a segment with the id of another row; these are refused."""
    clashes = {}
    for job in jobs:
        if job.checkpoint_h is not None:
            taken = {segment.id for segment in segments_of(job)[1:]}.intersection(ids)
            if taken:
                clashes[job.id] = f"its segment {min(taken)} has the id of another row, expected an id of its own"
    cells.refused |= {ids.index(job_id): reason for job_id, reason in clashes.items()}
    return [job for job in jobs if job.id not in clashes]


def _or_none(values: FloatArray, column: pl.Series) -> list[int | None]:
    """Return whole numbers, and None where the column is null."""
    is_null = column.is_null().to_list()
    return [
        None if null or not np.isfinite(value) else int(value)
        for value, null in zip(values.tolist(), is_null, strict=True)
    ]


def _rounded(changes: Sequence[str]) -> str:
    return f"rounded to full hours: {', '.join(changes)}"


def _job(values: dict[str, Any]) -> Job:
    values["duration_h"] = int(values["duration_h"])
    values["priority"] = int(values["priority"])
    values["regions"] = _regions(values["regions"])
    return Job(**values)


def _regions(cell: Any) -> tuple[str, ...]:
    """Return the ids in a cell: a list (Parquet), a text with ; or , between ids (CSV), or null for all regions."""
    if cell is None:
        return ()
    if isinstance(cell, str):
        return tuple(part.strip() for part in cell.replace(";", ",").split(",") if part.strip())
    return tuple(str(part) for part in cell)
