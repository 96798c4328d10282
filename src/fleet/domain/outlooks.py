"""Forecasts that others issued: of the weather by weather services, of wind, sun and load by grid operators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.domain.quantities import check_magnitude
from fleet.errors import DataError
from fleet.units import FloatArray

_KEYS = ("region", "issued_utc", "time_utc")
_ONE_HOUR = np.timedelta64(1, "h")
_LONGEST_H = 24 * 16
# Weather services issue at least twice a day; what is older than this was missed, and says little.
STALE_H = 36


@dataclass(frozen=True, kw_only=True)
class Outlooks:
    """What was forecast, and when.

    regions: ids, in the order of the first axis.
    issued_utc: (issue,) ascending hours; an issue may be used at an origin if it is at most an hour later, since the
        decision is made when the origin's hour has ended.
    values: column -> (region, issue, step), the value forecast for the hour issued_utc + step; NaN where there is none.
    """

    regions: tuple[str, ...]
    issued_utc: HourArray
    values: Mapping[str, FloatArray]

    @classmethod
    def from_frame(cls, frame: pl.DataFrame, *, table: str, region: str | None = None) -> Self:
        """Outlooks from a table with one row per region, issue and hour.

        Args:
            frame: `issued_utc`, `time_utc`, numeric columns, and `region` unless the whole table is one region.
            table: what the rows came from, for messages.
            region: the region of a table without that column.
        Raises: DataError for an empty table, a missing column, a row that stands twice, an hour before its issue or
            more than 16 days after it, or a magnitude that the unit cannot have.
        """
        for column in ("issued_utc", "time_utc"):
            if column not in frame.columns:
                raise DataError(f"{table} has no column {column} (found {', '.join(frame.columns)})")
        if frame.height == 0:
            raise DataError(f"{table} has no rows, expected one per region, issue and hour")
        if "region" not in frame.columns:
            if region is None:
                raise DataError(f"{table} has no column region; name the region that it is")
            frame = frame.with_columns(region=pl.lit(region))
        elif frame["region"].null_count():
            raise DataError(f"{table}: region is null in row {frame['region'].is_null().arg_true()[0]}, expected an id")
        issued = clock.utc_hours(frame["issued_utc"], table=table)
        step = ((clock.utc_hours(frame["time_utc"], table=table) - issued) / _ONE_HOUR).astype(np.int64)
        odd = np.flatnonzero((step < 0) | (step > _LONGEST_H))
        if odd.size:
            raise DataError(
                f"{table}: row {odd[0]} is for {step[odd[0]]} h after its issue, expected 0 to {_LONGEST_H}; "
                "an outlook is for the hours that follow it"
            )
        names = frame["region"].cast(pl.String)
        regions = tuple(names.unique(maintain_order=True))
        place = {name: index for index, name in enumerate(regions)}
        row = names.replace_strict(place, return_dtype=pl.Int64).to_numpy()
        issues, issue = np.unique(issued, return_inverse=True)
        shape = (len(regions), len(issues), int(step.max()) + 1)
        cell = np.ravel_multi_index((row, issue, step), shape)
        if len(np.unique(cell)) < len(cell):
            order = np.argsort(cell, kind="stable")
            twice = int(order[np.flatnonzero(np.diff(cell[order]) == 0)[0] + 1])
            raise DataError(
                f"{table}: region {names[twice]}, issue {clock.iso(issued[twice])}, step {step[twice]} h stands twice, "
                "expected each once"
            )
        values = {}
        for name in frame.columns:
            if name in _KEYS or not frame[name].dtype.is_numeric():
                continue
            numbers = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            check_magnitude(name, numbers, where=table)
            grid = np.full(shape, np.nan)
            grid.ravel()[cell] = numbers
            values[name] = grid
        if not values:
            raise DataError(f"{table} has no column of numbers (found {', '.join(frame.columns)})")
        return cls(regions=regions, issued_utc=issues, values=values)

    def select(self, regions: Sequence[str]) -> Self:
        """The named regions, in that order; one that nobody forecast has no values."""
        rows = [self.regions.index(region) if region in self.regions else None for region in regions]
        values = {
            name: np.stack([np.full(grid.shape[1:], np.nan) if row is None else grid[row] for row in rows])
            for name, grid in self.values.items()
        }
        return type(self)(regions=tuple(regions), issued_utc=self.issued_utc, values=values)

    def issues_known_at(self, origin_utc: Hour) -> int:
        """How many of the issues may be used at an origin."""
        return int(np.searchsorted(self.issued_utc, origin_utc + _ONE_HOUR, side="right"))

    def first_spoken(self, column: str) -> HourArray:
        """(region,): when the first forecast of each region's quantity was issued; NaT where none ever was."""
        spoken = np.any(np.isfinite(self.values[column]), axis=2)
        first = self.issued_utc[spoken.argmax(axis=1)]
        return np.where(np.any(spoken, axis=1), first, np.datetime64("NaT"))

    def known_at(self, column: str, origin_utc: HourArray, horizon: int, rows: slice = slice(None)) -> FloatArray:
        """(region, origin, lead) of some regions: the newest forecast known at each origin for each hour ahead.

        An issue that does not reach an hour, or has a gap there, is passed over for the one before it, up to STALE_H.
        NaN where no such issue speaks of the hour.
        """
        grid = self.values[column][rows]
        # A decision at an origin is made when its hour has ended.
        now = origin_utc + _ONE_HOUR
        newest = np.searchsorted(self.issued_utc, now, side="right") - 1
        lead = np.arange(1, horizon + 1)
        found = np.full((len(grid), len(origin_utc), horizon), np.nan)
        back = 0
        while True:
            issue = newest - back
            usable = (issue >= 0) & (now - self.issued_utc[np.maximum(issue, 0)] <= STALE_H * _ONE_HOUR)
            open_to = np.isnan(found).any(axis=(0, 2)) & usable
            if not open_to.any():
                return found
            at = np.flatnonzero(open_to)
            step = ((origin_utc[at] - self.issued_utc[issue[at]]) / _ONE_HOUR).astype(np.int64)[:, None] + lead
            inside = step < grid.shape[2]
            values = grid[:, issue[at][:, None], np.minimum(step, grid.shape[2] - 1)]
            known = found[:, at]
            found[:, at] = np.where(np.isnan(known) & inside, values, known)
            back += 1
