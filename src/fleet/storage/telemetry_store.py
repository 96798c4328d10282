"""Stored telemetry and outlooks: one Parquet table each. Only one process at a time writes a table.

The table of telemetry holds the newest values. The changes that lead back to earlier values are in a folder beside the
table; see `version_log`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs

from fleet.domain import clock
from fleet.domain.merge_telemetry import Merged, merge
from fleet.domain.outlooks import Outlooks
from fleet.domain.supplied import Supplied
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.storage.files import frame_writer, write_frame, write_whole
from fleet.storage.locks import locked
from fleet.storage.version_log import MARK, VersionMark, as_known, corrections, drop_log, write_change
from fleet.units import HOURS_PER_DAY

# Sources often correct their last days. A change of older values is more often a wrong file, so it needs a reason.
CORRECTED_H = 14 * HOURS_PER_DAY
_OWN_CORRECTION = "correction by the source"
_ONE_HOUR = np.timedelta64(1, "h")


def read_telemetry(path: Path, *, as_of_utc: str | None = None) -> Telemetry:
    """Return the stored telemetry.

    Args:
        path: the stored table.
        as_of_utc: return the values as they were stored at this time, such as 2024-07-01T12:00:00Z; by default, the
            newest values. A time before the first ingest also gives the newest values, because nothing was stored then.
    Raises: DataError if a file is missing or damaged.
    """
    frame, mark = _marked_frame(path)
    telemetry = Telemetry.from_frame(frame, table=path.name)
    if as_of_utc is None or mark is None or as_of_utc < mark.began_utc:
        return telemetry
    return as_known(path, mark, telemetry, as_of_utc)


def read_corrections(path: Path) -> pl.DataFrame:
    """Return all values that were revised or withdrawn, latest change first; see `version_log.corrections`.

    Raises: DataError if a file is missing or damaged.
    """
    _, mark = _marked_frame(path, columns=["region"])
    return corrections(path, mark or VersionMark.first(""))


def read_outlooks(path: Path) -> Outlooks | None:
    """Return the stored outlooks; None if there are none. Raises: DataError if the file is damaged."""
    if not path.exists():
        return None
    return Outlooks.from_frame(_frame(path), table=path.name)


def write_telemetry(path: Path, telemetry: Telemetry) -> None:
    """Replace the stored telemetry, and remove its earlier versions."""
    with locked(_lock_of(path)):
        write_frame(path, telemetry.to_frame())
        drop_log(path)


def add_telemetry(path: Path, supplied: Supplied, *, stored_utc: str, reason: str = "") -> Merged:
    """Add what a source supplies to the stored telemetry, and return the merged telemetry with its changes.

    A stored value may be supplied again. Another value, or an empty cell, replaces the stored value. `read_telemetry`
    with `as_of_utc` still returns the value from before.

    Args:
        path: the stored table; made if it does not exist.
        supplied: the telemetry to add.
        stored_utc: the current time, such as 2024-07-01T12:00:00Z.
        reason: why stored values change. Values of the last CORRECTED_H hours may change without a reason.
    Raises: DataError if an older value would change without a reason, a file is damaged, or for the reasons of `merge`.
    """
    with locked(_lock_of(path)):
        if not path.exists():
            telemetry = supplied.telemetry
            _write_current(path, telemetry, VersionMark.first(stored_utc))
            number = sum(int(np.count_nonzero(~np.isnan(grid))) for grid in telemetry.values.values())
            return Merged.of_new(telemetry, number)
        frame, mark = _marked_frame(path)
        stored = Telemetry.from_frame(frame, table=path.name)
        merged = merge(stored, supplied)
        if not reason.strip():
            _require_reason(path, merged)
        if merged.changes.height or not _has_same_axes(stored, merged.telemetry):
            after = (mark or VersionMark.first(stored_utc)).next(stored_utc)
            write_change(path, after, stored, merged.changes, reason=reason.strip() or _OWN_CORRECTION)
            _write_current(path, merged.telemetry, after)
        return merged


def add_outlooks(path: Path, fresh: pl.DataFrame, *, table: str) -> Outlooks:
    """Add outlooks to the stored outlooks, and return all of them.

    A stored row may be supplied again.

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


def _require_reason(path: Path, merged: Merged) -> None:
    """Refuse to change old values without a reason: the file may be of another region or in another unit."""
    limit = merged.telemetry.time_utc[-1] - CORRECTED_H * _ONE_HOUR
    first = merged.first_correction(limit)
    if first is not None:
        given = "no value" if first["after"] is None else f"{first['after']:g}"
        raise DataError(
            f"{path.name} of the workspace holds {first['column']} of region {first['region']} at "
            f"{first['first_utc']:%Y-%m-%dT%H:%MZ} as {first['before']:g}, found {given} "
            f"({merged.revised + merged.withdrawn:,} stored values would change); values older than "
            f"{CORRECTED_H // HOURS_PER_DAY} days change only with --reason TEXT"
        )


def _has_same_axes(left: Telemetry, right: Telemetry) -> bool:
    return (
        left.regions == right.regions
        and list(left.values) == list(right.values)
        and len(left.time_utc) == len(right.time_utc)
        and bool(left.time_utc[0] == right.time_utc[0])
    )


def _write_current(path: Path, telemetry: Telemetry, mark: VersionMark) -> None:
    write_whole({path: frame_writer(path, telemetry.to_frame(), notes={MARK: mark.dump()})})


def _marked_frame(path: Path, columns: list[str] | None = None) -> tuple[pl.DataFrame, VersionMark | None]:
    """Return a stored table with its mark; None where the table was written without one."""
    with _as_data_error(path), path.open("rb") as file:
        # Both come from one open file, because a writer may replace the path in between.
        mark = pl.read_parquet_metadata(file).get(MARK)
        file.seek(0)
        frame = pl.read_parquet(file, columns=columns)
    return frame, None if mark is None else VersionMark.parse(mark)


def _frame(path: Path) -> pl.DataFrame:
    with _as_data_error(path):
        return pl.read_parquet(path, glob=False)


@contextmanager
def _as_data_error(path: Path) -> Iterator[None]:
    try:
        # Polars would wait for the end of a pipe for ever.
        if path.exists() and not path.is_file():
            raise OSError(f"{path} is not a regular file")
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"{path} cannot be read ({' '.join(str(error).split())[:120]}); ingest the data again"
        ) from error
