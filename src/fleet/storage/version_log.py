"""The versions of stored telemetry: one small Parquet file per change, with the values that take the change back.

The current table carries a mark with the number of its last change. A change is written first, and then the current
table is replaced. Both count from the replacement on. A change with a number above the mark was not finished, and is
not read.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.merge_telemetry import CORRECTIONS
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.storage.change_rows import ROW_SCHEMA, origins_in, read_rows
from fleet.storage.files import frame_writer, write_whole
from fleet.units import FloatArray

MARK = "fleet.versions"
_AXES = "fleet.axes_before"
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class VersionMark:
    """Which changes a current table includes.

    store: name of the folder with its changes.
    number: number of the last change; 0 if there is none.
    began_utc: when the versions began; the values of earlier times are not known.
    stored_utc: when the last change was stored.
    """

    store: str
    number: int
    began_utc: str
    stored_utc: str

    @classmethod
    def first(cls, stored_utc: str) -> "VersionMark":
        """Return the mark of a table without changes."""
        return cls(store=uuid4().hex, number=0, began_utc=stored_utc, stored_utc=stored_utc)

    def next(self, stored_utc: str) -> "VersionMark":
        """Return the mark after one more change. Its time is not before the time of the last change."""
        # All times are texts of one format, so they sort as times.
        later = max(stored_utc, self.stored_utc)
        return VersionMark(store=self.store, number=self.number + 1, began_utc=self.began_utc, stored_utc=later)

    def dump(self) -> str:
        """Return the mark as text."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> "VersionMark":
        """Return the mark in a text. Raises: DataError if the text is no mark."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise DataError("the mark of the stored telemetry is damaged; restore the file from a copy") from error


def log_folder(table: Path) -> Path:
    """Return the folder with the changes of a stored table."""
    target = table.resolve()
    return target.with_name(f"{target.stem}-versions")


def write_change(
    table: Path, mark: VersionMark, before: Telemetry | None, changes: pl.DataFrame, *, reason: str
) -> None:
    """Write a change into the folder of its table.

    Args:
        table: path of the current table.
        mark: the mark after the change; it gives the number and the time.
        before: the telemetry before the change; None for the first ingest, which is never taken back.
        changes: rows as in `change_rows.with_provenance`.
        reason: why values were revised or withdrawn.
    """
    folder = log_folder(table) / mark.store
    for unfinished in folder.glob(f"{mark.number:08d}-*.parquet"):
        unfinished.unlink()
    given = pl.when(pl.col("kind").is_in(CORRECTIONS)).then(pl.lit(reason))
    rows = changes.with_columns(
        stored_utc=pl.lit(mark.stored_utc),
        reason=given.when(pl.col("kind") == "late").then(pl.lit("late value")).otherwise(pl.lit("")),
    )
    axes = {} if before is None else _axes_of(before)
    corrected = "-corrected" if changes["kind"].is_in(CORRECTIONS).any() else ""
    path = folder / f"{mark.number:08d}-{_stamp(mark.stored_utc)}{corrected}.parquet"
    write_whole({path: frame_writer(path, rows, notes={_AXES: json.dumps(axes)})})


def _axes_of(before: Telemetry) -> dict[str, object]:
    return {
        "regions": len(before.regions),
        "columns": list(before.values),
        "first_utc": clock.iso(before.time_utc[0]),
        "last_utc": clock.iso(before.time_utc[-1]),
    }


def drop_log(table: Path) -> None:
    """Remove all changes of a table that was replaced."""
    shutil.rmtree(log_folder(table), ignore_errors=True)


def corrections(table: Path, mark: VersionMark) -> pl.DataFrame:
    """Return all revised and withdrawn values, latest change first, with `stored_utc` and `reason`.

    Raises: DataError if a change is missing or damaged.
    """
    frames = [
        read_rows([path]).filter(pl.col("kind").is_in(CORRECTIONS))
        for path in _newest_first(table, mark, "")
        if path.stem.endswith("-corrected")
    ]
    return pl.concat([pl.DataFrame(schema=ROW_SCHEMA), *frames])


def origins(table: Path, mark: VersionMark, window: Telemetry, *, as_of_utc: str | None = None) -> pl.DataFrame:
    """Return source, publication, flag and time of storing of stored values; see `change_rows.ORIGIN_SCHEMA`.

    A value that an earlier version of this program stored first has no row.

    Args:
        window: stored values.
        as_of_utc: leave out what was stored after this time.
    Raises: DataError if a change is missing or damaged.
    """
    later = 0 if as_of_utc is None else sum(1 for _ in _newest_first(table, mark, as_of_utc))
    paths = list(_newest_first(table, mark, ""))[later:]
    first = [path for path in (log_folder(table) / mark.store).glob(f"{0:08d}-*.parquet") if path.is_file()]
    return origins_in([*paths, *first], window)


def as_known(table: Path, mark: VersionMark, telemetry: Telemetry, stored_utc: str) -> Telemetry:
    """Return the telemetry as it was stored at a time.

    Args:
        table, mark, telemetry: path, mark and content of the current table.
        stored_utc: the time; changes that were stored later are taken back.
    Raises: DataError if a change is missing or damaged.
    """
    later = list(_newest_first(table, mark, stored_utc))
    if not later:
        return telemetry
    values = _taken_back(read_rows(later[::-1]), telemetry)
    axes = pl.read_parquet_metadata(later[-1])[_AXES]
    before = json.loads(axes)
    start = telemetry.position(clock.parse_hour(before["first_utc"]))
    stop = telemetry.position(clock.parse_hour(before["last_utc"])) + 1
    count = before["regions"]
    return Telemetry(
        regions=telemetry.regions[:count],
        time_utc=telemetry.time_utc[start:stop],
        values={name: values[name][:count, start:stop] for name in before["columns"]},
    )


def _newest_first(table: Path, mark: VersionMark, stored_utc: str) -> Iterator[Path]:
    """Yield the files of the changes that were stored after a time, newest first."""
    by_number = {int(path.name[:8]): path for path in (log_folder(table) / mark.store).glob("*-*.parquet")}
    for number in range(mark.number, 0, -1):
        path = by_number.get(number)
        if path is None:
            raise DataError(
                f"change {number} of {table} is missing in {log_folder(table) / mark.store}; restore it from a copy, "
                "or read the newest values"
            )
        if path.stem.split("-")[1] <= _stamp(stored_utc):
            return
        yield path


def _stamp(stored_utc: str) -> str:
    return stored_utc.replace("-", "").replace(":", "")


def _taken_back(changes: pl.DataFrame, telemetry: Telemetry) -> dict[str, FloatArray]:
    """Return column -> (region, hour) values before some changes.

    Args:
        changes: rows of the changes, oldest change first.
        telemetry: the values after the changes.
    """
    row_of = {region: row for row, region in enumerate(telemetry.regions)}
    values = {name: grid.copy() for name, grid in telemetry.values.items()}
    hours = len(telemetry.time_utc)
    for (name,), part in changes.group_by("column", maintain_order=True):
        row = part["region"].replace_strict(row_of, return_dtype=pl.Int64).to_numpy()
        first = part["first_utc"].dt.replace_time_zone(None).to_numpy()
        start = row * hours + ((first - telemetry.time_utc[0]) / _ONE_HOUR).astype(np.int64)
        length = part["hours"].to_numpy().astype(np.int64)
        before = part["before"].fill_null(float("nan")).to_numpy()
        # One cell per hour of each stretch.
        change = np.repeat(np.arange(len(length)), length)
        cell = start[change] + np.arange(len(change)) - np.repeat(np.cumsum(length) - length, length)
        # A cell that changed several times gets the value before its oldest change.
        cell, oldest = np.unique(cell, return_index=True)
        values[str(name)].ravel()[cell] = before[change[oldest]]
    return values
