"""Observed hourly values per region on one gapless axis of hours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.domain.quantities import QUANTITIES, check_dew_point, check_magnitude
from fleet.errors import DataError
from fleet.units import FloatArray

_KEYS = ("region", "time_utc")
MOST_HOURS = 100 * 8_766
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """What was observed.

    regions: ids, in the order of the first axis of every array.
    time_utc: (hour,) datetime64[h], consecutive; an hour is named by its start.
    values: column -> (region, hour) float, NaN where missing. Missing is never zero and never yesterday's value.
    spans: for each region the positions (first, end) that its source spoke of, gaps included; default all hours.
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
        """Telemetry from a table with one row per region and hour.

        Args:
            frame: `time_utc`, numeric columns, and `region` unless the whole table is one region.
            table: what the rows came from, for messages.
            region: the region of a table without that column.
        Raises: DataError for an empty table, a missing column, a duplicate hour, a time that is not a full hour of
            UTC, a magnitude that the unit cannot have, or a dew point that the temperature cannot have.
        """
        if frame.height == 0:
            raise DataError(f"{table} has no rows, expected one per region and hour")
        if "time_utc" not in frame.columns:
            raise DataError(f"{table} has no column time_utc (found {', '.join(frame.columns)})")
        if "region" not in frame.columns:
            if region is None:
                raise DataError(f"{table} has no column region; name the region that it is")
            frame = frame.with_columns(region=pl.lit(region))
        elif frame["region"].null_count():
            raise DataError(f"{table}: region is null in row {frame['region'].is_null().arg_true()[0]}, expected an id")
        if frame["region"].dtype.is_nested():
            raise DataError(f"{table}: region holds {frame['region'].dtype}, expected an id in each row")
        time = clock.utc_hours(frame["time_utc"], table=table)
        names = frame["region"].cast(pl.String)
        regions = tuple(names.unique(maintain_order=True))
        place = {name: index for index, name in enumerate(regions)}
        row = names.replace_strict(place, return_dtype=pl.Int64).to_numpy()
        first, last = time.min(), time.max()
        hours = int((last - first) / _ONE_HOUR) + 1
        if hours > MOST_HOURS:
            raise DataError(f"{table} spans {clock.iso(first)} to {clock.iso(last)}, expected less than a century")
        column = ((time - first) / _ONE_HOUR).astype(np.int64)
        _refuse_duplicates(row * hours + column, time, names, table)
        values = {}
        for name in _numeric_columns(frame, table):
            grid = np.full((len(regions), hours), np.nan)
            grid[row, column] = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            for index, region_id in enumerate(regions):
                check_magnitude(name, grid[index], where=f"{table}, region {region_id}")
            values[name] = grid
        time_utc = first + np.arange(hours) * _ONE_HOUR
        check_dew_point(values, regions, time_utc, where=table)
        own = [column[row == index] for index in place.values()]
        spans = tuple((int(positions.min()), int(positions.max()) + 1) for positions in own)
        return cls(regions=regions, time_utc=time_utc, values=values, spans=spans)

    def to_frame(self) -> pl.DataFrame:
        """One row per region and hour, missing as null."""
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
        """(region, hour). Raises: DataError if the column is missing or has no value at all in some region."""
        if name not in self.values:
            raise DataError(f"telemetry has no column {name} of numbers (found {', '.join(self.values) or 'none'})")
        values = self.values[name]
        empty = np.flatnonzero(np.isnan(values).all(axis=1))
        if empty.size:
            raise DataError(f"{name} has no value in region {self.regions[empty[0]]}, expected at least some hours")
        return values

    def select(self, regions: Sequence[str]) -> Self:
        """The named regions, in that order. Raises: DataError for a region that is not here."""
        for region in regions:
            if region not in self.regions:
                raise DataError(f"telemetry has no region {region} (found {', '.join(self.regions)})")
        rows = [self.regions.index(region) for region in regions]
        values = {name: grid[rows] for name, grid in self.values.items()}
        spans = tuple(self.spans[row] for row in rows)
        return type(self)(regions=tuple(regions), time_utc=self.time_utc, values=values, spans=spans)

    def own_span(self, region: str) -> Self:
        """One region alone, on the hours that its source spoke of."""
        alone = self.select([region])
        return alone.hours(*alone.spans[0])

    def hours(self, start: int, stop: int) -> Self:
        """The hours at positions start..stop-1."""
        values = {name: grid[:, start:stop] for name, grid in self.values.items()}
        length = len(self.time_utc[start:stop])
        spans = tuple(
            (min(max(first - start, 0), length), min(max(end - start, 0), length)) for first, end in self.spans
        )
        return type(self)(regions=self.regions, time_utc=self.time_utc[start:stop], values=values, spans=spans)

    def position(self, hour: Hour) -> int:
        """Where the hour stands on the axis. Raises: DataError if it is outside."""
        offset = int((hour - self.time_utc[0]) / _ONE_HOUR)
        if not 0 <= offset < len(self.time_utc):
            span = f"{clock.iso(self.time_utc[0])} to {clock.iso(self.time_utc[-1])}"
            raise DataError(f"{clock.iso(hour)} is outside the telemetry, which spans {span}")
        return offset


def join(parts: Iterable[Telemetry]) -> Telemetry:
    """Several tables of telemetry as one: regions side by side, spans of one region end to end.

    Raises: DataError if two parts hold a value of the same region, hour and column, or together a dew point that the
        temperature cannot have.
    """
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    regions = tuple(dict.fromkeys(region for part in parts for region in part.regions))
    columns = tuple(dict.fromkeys(name for part in parts for name in part.values))
    first = min(part.time_utc[0] for part in parts)
    hours = int((max(part.time_utc[-1] for part in parts) - first) / _ONE_HOUR) + 1
    if hours > MOST_HOURS:
        raise DataError(f"the files together span {hours} h, expected less than a century")
    values = {name: np.full((len(regions), hours), np.nan) for name in columns}
    spans: dict[str, tuple[int, int]] = {}
    for part in parts:
        start = int((part.time_utc[0] - first) / _ONE_HOUR)
        rows = [regions.index(region) for region in part.regions]
        for region_id, (begins, ends) in zip(part.regions, part.spans, strict=True):
            before = spans.get(region_id, (hours, 0))
            spans[region_id] = (min(before[0], start + begins), max(before[1], start + ends))
        for name, grid in part.values.items():
            target = values[name][rows, start : start + grid.shape[1]]
            twice = np.argwhere(np.isfinite(target) & np.isfinite(grid))
            if twice.size:
                region, hour = twice[0]
                raise DataError(
                    f"{name} of region {part.regions[region]} at {clock.iso(part.time_utc[hour])} is in two files, "
                    "expected each region and hour once"
                )
            values[name][rows, start : start + grid.shape[1]] = np.where(np.isfinite(grid), grid, target)
    time_utc = first + np.arange(hours) * _ONE_HOUR
    check_dew_point(values, regions, time_utc, where="the files together")
    return Telemetry(
        regions=regions,
        time_utc=time_utc,
        values=values,
        spans=tuple(spans[region] for region in regions),
    )


def _numeric_columns(frame: pl.DataFrame, table: str) -> list[str]:
    names = [name for name in frame.columns if name not in _KEYS]
    for name in names:
        if name in QUANTITIES and not _holds_numbers(frame[name]):
            raise DataError(f"{table}: {name} holds {frame[name].dtype}, expected numbers")
    return [name for name in names if _holds_numbers(frame[name])]


def _holds_numbers(column: pl.Series) -> bool:
    # A column without any value has no type of its own: CSV calls it text.
    empty = column.dtype in {pl.Null, pl.String} and column.null_count() == len(column)
    return column.dtype.is_numeric() or empty


def _refuse_duplicates(cell: np.ndarray, time: HourArray, names: pl.Series, table: str) -> None:
    order = np.argsort(cell, kind="stable")
    repeats = np.flatnonzero(np.diff(cell[order]) == 0)
    if not repeats.size:
        return
    row = int(order[repeats[0] + 1])
    month = int(clock.month_index(time[row : row + 1])[0]) % 12 + 1
    autumn_sunday = clock.weekday(time[row : row + 1])[0] == 6 and month in {4, 10, 11}
    hint = "; looks like the autumn repeat of a local clock: convert it to UTC" if autumn_sunday else ""
    raise DataError(
        f"{table}: region {names[row]} has {clock.iso(time[row])} twice ({repeats.size} duplicate rows), "
        f"expected each hour once{hint}"
    )
