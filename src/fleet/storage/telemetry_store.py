"""Telemetry on disk: one Parquet table of a workspace, added to by one writer at a time."""

from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs

from fleet.domain import clock
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry, join
from fleet.errors import DataError
from fleet.storage.files import alone, write_frame
from fleet.units import FloatArray


def read_telemetry(path: Path) -> Telemetry:
    """Raises: DataError if the file is missing or damaged."""
    return Telemetry.from_frame(_frame(path), table=path.name)


def read_outlooks(path: Path) -> Outlooks | None:
    """What is stored, or None where nothing ever was. Raises: DataError if the file is damaged."""
    if not path.exists():
        return None
    return Outlooks.from_frame(_frame(path), table=path.name)


def write_telemetry(path: Path, telemetry: Telemetry) -> None:
    """Replace what is stored."""
    with alone(path.with_suffix(".lock")):
        write_frame(path, telemetry.to_frame())


def add_telemetry(path: Path, fresh: Telemetry) -> Telemetry:
    """Add to what is stored and return the whole.

    A value that is stored already may come again; another value for the same region, hour and column is refused.
    """
    with alone(path.with_suffix(".lock")):
        whole = fresh
        if path.exists():
            stored = read_telemetry(path)
            whole = join([stored, _without_repeats(stored, fresh)])
        write_frame(path, whole.to_frame())
    return whole


def add_outlooks(path: Path, fresh: pl.DataFrame, *, table: str) -> Outlooks:
    """Add to what is stored and return the whole. A row that is stored already may come again, but not another value.

    Args:
        fresh: one row per region, issue and hour. table: what the rows came from, for messages.
    Raises: DataError as Outlooks.from_frame does, for the fresh rows and for all together.
    """
    Outlooks.from_frame(fresh, table=table)
    with alone(path.with_suffix(".lock")):
        whole = _as_numbers(fresh, table=table)
        if path.exists():
            # Both in the same kinds of column, or the same row would count as another one.
            stored = _as_numbers(_frame(path), table=path.name)
            whole = pl.concat([stored, whole], how="diagonal").unique(maintain_order=True)
        outlooks = Outlooks.from_frame(whole, table=f"{table} and what is stored")
        write_frame(path, whole)
    return outlooks


def _as_numbers(rows: pl.DataFrame, *, table: str) -> pl.DataFrame:
    """The keys and the numbers of outlooks, in one kind of column each."""
    keys = [clock.to_series(clock.utc_hours(rows[name], table=table), name) for name in ("issued_utc", "time_utc")]
    numbers = rows.select(cs.numeric().cast(pl.Float64))
    return pl.DataFrame([rows["region"].cast(pl.String), *keys, *numbers])


def _frame(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path} cannot be read ({' '.join(str(error).split())[:120]}); ingest it anew") from error


def _without_repeats(stored: Telemetry, fresh: Telemetry) -> Telemetry:
    values = {}
    for name, grid in fresh.values.items():
        before = _aligned(stored, fresh, name)
        values[name] = np.where(before == grid, np.nan, grid)
    return Telemetry(regions=fresh.regions, time_utc=fresh.time_utc, values=values)


def _aligned(stored: Telemetry, fresh: Telemetry, name: str) -> FloatArray:
    """The stored values of a column on the fresh table's regions and hours; NaN where there are none."""
    aligned = np.full((len(fresh.regions), len(fresh.time_utc)), np.nan)
    if name not in stored.values:
        return aligned
    _, there, here = np.intersect1d(stored.time_utc, fresh.time_utc, assume_unique=True, return_indices=True)
    for row, region in enumerate(fresh.regions):
        if region in stored.regions:
            aligned[row, here] = stored.values[name][stored.regions.index(region), there]
    return aligned
