"""Rows of changes with the origin of their values, and what the rows tell of the origin of stored values."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import polars as pl

from fleet.domain import clock
from fleet.domain.merge_telemetry import CHANGE_SCHEMA
from fleet.domain.provenance import PROVENANCE_SCHEMA, Provenance
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError

ROW_SCHEMA = {**CHANGE_SCHEMA, "stored_utc": pl.String(), "reason": pl.String(), **PROVENANCE_SCHEMA}
CELL = ("region", "column", "time_utc")
# The origin of a stored value.
ORIGIN_SCHEMA = {
    "region": pl.String(),
    "column": pl.String(),
    "time_utc": pl.Datetime("ms", "UTC"),
    **PROVENANCE_SCHEMA,
    "stored_utc": pl.String(),
}
_FILES_AT_ONCE = 64


def with_provenance(changes: pl.DataFrame, provenance: Provenance | None, supplied: Telemetry) -> pl.DataFrame:
    """Return the rows of a change with source, publication time and flag; a stretch is divided where these differ.

    Args:
        changes: rows as in `domain.merge_telemetry`.
        provenance: None if the origin is not known.
        supplied: the telemetry that changes the store.
    """
    if provenance is None or provenance.is_uniform:
        source = None if provenance is None else provenance.source
        return changes.with_columns(
            source=pl.lit(source, pl.String()), published_utc=pl.lit(None, pl.Datetime("ms", "UTC")), estimated=False
        )
    marks = ("published_utc", "estimated")
    cells = _by_hour(changes.with_row_index("change")).join(
        provenance.cells(supplied), on=list(CELL), how="left", maintain_order="left"
    )
    same = pl.all_horizontal(*(pl.col(name).eq_missing(pl.col(name).shift()) for name in ("change", *marks)))
    runs = cells.with_columns(run=(~same.fill_null(False)).cum_sum(), first_utc=pl.col("time_utc"))
    kept = [name for name in CHANGE_SCHEMA if name != "hours"]
    return (
        runs.group_by("run", maintain_order=True)
        .agg(*(pl.col(name).first() for name in (*kept, *marks)), hours=pl.len().cast(pl.Int32))
        .with_columns(source=pl.lit(provenance.source))
        .select(*CHANGE_SCHEMA, *PROVENANCE_SCHEMA)
    )


def read_rows(paths: Sequence[Path]) -> pl.DataFrame:
    """Return the rows of changes, in the order of the files. Earlier versions wrote no origin; it is null there.

    Raises: DataError if a file is damaged.
    """
    try:
        frames = [_read_file(path, path.stat().st_mtime_ns) for path in paths]
        return pl.concat([pl.DataFrame(schema=ROW_SCHEMA), *frames], how="diagonal")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"the changes {paths[0].name} to {paths[-1].name} in {paths[0].parent} cannot be read; restore them from a "
            "copy, or read the newest values"
        ) from error


# The newest changes are read for each part that is stored.
@lru_cache(maxsize=4 * _FILES_AT_ONCE)
def _read_file(path: Path, modified_ns: int) -> pl.DataFrame:
    return pl.read_parquet(path, glob=False)


def origins_in(paths: Iterable[Path], window: Telemetry) -> pl.DataFrame:
    """Return the origin of each value of a window, as far as it is known; see ORIGIN_SCHEMA.

    Args:
        paths: files of changes, newest first. Files are read until the origin of every value is found.
        window: stored values.
    Raises: DataError if a file is damaged.
    """
    wanted = Provenance(source="").cells(window).select(CELL)
    found = pl.DataFrame(schema={**ORIGIN_SCHEMA, "kind": pl.String()})
    left = list(paths)
    while left and found.height < wanted.height:
        batch, left = left[:_FILES_AT_ONCE], left[_FILES_AT_ONCE:]
        # The newest row of an hour comes last, also within a file.
        cells = _by_hour(_overlapping(read_rows(batch[::-1]), window)).join(wanted, on=list(CELL), how="semi")
        newest = cells.unique(CELL, keep="last", maintain_order=True).select(found.columns)
        found = pl.concat([found, newest.join(found, on=list(CELL), how="anti")])
    return found.filter(pl.col("kind") != "withdrawn").drop("kind")


def _overlapping(rows: pl.DataFrame, window: Telemetry) -> pl.DataFrame:
    first, last = clock.to_series(window.time_utc[[0, -1]], "time_utc")
    end = pl.col("first_utc") + pl.duration(hours=pl.col("hours"))
    return rows.filter(
        pl.col("region").is_in(window.regions),
        pl.col("column").is_in(list(window.values)),
        pl.col("first_utc") <= last,
        end > first,
    )


def _by_hour(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per hour of each stretch, with the hour as `time_utc`."""
    end = pl.col("first_utc") + pl.duration(hours=pl.col("hours"))
    return rows.with_columns(time_utc=pl.datetime_ranges("first_utc", end, "1h", closed="left")).explode("time_utc")
