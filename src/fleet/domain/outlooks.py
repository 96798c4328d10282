"""Outlooks: forecasts issued by others, such as weather services and grid operators."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.domain.number_column import refuse_text_cells
from fleet.domain.quantities import QUANTITIES, check_magnitude
from fleet.domain.region_column import read_region_column
from fleet.domain.renamed_rows import renamed_regions, renamed_rows
from fleet.errors import DataError
from fleet.units import FloatArray, IntArray

_KEYS = ("region", "issued_utc", "time_utc")
_ONE_HOUR = np.timedelta64(1, "h")
_LONGEST_H = 24 * 16
# Weather services issue at least twice a day. If the newest issue is older than this, later issues were lost.
STALE_H = 36


@dataclass(frozen=True, kw_only=True)
class Outlooks:
    """The forecast values of others, with their issue times.

    An issue may be used at an origin if it is at most one hour later than the origin, because the decision is made when
    the origin's hour has ended.

    regions: ids, in the order of the first axis.
    issued_utc: (issue,) ascending hours.
    values: column -> (region, issue, step), the value forecast for the hour issued_utc + step; NaN where there is none.
    """

    regions: tuple[str, ...]
    issued_utc: HourArray
    values: Mapping[str, FloatArray]

    @classmethod
    def from_frame(cls, frame: pl.DataFrame, *, table: str, region: str | None = None) -> Self:
        """Return the outlooks in a table with one row per region, issue and hour.

        Args:
            frame: `issued_utc`, `time_utc`, numeric columns, and `region` unless the whole table is of one region.
            table: name of the table, for messages.
            region: the region of a table without that column.
        Raises: DataError for an empty table, a missing column, a duplicate row, an hour before its issue or more than
            16 days after it, or a magnitude that the unit cannot have.
        """
        for column in ("issued_utc", "time_utc"):
            if column not in frame.columns:
                raise DataError(f"{table} has no column {column} (found {', '.join(frame.columns)})")
        if frame.height == 0:
            raise DataError(f"{table} has no rows, expected one per region, issue and hour")
        regions, names, row = read_region_column(frame, table=table, region=region)
        issued = clock.utc_hours(frame["issued_utc"], table=table)
        time = clock.utc_hours(frame["time_utc"], table=table)
        step = ((time - issued) / _ONE_HOUR).astype(np.int64)
        _refuse_steps(step, table)
        issues, issue = np.unique(issued, return_inverse=True)
        shape = (len(regions), len(issues), int(step.max()) + 1)
        cell = np.ravel_multi_index((row, issue, step), shape)
        duplicate = _first_duplicate(cell, math.prod(shape))
        if duplicate is not None:
            raise DataError(
                f"{table}: region {names[duplicate]}, issue {clock.iso(issued[duplicate])}, step {step[duplicate]} h "
                "occurs twice, expected each once"
            )
        values = {}
        for name in frame.columns:
            if name in QUANTITIES:
                refuse_text_cells(frame[name], table=table)
            if name in _KEYS or not frame[name].dtype.is_numeric():
                continue
            numbers = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            check_magnitude(name, numbers, where=table, time_utc=time)
            grid = np.full(shape, np.nan)
            grid.ravel()[cell] = numbers
            values[name] = grid
        if not values:
            raise DataError(f"{table} has no column of numbers (found {', '.join(frame.columns)})")
        return cls(regions=regions, issued_utc=issues, values=values)

    def to_frame(self) -> pl.DataFrame:
        """Return a table with one row per region, issue and hour that has any value. Missing values are null."""
        has_value = np.any([np.isfinite(grid) for grid in self.values.values()], axis=0)
        row, issue, step = np.nonzero(has_value)
        issued = self.issued_utc[issue]
        return pl.DataFrame(
            {
                "region": pl.Series(self.regions, dtype=pl.String).gather(row),
                "issued_utc": clock.to_series(issued, "issued_utc"),
                "time_utc": clock.to_series(issued + step * _ONE_HOUR, "time_utc"),
                **{name: pl.Series(grid[row, issue, step], nan_to_null=True) for name, grid in self.values.items()},
            }
        )

    def select(self, regions: Sequence[str]) -> Self:
        """Return the outlooks of the named regions, in that order; NaN for a region without an outlook."""
        rows = [self.regions.index(region) if region in self.regions else None for region in regions]
        values = {
            name: np.stack([np.full(grid.shape[1:], np.nan) if row is None else grid[row] for row in rows])
            for name, grid in self.values.items()
        }
        return type(self)(regions=tuple(regions), issued_utc=self.issued_utc, values=values)

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return the outlooks with the values of earlier ids under the current ids; see `Telemetry.renamed`."""
        if not names.keys() & set(self.regions):
            return self
        return type(self)(
            regions=renamed_regions(self.regions, names),
            issued_utc=self.issued_utc,
            values={name: renamed_rows(name, grid, self.regions, names) for name, grid in self.values.items()},
        )

    def issues_known_at(self, origin_utc: Hour) -> int:
        """Return how many issues may be used at an origin."""
        return int(np.searchsorted(self.issued_utc, origin_utc + _ONE_HOUR, side="right"))

    def first_issued_utc(self, column: str) -> HourArray:
        """Return the first issue that has a value of the column, per region; NaT if there is none."""
        has_value = np.any(np.isfinite(self.values[column]), axis=2)
        first = self.issued_utc[has_value.argmax(axis=1)]
        return np.where(np.any(has_value, axis=1), first, np.datetime64("NaT"))

    def known_at(self, column: str, origin_utc: HourArray, horizon: int, rows: slice = slice(None)) -> FloatArray:
        """Return the newest outlook of each hour ahead that is known at each origin.

        If an issue has no value for an hour, the issue before is used. Issues older than STALE_H are not used.

        Args:
            column: the variable.
            origin_utc: (origin,) hours.
            horizon: number of leads.
            rows: the positions of the regions to return.
        Returns: (region, origin, lead); NaN where no usable issue has a value.
        """
        grid = self.values[column][rows]
        # A decision at an origin is made when the origin's hour has ended.
        decided_utc = origin_utc + _ONE_HOUR
        newest = np.searchsorted(self.issued_utc, decided_utc, side="right") - 1
        lead = np.arange(1, horizon + 1)
        outlook = np.full((len(grid), len(origin_utc), horizon), np.nan)
        issues_back = 0
        while True:
            issue = newest - issues_back
            issued_utc = self.issued_utc[np.maximum(issue, 0)]
            is_usable = (issue >= 0) & (decided_utc - issued_utc <= STALE_H * _ONE_HOUR)
            age_h = ((origin_utc - issued_utc) / _ONE_HOUR).astype(np.int64)
            # An issue fills no hour beyond its reach, and an older one reaches less far.
            is_gap = np.isnan(outlook).any(axis=0)
            first_gap = np.where(is_gap.any(axis=1), lead[is_gap.argmax(axis=1)], grid.shape[2])
            origins = np.flatnonzero(is_usable & (age_h + first_gap < grid.shape[2]))
            if not len(origins):
                return outlook
            step = age_h[origins, None] + lead
            is_reached = step < grid.shape[2]
            older = grid[:, issue[origins][:, None], np.minimum(step, grid.shape[2] - 1)]
            newer = outlook[:, origins]
            outlook[:, origins] = np.where(np.isnan(newer) & is_reached, older, newer)
            issues_back += 1


def _refuse_steps(step: IntArray, table: str) -> None:
    """Refuse rows whose hour is before the issue or too long after it."""
    impossible = np.flatnonzero((step < 0) | (step > _LONGEST_H))
    if impossible.size:
        row = impossible[0]
        raise DataError(
            f"{table}: row {row} is for {step[row]} h after its issue, expected 0 to {_LONGEST_H}; "
            "an outlook is for the hours that follow its issue"
        )


def _first_duplicate(cell: IntArray, cells: int) -> int | None:
    """Return the row of the first repeated cell, in the order of cells; None if each cell occurs once.

    Args:
        cells: number of cells of the grid.
    """
    occurs = np.zeros(cells, dtype=np.bool_)
    occurs[cell] = True
    if np.count_nonzero(occurs) == len(cell):
        return None
    order = np.argsort(cell, kind="stable")
    return int(order[np.flatnonzero(np.diff(cell[order]) == 0)[0] + 1])
