"""Merges stored telemetry with supplied telemetry: the supplied value counts, and each change is listed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.quantities import check_dew_point
from fleet.domain.supplied import BoolArray, Supplied
from fleet.domain.telemetry import Telemetry
from fleet.domain.time_hole import refuse_hole
from fleet.units import FloatArray

CHANGE_SCHEMA: Mapping[str, pl.DataType] = {
    "region": pl.String(),
    "column": pl.String(),
    "first_utc": pl.Datetime("ms", "UTC"),
    "hours": pl.Int32(),
    "kind": pl.String(),
    "before": pl.Float64(),
    "after": pl.Float64(),
}
# The kinds of changes that replace or remove a stored value.
CORRECTIONS = ("revised", "withdrawn")
# Rounding to a 32-bit float changes a value by at most this share of the value.
_ROUNDING = 2.0**-24
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Stored and supplied telemetry together.

    telemetry: all regions, columns and hours; stored regions and columns come first.
    changes: one row per stretch of new or late values, and one per revised or withdrawn value; see CHANGE_SCHEMA.
        `before` and `after` are null for stretches.
    new: number of values where none was stored.
    late: number of new values that lie before a stored value of the same region and column.
    same: number of values that were stored already. Values that differ only by the rounding of 32-bit floats are the
        same.
    revised: number of stored values that got another value.
    withdrawn: number of stored values that the source left empty.
    """

    telemetry: Telemetry
    changes: pl.DataFrame
    new: int
    late: int
    same: int
    revised: int
    withdrawn: int

    @classmethod
    def of_new(cls, telemetry: Telemetry) -> "Merged":
        """Return the result for telemetry that is stored for the first time."""
        stretches = [
            _frame(name, "new", telemetry, *_stretches(~np.isnan(grid))) for name, grid in telemetry.values.items()
        ]
        changes = pl.concat([pl.DataFrame(schema=CHANGE_SCHEMA), *stretches])
        new = int(changes["hours"].sum())
        return cls(telemetry=telemetry, changes=changes, new=new, late=0, same=0, revised=0, withdrawn=0)

    def first_correction(self, until: Hour) -> dict[str, object] | None:
        """Return the earliest revised or withdrawn value at or before an hour; None if there is none."""
        corrected = self.changes.filter(pl.col("kind").is_in(CORRECTIONS)).sort("first_utc")
        if not corrected.height or corrected["first_utc"].to_numpy()[0] > until:
            return None
        return corrected.row(0, named=True)


def merge(stored: Telemetry, supplied: Supplied) -> Merged:
    """Merge stored telemetry with supplied telemetry.

    Raises: DataError if a dew point of the result does not fit the temperature of its hour, or if stored and supplied
        hours lie years apart.
    """
    fresh = supplied.telemetry
    regions = tuple(dict.fromkeys([*stored.regions, *fresh.regions]))
    first = min(stored.time_utc[0], fresh.time_utc[0])
    hours = int((max(stored.time_utc[-1], fresh.time_utc[-1]) - first) / _ONE_HOUR) + 1
    start, stored_start = (int((part.time_utc[0] - first) / _ONE_HOUR) for part in (fresh, stored))
    _refuse_years_between(stored, fresh)
    is_same_grid = regions == stored.regions and hours == len(stored.time_utc)
    rows = np.array([regions.index(region) for region in fresh.regions])
    values: dict[str, FloatArray] = {}
    for name in dict.fromkeys([*stored.values, *fresh.values]):
        if is_same_grid and name in stored.values:
            values[name] = stored.values[name]
            continue
        values[name] = np.full((len(regions), hours), np.nan)
        if name in stored.values:
            grid = stored.values[name]
            values[name][: len(grid), stored_start : stored_start + grid.shape[1]] = grid
    counts = dict.fromkeys(("new", "late", "same", "revised", "withdrawn"), 0)
    changes = []
    for name in fresh.values:
        change = _Change.of(values[name], supplied, name, rows, start)
        for kind, number in change.counts().items():
            counts[kind] += number
        if change.is_any():
            values[name] = change.applied(values[name], rows, start)
            changes.append(change.frame(name, fresh))
    time_utc = first + np.arange(hours) * _ONE_HOUR
    check_dew_point(values, regions, time_utc, where="the file and the stored telemetry together")
    return Merged(
        telemetry=Telemetry(regions=regions, time_utc=time_utc, values=values),
        changes=pl.concat(changes) if changes else pl.DataFrame(schema=CHANGE_SCHEMA),
        **counts,
    )


@dataclass(frozen=True, kw_only=True)
class _Change:
    """What changes in one column. All arrays are (region, hour) on the axes of the supplied telemetry."""

    before: FloatArray
    after: FloatArray
    is_new: BoolArray
    is_late: BoolArray
    is_same: BoolArray
    is_revised: BoolArray
    is_withdrawn: BoolArray

    @classmethod
    def of(cls, grid: FloatArray, supplied: Supplied, name: str, rows: np.ndarray, start: int) -> "_Change":
        after = supplied.telemetry.values[name]
        stop = start + after.shape[1]
        before = grid[rows, start:stop]
        was, has = ~np.isnan(before), ~np.isnan(after)
        both = was & has
        # Missing values compare as unequal.
        is_same = np.abs(after - before) <= _ROUNDING * np.maximum(np.abs(after), np.abs(before))
        is_new = has & ~was
        is_late = is_new
        if is_new.any():
            is_before = np.logical_or.accumulate(was[:, ::-1], axis=1)[:, ::-1]
            is_late = is_new & (is_before | np.any(~np.isnan(grid[rows, stop:]), axis=1, keepdims=True))
        return cls(
            before=before,
            after=after,
            is_new=is_new,
            is_late=is_late,
            is_same=is_same,
            is_revised=both & ~is_same,
            is_withdrawn=was & supplied.empty[name],
        )

    def counts(self) -> dict[str, int]:
        return {
            kind: int(np.count_nonzero(flags))
            for kind, flags in (
                *(("new", self.is_new), ("late", self.is_late), ("same", self.is_same)),
                *(("revised", self.is_revised), ("withdrawn", self.is_withdrawn)),
            )
        }

    def is_any(self) -> bool:
        return bool(self.is_new.any() or self.is_revised.any() or self.is_withdrawn.any())

    def applied(self, grid: FloatArray, rows: np.ndarray, start: int) -> FloatArray:
        """Return the (region, hour) grid of all telemetry with the changes.

        Args:
            grid: the column before the changes.
            rows: positions of the supplied regions in the grid.
            start: position of the first supplied hour in the grid.
        """
        changed = np.where(self.is_new | self.is_revised, self.after, self.before)
        changed[self.is_withdrawn] = np.nan
        whole = grid.copy()
        whole[rows, start : start + changed.shape[1]] = changed
        return whole

    def frame(self, name: str, fresh: Telemetry) -> pl.DataFrame:
        stretches = [
            _frame(name, kind, fresh, *_stretches(flags))
            for kind, flags in (("new", self.is_new & ~self.is_late), ("late", self.is_late))
        ]
        cells = []
        for kind, flags in (("revised", self.is_revised), ("withdrawn", self.is_withdrawn)):
            row, hour = np.nonzero(flags)
            cell = _frame(name, kind, fresh, row, hour, np.ones(len(row), np.int64))
            after = self.after[flags] if kind == "revised" else np.full(len(row), np.nan)
            cells.append(
                cell.with_columns(
                    before=pl.Series(self.before[flags], nan_to_null=True), after=pl.Series(after, nan_to_null=True)
                )
            )
        return pl.concat([*stretches, *cells]).select(*CHANGE_SCHEMA)


def _stretches(flags: BoolArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return region, first hour and length of each stretch of True in (region, hour) flags."""
    edges = np.diff(flags.astype(np.int8), prepend=np.int8(0), append=np.int8(0), axis=1)
    row, begin = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    return row, begin, end - begin


def _frame(
    name: str, kind: str, fresh: Telemetry, row: np.ndarray, hour: np.ndarray, length: np.ndarray
) -> pl.DataFrame:
    regions = pl.Series(fresh.regions, dtype=pl.String)
    return (
        pl.DataFrame(
            {
                "region": regions.gather(row),
                "first_utc": clock.to_series(fresh.time_utc[hour], "first_utc"),
                "hours": pl.Series(length, dtype=pl.Int32),
            }
        )
        .with_columns(
            column=pl.lit(name),
            kind=pl.lit(kind),
            before=pl.lit(None, dtype=pl.Float64),
            after=pl.lit(None, dtype=pl.Float64),
        )
        .select(*CHANGE_SCHEMA)
    )


def _refuse_years_between(stored: Telemetry, fresh: Telemetry) -> None:
    """Refuse supplied telemetry that lies years before or after what is stored."""
    hours = np.concatenate([stored.time_utc, fresh.time_utc])
    refuse_hole(
        hours,
        where="the file and the stored telemetry together",
        name_of=lambda row: "the file's last or first hour" if row >= len(stored.time_utc) else "the last stored hour",
    )
