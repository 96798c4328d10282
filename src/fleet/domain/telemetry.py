"""Observed hourly values of each region, on one axis of consecutive hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.domain.number_column import holds_numbers, refuse_text_cells
from fleet.domain.quantities import QUANTITIES, check_dew_point, check_magnitude
from fleet.domain.region_column import read_region_column
from fleet.domain.renamed_rows import renamed_regions, renamed_rows
from fleet.domain.time_hole import refuse_hole
from fleet.errors import DataError
from fleet.units import FloatArray, IntArray

_KEYS = ("region", "time_utc")
MOST_HOURS = 100 * 8_766
_ONE_HOUR = np.timedelta64(1, "h")
# Months in which clocks go back on a Sunday: April in the south, October and November in the north.
_AUTUMN_MONTHS = {4, 10, 11}
_SUNDAY = 6


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """Observed values. Arrays cannot be changed.

    regions: ids, in the order of the first axis of every array.
    time_utc: (hour,) datetime64[h], consecutive; each hour is named by its start.
    values: column -> (region, hour), NaN where missing. A missing value is never replaced by zero or an older value.
    spans: for each region the positions (first, end) of the hours that its source covers, gaps included; default all.
    """

    regions: tuple[str, ...]
    time_utc: HourArray
    values: Mapping[str, FloatArray]
    spans: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if not self.regions:
            raise DataError("telemetry has no region, expected at least one")
        if len(set(self.regions)) != len(self.regions):
            raise DataError(f"telemetry names a region twice: {', '.join(self.regions)}")
        if np.any(np.diff(self.time_utc) != _ONE_HOUR):
            raise DataError("telemetry hours are not consecutive, expected one column per hour")
        shape = (len(self.regions), len(self.time_utc))
        frozen = {}
        for column, values in self.values.items():
            if values.shape != shape:
                raise DataError(f"{column} has shape {values.shape}, expected (region, hour) = {shape}")
            frozen[column] = values.view()
            frozen[column].flags.writeable = False
        object.__setattr__(self, "values", frozen)
        object.__setattr__(self, "spans", self.spans or ((0, len(self.time_utc)),) * len(self.regions))

    @classmethod
    def from_frame(cls, frame: pl.DataFrame, *, table: str, region: str | None = None) -> Self:
        """Return the telemetry in a table with one row per region and hour.

        Args:
            frame: `time_utc`, numeric columns, and `region` unless the whole table is of one region.
            table: name of the table, for messages.
            region: the region of a table without that column.
        Raises: DataError for an empty table, a missing column, a duplicate hour, a time that is not a full hour of
            UTC, a row years from the others, a magnitude that the unit cannot have, or a dew point too far above the
            temperature.
        """
        if frame.height == 0:
            raise DataError(f"{table} has no rows, expected one per region and hour")
        if "time_utc" not in frame.columns:
            raise DataError(f"{table} has no column time_utc (found {', '.join(frame.columns)})")
        regions, names, row = read_region_column(frame, table=table, region=region)
        time = clock.utc_hours(frame["time_utc"], table=table)
        first, last = time.min(), time.max()
        hours = int((last - first) / _ONE_HOUR) + 1
        refuse_hole(time, where=table, name_of=lambda row: f"row {row} (region {names[row]})")
        if hours > MOST_HOURS:
            raise DataError(f"{table} spans {clock.iso(first)} to {clock.iso(last)}, expected less than a century")
        position = ((time - first) / _ONE_HOUR).astype(np.int64)
        _refuse_duplicates(row * hours + position, time, names, table)
        time_utc = first + np.arange(hours) * _ONE_HOUR
        values = {}
        for name in _numeric_columns(frame, table):
            grid = np.full((len(regions), hours), np.nan)
            grid[row, position] = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            for index, region_id in enumerate(regions):
                check_magnitude(name, grid[index], where=f"{table}, region {region_id}", time_utc=time_utc)
            values[name] = grid
        check_dew_point(values, regions, time_utc, where=table)
        positions = [position[row == index] for index in range(len(regions))]
        spans = tuple((int(covered.min()), int(covered.max()) + 1) for covered in positions)
        return cls(regions=regions, time_utc=time_utc, values=values, spans=spans)

    def to_frame(self) -> pl.DataFrame:
        """Return a table with one row per region and hour. Missing values are null."""
        hours = len(self.time_utc)
        frame = pl.DataFrame(
            {
                "region": np.repeat(np.array(self.regions, dtype=object), hours),
                "time_utc": clock.to_series(np.tile(self.time_utc, len(self.regions)), "time_utc"),
                **{name: grid.ravel() for name, grid in self.values.items()},
            },
            schema_overrides={"region": pl.String},
        )
        return frame.with_columns(pl.col(pl.Float64).fill_nan(None))

    def column(self, name: str) -> FloatArray:
        """Return one column, (region, hour).

        Raises: DataError if the column is missing, or if a region has no value of it.
        """
        if name not in self.values:
            raise DataError(f"telemetry has no column {name} of numbers (found {', '.join(self.values) or 'none'})")
        values = self.values[name]
        empty = np.flatnonzero(np.isnan(values).all(axis=1))
        if empty.size:
            raise DataError(f"{name} has no value in region {self.regions[empty[0]]}, expected at least some hours")
        return values

    def column_somewhere(self, name: str) -> FloatArray:
        """Return one column, (region, hour); some regions may be without any value.

        Raises: DataError if the column is missing, or has no value in any region.
        """
        if name in self.values and np.isfinite(self.values[name]).any():
            return self.values[name]
        return self.column(name)

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return the telemetry with the values of earlier ids under the current ids; see `renamed_rows`.

        Args:
            names: earlier id -> current id.
        """
        if not names.keys() & set(self.regions):
            return self
        regions = renamed_regions(self.regions, names)
        spans = []
        for region in regions:
            own = zip(self.regions, self.spans, strict=True)
            covered = [span for name, span in own if names.get(name, name) == region and span[1] > span[0]]
            firsts, ends = zip(*covered, strict=True) if covered else ((0,), (0,))
            spans.append((min(firsts), max(ends)))
        return type(self)(
            regions=regions,
            time_utc=self.time_utc,
            values={name: renamed_rows(name, grid, self.regions, names) for name, grid in self.values.items()},
            spans=tuple(spans),
        )

    def of_regions(self, regions: Sequence[str]) -> Self:
        """Return the telemetry of the named regions, in that order. A region without telemetry has no values.

        Raises: DataError if a named region has no telemetry while the telemetry has a region that is not named. The
            name may be misspelt.
        """
        absent = [region for region in regions if region not in self.regions]
        if not absent:
            return self.select(regions)
        if set(self.regions) - set(regions):
            raise DataError(f"telemetry has no region {absent[0]} (found {', '.join(self.regions)})")
        hours = (len(absent), len(self.time_utc))
        wider = type(self)(
            regions=(*self.regions, *absent),
            time_utc=self.time_utc,
            values={name: np.concatenate([grid, np.full(hours, np.nan)]) for name, grid in self.values.items()},
            spans=(*self.spans, *((0, 0) for _ in absent)),
        )
        return wider.select(regions)

    def select(self, regions: Sequence[str]) -> Self:
        """Return the telemetry of the named regions, in that order. Raises: DataError for an unknown region."""
        for region in regions:
            if region not in self.regions:
                raise DataError(f"telemetry has no region {region} (found {', '.join(self.regions)})")
        rows = [self.regions.index(region) for region in regions]
        values = {name: grid[rows] for name, grid in self.values.items()}
        spans = tuple(self.spans[row] for row in rows)
        return type(self)(regions=tuple(regions), time_utc=self.time_utc, values=values, spans=spans)

    def own_span(self, region: str) -> Self:
        """Return the telemetry of one region, on the hours that its source covers."""
        alone = self.select([region])
        return alone.hours(*alone.spans[0])

    def hours(self, start: int, stop: int) -> Self:
        """Return the hours at the positions start to stop - 1."""
        values = {name: grid[:, start:stop] for name, grid in self.values.items()}
        length = len(self.time_utc[start:stop])
        spans = tuple(
            (min(max(first - start, 0), length), min(max(end - start, 0), length)) for first, end in self.spans
        )
        return type(self)(regions=self.regions, time_utc=self.time_utc[start:stop], values=values, spans=spans)

    def position(self, hour: Hour) -> int:
        """Return the position of an hour on the time axis. Raises: DataError if the hour is outside the telemetry."""
        offset = int((hour - self.time_utc[0]) / _ONE_HOUR)
        if not 0 <= offset < len(self.time_utc):
            span = f"{clock.iso(self.time_utc[0])} to {clock.iso(self.time_utc[-1])}"
            raise DataError(f"{clock.iso(hour)} is outside the telemetry, which spans {span}")
        return offset


def _numeric_columns(frame: pl.DataFrame, table: str) -> list[str]:
    names = [name for name in frame.columns if name not in _KEYS]
    for name in names:
        if name in QUANTITIES:
            refuse_text_cells(frame[name], table=table)
    return [name for name in names if holds_numbers(frame[name])]


def _refuse_duplicates(cell: IntArray, time: HourArray, names: pl.Series, table: str) -> None:
    """Refuse a table in which a region and hour occur twice.

    Args:
        cell: (row,) a number that is unique to the region and hour.
        time: (row,) hours.
        names: (row,) region ids.
        table: name of the table, for messages.
    """
    order = np.argsort(cell, kind="stable")
    repeats = np.flatnonzero(np.diff(cell[order]) == 0)
    if not repeats.size:
        return
    row = int(order[repeats[0] + 1])
    month = int(clock.month_index(time[row : row + 1])[0]) % 12 + 1
    is_autumn_sunday = clock.weekday(time[row : row + 1])[0] == _SUNDAY and month in _AUTUMN_MONTHS
    hint = "; looks like the autumn repeat of a local clock: convert it to UTC" if is_autumn_sunday else ""
    raise DataError(
        f"{table}: region {names[row]} has {clock.iso(time[row])} twice ({repeats.size} duplicate rows), "
        f"expected each hour once{hint}"
    )
