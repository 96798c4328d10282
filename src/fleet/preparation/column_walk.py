"""Forecasts of one column in all regions. The forecasts of a region begin when it has enough history."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.forecasting import FORECASTERS, Series
from fleet.forecasting.base import Positions, Progress
from fleet.forecasting.series import SeriesSource
from fleet.forecasting.walk import Walk
from fleet.preparation.settings import Settings
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

WARM_UP_H = 30 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Regions whose forecasts begin at the same origin. They are forecast together.

    Args:
        begin: position of that origin.
        rows: (row,) indices of the regions.
    """

    begin: int
    rows: IntArray
    walk: Walk


@dataclass(frozen=True, kw_only=True)
class ColumnWalk:
    """The forecasters of one column, and how far they have come.

    Args:
        first: position of the first origin that may be forecast.
    """

    first: int
    groups: tuple[_Group, ...] = ()

    def begins(self, column: Series) -> Positions:
        """Return the (region,) position of each region's first forecast."""
        begins: Positions = np.maximum(column.first_known + WARM_UP_H, self.first)
        return begins

    def advance(
        self,
        column: Series,
        source_of: Callable[[IntArray], SeriesSource],
        origins: Positions,
        settings: Settings,
        progress: Progress | None = None,
    ) -> tuple[Self, FloatArray]:
        """Return the walk after some origins, and the (origin, region, lead) forecasts: NaN before a region's first.

        Args:
            column: the column of every region.
            source_of: returns the source of the series of some regions, given by their indices.
            origins: consecutive positions that follow those of the last call.
        """
        begins = self.begins(column)
        forecast = np.full((len(origins), len(column.observed), settings.horizon), np.nan)
        earlier = {group.begin: group.walk for group in self.groups}
        # Regions without any value are left out, because no forecaster can forecast them.
        starts, groups = np.unique(begins[begins <= origins[-1]]), []
        for index, start in enumerate(starts.tolist()):
            rows = np.flatnonzero(begins == start)
            series = source_of(rows).series(column.name, column.observed[rows])
            walk = earlier.get(start) or Walk(forecaster=FORECASTERS[settings.forecaster](horizon=settings.horizon))
            share = None if progress is None else share_of(progress, index, len(starts))
            later = slice(int(np.searchsorted(origins, start)), None)
            walk, forecast[later, rows] = walk.advance(series, origins[later], progress=share)
            groups.append(_Group(begin=start, rows=rows, walk=walk.rested(series, int(origins[-1]))))
        return type(self)(first=self.first, groups=tuple(groups)), forecast


def share_of(progress: Progress, index: int, count: int) -> Progress:
    """Return the progress of one of `count` equal parts."""
    return lambda share: progress((index + share) / count)
