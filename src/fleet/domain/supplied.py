"""Telemetry as a source supplied it: its values, and the cells that the source left empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.join_telemetry import join
from fleet.domain.region_column import read_region_column
from fleet.domain.telemetry import Telemetry

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Supplied:
    """What a source supplied.

    An empty cell withdraws a stored value. An hour without a row leaves stored values unchanged.

    telemetry: the values.
    empty: column -> (region, hour), True where the source has a row for the hour and no value in it.
    """

    telemetry: Telemetry
    empty: Mapping[str, BoolArray]

    @classmethod
    def from_frame(cls, frame: pl.DataFrame, *, table: str, region: str | None = None) -> Self:
        """Return what a table supplies. Args and errors are those of `Telemetry.from_frame`."""
        telemetry = Telemetry.from_frame(frame, table=table, region=region)
        has_row = _has_row(frame, telemetry, table, region)
        return cls(
            telemetry=telemetry, empty={name: np.isnan(grid) & has_row for name, grid in telemetry.values.items()}
        )

    @classmethod
    def of(cls, telemetry: Telemetry) -> Self:
        """Return telemetry in which a missing value withdraws no stored value."""
        return cls(
            telemetry=telemetry, empty={name: np.zeros(grid.shape, bool) for name, grid in telemetry.values.items()}
        )

    def select(self, region: str) -> Self:
        """Return one region. Raises: DataError if it is unknown."""
        telemetry = self.telemetry.select([region])
        row = self.telemetry.regions.index(region)
        return type(self)(telemetry=telemetry, empty={name: grid[row : row + 1] for name, grid in self.empty.items()})


def join_supplied(parts: Sequence[Supplied]) -> Supplied:
    """Return what several tables supply together. Raises: DataError as `join`."""
    if len(parts) == 1:
        return parts[0]
    whole = join(part.telemetry for part in parts)
    empty = {name: np.zeros(grid.shape, bool) for name, grid in whole.values.items()}
    for part in parts:
        start = whole.position(part.telemetry.time_utc[0])
        rows = [whole.regions.index(region) for region in part.telemetry.regions]
        for name, grid in part.empty.items():
            empty[name][rows, start : start + grid.shape[1]] |= grid
    # A value in one table fills the empty cell of another.
    return Supplied(telemetry=whole, empty={name: grid & np.isnan(whole.values[name]) for name, grid in empty.items()})


def _has_row(frame: pl.DataFrame, telemetry: Telemetry, table: str, region: str | None) -> BoolArray:
    """Return (region, hour), True where the table has a row."""
    has_row = np.zeros((len(telemetry.regions), len(telemetry.time_utc)), bool)
    if frame.height == sum(end - first for first, end in telemetry.spans):
        for row, (first, end) in zip(has_row, telemetry.spans, strict=True):
            row[first:end] = True
        return has_row
    index = read_region_column(frame, table=table, region=region).region_index
    hours = clock.utc_hours(frame["time_utc"], table=table)
    has_row[index, (hours - telemetry.time_utc[0]).astype(np.int64)] = True
    return has_row
