"""Stored telemetry and outlooks: one Parquet table each. Only one process at a time writes a table.

The table of telemetry holds the newest values. The changes that lead back to earlier values are in a folder beside the
table; see `version_log`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs

from fleet.domain import clock
from fleet.domain.merge_telemetry import Merged, merge
from fleet.domain.outlooks import Outlooks
from fleet.domain.provenance import Provenance
from fleet.domain.supplied import Supplied
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.storage.change_rows import ORIGIN_SCHEMA, with_provenance
from fleet.storage.files import frame_writer, write_frame, write_whole
from fleet.storage.locks import locked
from fleet.storage.marked_rows import newly_marked
from fleet.storage.version_log import MARK, VersionMark, as_known, corrections, drop_log, origins, write_change
from fleet.units import HOURS_PER_DAY

# Sources often correct their last days. A change of older values is more often a wrong file, so it needs a reason.
CORRECTED_H = 14 * HOURS_PER_DAY
_OWN_CORRECTION = "correction by the source"
_ONE_HOUR = np.timedelta64(1, "h")
# What is kept with each row of outlooks.
_ROW_TEXTS = ("source", "stored_utc")


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
    return Outlooks.from_frame(_of_all_sources(_frame(path)), table=path.name)


def read_outlook_rows(path: Path) -> pl.DataFrame | None:
    """Return the stored outlooks row by row, with `source` and `stored_utc`, empty where they are not known.

    Returns: None if there are none.
    Raises: DataError if the file is damaged.
    """
    return _with_texts(path, _frame(path)) if path.exists() else None


def write_telemetry(path: Path, telemetry: Telemetry) -> None:
    """Replace the stored telemetry, and remove its earlier versions."""
    with locked(_lock_of(path)):
        write_frame(path, telemetry.to_frame())
        drop_log(path)


def add_telemetry(
    path: Path, supplied: Supplied, *, stored_utc: str, reason: str = "", provenance: Provenance | None = None
) -> Merged:
    """Add what a source supplies to the stored telemetry, and return the merged telemetry with its changes.

    A stored value may be supplied again. Another value, or an empty cell, replaces the stored value. `read_telemetry`
    with `as_of_utc` still returns the value from before.

    Args:
        path: the stored table; made if it does not exist.
        supplied: the telemetry to add.
        stored_utc: the current time, such as 2024-07-01T12:00:00Z.
        reason: why stored values change. Values of the last CORRECTED_H hours may change without a reason.
        provenance: where the values come from; None if it is not known. It is stored with each value.
    Raises: DataError if an older value would change without a reason, a file is damaged, or for the reasons of `merge`.
    """
    (result,) = add_parts(path, [Part(supplied=supplied, provenance=provenance)], stored_utc=stored_utc, reason=reason)
    if isinstance(result, DataError):
        raise result
    return result


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one source supplied, and where its values come from; None if that is not known."""

    supplied: Supplied
    provenance: Provenance | None = None


def add_parts(path: Path, parts: Sequence[Part], *, stored_utc: str, reason: str = "") -> Sequence[Merged | DataError]:
    """Add what several sources supply, in their order, and write the table once.

    Args: as for `add_telemetry`.
    Returns: for each part its changes, or why nothing of it was stored. `telemetry` is that after all parts.
    Raises: DataError if the stored table is damaged.
    """
    with locked(_lock_of(path)):
        frame, mark = _marked_frame(path) if path.exists() else (None, None)
        before = None if frame is None else Telemetry.from_frame(frame, table=path.name)
        whole, rows, results = before, [], list[Merged | DataError]()
        for part in parts:
            try:
                merged, changes = _merged(path, mark, whole, part, reason)
            except DataError as error:
                results.append(error)
                continue
            whole = merged.telemetry
            rows.append(changes)
            # Each result would keep a copy of the whole table.
            results.append(replace(merged, telemetry=part.supplied.telemetry))
        if whole is None or not rows:
            return results
        changes = pl.concat(rows)
        after = VersionMark.first(stored_utc) if before is None or mark is None else mark
        if before is not None:
            after = after.next(stored_utc)
        if before is None or changes.height or not _has_same_axes(before, whole):
            write_change(path, after, before, changes, reason=reason.strip() or _OWN_CORRECTION)
            _write_current(path, whole, after)
        return [result if isinstance(result, DataError) else replace(result, telemetry=whole) for result in results]


def _merged(
    path: Path, mark: VersionMark | None, stored: Telemetry | None, part: Part, reason: str
) -> tuple[Merged, pl.DataFrame]:
    """Return stored telemetry with one part, and the rows of its changes. Raises: DataError as `add_telemetry`."""
    supplied, provenance = part.supplied, part.provenance
    if stored is None:
        merged = Merged.of_new(supplied.telemetry)
        return merged, with_provenance(merged.changes, provenance, supplied.telemetry)
    merged = merge(stored, supplied)
    if not reason.strip():
        _require_reason(path, merged)
    rows = with_provenance(merged.changes, provenance, supplied.telemetry)
    if provenance is not None and mark is not None and not provenance.is_uniform:
        rows = pl.concat([rows, newly_marked(path, mark, stored, supplied.telemetry, provenance, rows)])
    return merged, rows


def add_outlooks(path: Path, fresh: pl.DataFrame, *, table: str, source: str = "", stored_utc: str = "") -> Outlooks:
    """Add outlooks to the stored outlooks, and return all of them.

    A stored row may be supplied again. For the same issue and hour, one source may fill other columns than another; for
    the same column, the source that was stored first counts.

    Args:
        path: the stored table; made if it does not exist.
        fresh: one row per region, issue and hour.
        table: name of the fresh table, for messages.
        source, stored_utc: the source, and the current time; kept with each row. A column `source` of the table counts
            instead.
    Raises: DataError if a region, issue and hour is already stored from this source with another value, or for the
        reasons of `Outlooks.from_frame`.
    """
    Outlooks.from_frame(_of_all_sources(fresh), table=table)
    with locked(_lock_of(path)):
        origin = fresh["source"] if "source" in fresh.columns else pl.lit(source)
        rows = _as_numbers(fresh, table=table).with_columns(source=origin, stored_utc=pl.lit(stored_utc))
        if path.exists():
            # Both tables need the same column types, or identical rows would count as different.
            rows = pl.concat([_with_texts(path, _frame(path)), rows], how="diagonal")
            same = [name for name in rows.columns if name != "stored_utc"]
            rows = rows.unique(same, keep="first", maintain_order=True)
        outlooks = Outlooks.from_frame(_of_all_sources(rows), table=f"{table} and the stored outlooks")
        write_frame(path, rows)
    return outlooks


def _with_texts(path: Path, stored: pl.DataFrame) -> pl.DataFrame:
    texts = [stored[name] if name in stored.columns else pl.lit("").alias(name) for name in _ROW_TEXTS]
    return _as_numbers(stored, table=path.name).with_columns(*texts)


def _of_all_sources(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per region, issue and hour, each column from the source that was stored first.

    Rows that one source gave twice stay twice, so that `Outlooks.from_frame` refuses them.
    """
    keys = ["region", "issued_utc", "time_utc"]
    if "source" not in rows.columns or rows["source"].n_unique() == 1:
        return rows
    if rows.select(*keys, "source").is_duplicated().any():
        return rows
    return rows.group_by(keys, maintain_order=True).agg(cs.numeric().drop_nulls().first())


def read_origins(path: Path, window: Telemetry, *, as_of_utc: str | None = None) -> pl.DataFrame:
    """Return where stored values come from; see `version_log.origins`. No value has a row if the table has no versions.

    Args:
        window: stored values.
        as_of_utc: leave out what was stored after this time.
    Raises: DataError if a file is missing or damaged.
    """
    _, mark = _marked_frame(path, columns=["region"])
    return pl.DataFrame(schema=ORIGIN_SCHEMA) if mark is None else origins(path, mark, window, as_of_utc=as_of_utc)


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
