"""Stored telemetry and outlooks: one Parquet table each. Only one process writes at a time."""

from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs

from fleet.domain import clock
from fleet.domain.join_telemetry import join
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.storage.files import write_frame
from fleet.storage.locks import locked
from fleet.units import FloatArray


def read_telemetry(path: Path) -> Telemetry:
    """Return the stored telemetry. Raises: DataError if the file is missing or damaged."""
    return Telemetry.from_frame(_frame(path), table=path.name)


def read_outlooks(path: Path) -> Outlooks | None:
    """Return the stored outlooks, or None if none were ever stored. Raises: DataError if the file is damaged."""
    if not path.exists():
        return None
    return Outlooks.from_frame(_frame(path), table=path.name)


def write_telemetry(path: Path, telemetry: Telemetry) -> None:
    """Replace the stored telemetry."""
    with locked(_lock_of(path)):
        write_frame(path, telemetry.to_frame())


def add_telemetry(path: Path, fresh: Telemetry) -> Telemetry:
    """Add telemetry to the stored telemetry, and return all of it.

    A stored value may be sent again.

    Args:
        path: the stored table; made if it does not exist.
        fresh: the telemetry to add.
    Raises: DataError if a region, hour and column is already stored with another value.
    """
    with locked(_lock_of(path)):
        all_telemetry = fresh
        if path.exists():
            stored = read_telemetry(path)
            all_telemetry = join([stored, _without_repeats(stored, fresh)])
        write_frame(path, all_telemetry.to_frame())
    return all_telemetry


def add_outlooks(path: Path, fresh: pl.DataFrame, *, table: str) -> Outlooks:
    """Add outlooks to the stored outlooks, and return all of them.

    A stored row may be sent again.

    Args:
        path: the stored table; made if it does not exist.
        fresh: one row per region, issue and hour.
        table: name of the fresh table, for messages.
    Raises: DataError if a region, issue and hour is already stored with another value, or for the reasons of
        `Outlooks.from_frame`.
    """
    Outlooks.from_frame(fresh, table=table)
    with locked(_lock_of(path)):
        rows = _as_numbers(fresh, table=table)
        if path.exists():
            # Both tables need the same column types, or identical rows would count as different.
            stored = _as_numbers(_frame(path), table=path.name)
            rows = pl.concat([stored, rows], how="diagonal").unique(maintain_order=True)
        outlooks = Outlooks.from_frame(rows, table=f"{table} and the stored outlooks")
        write_frame(path, rows)
    return outlooks


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")


def _as_numbers(rows: pl.DataFrame, *, table: str) -> pl.DataFrame:
    """Return the key columns of outlooks, and their numeric columns as 64-bit floats."""
    keys = [clock.to_series(clock.utc_hours(rows[name], table=table), name) for name in ("issued_utc", "time_utc")]
    numbers = rows.select(cs.numeric().cast(pl.Float64))
    return pl.DataFrame([rows["region"].cast(pl.String), *keys, *numbers])


def _frame(path: Path) -> pl.DataFrame:
    try:
        # Polars would wait for ever for the end of a pipe.
        if path.exists() and not path.is_file():
            raise OSError(f"{path} is not a regular file")
        return pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"{path} cannot be read ({' '.join(str(error).split())[:120]}); ingest the data again"
        ) from error


def _without_repeats(stored: Telemetry, fresh: Telemetry) -> Telemetry:
    """Return the fresh telemetry without the values that are already stored."""
    values = {}
    for name, grid in fresh.values.items():
        stored_grid = _on_axes_of(fresh, stored, name)
        values[name] = np.where(stored_grid == grid, np.nan, grid)
    return Telemetry(regions=fresh.regions, time_utc=fresh.time_utc, values=values)


def _on_axes_of(fresh: Telemetry, stored: Telemetry, name: str) -> FloatArray:
    """Return a stored column on the regions and hours of the fresh telemetry; NaN where no value is stored."""
    grid = np.full((len(fresh.regions), len(fresh.time_utc)), np.nan)
    if name not in stored.values:
        return grid
    _, stored_hour, fresh_hour = np.intersect1d(
        stored.time_utc, fresh.time_utc, assume_unique=True, return_indices=True
    )
    for row, region in enumerate(fresh.regions):
        if region in stored.regions:
            grid[row, fresh_hour] = stored.values[name][stored.regions.index(region), stored_hour]
    return grid
