"""Forecasts one column in all regions. The forecasts of a region begin when the region has enough history."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.forecasting import FORECASTERS, Series
from fleet.forecasting.base import Positions, Progress
from fleet.forecasting.series import SeriesSource
from fleet.forecasting.walk import Walk
from fleet.preparation.settings import Schedule
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

WARM_UP_H = 30 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Regions whose forecasts begin at the same origin, and their forecaster.

    Args:
        begin: position of that origin.
        rows: (row,) indices of the regions.
    """

    begin: int
    rows: IntArray
    walk: Walk


@dataclass(frozen=True, kw_only=True)
class ColumnWalk:
    """The forecasters of one column, one for each group of regions.

    Args:
        first: position of the first origin that may be forecast.
    """

    first: int
    groups: tuple[_Group, ...] = ()

    def begins(self, column: Series) -> Positions:
        """Return the (region,) position of each region's first origin; after the last hour if there is none."""
        begins: Positions = np.maximum(column.first_known + WARM_UP_H, self.first)
        return begins

    def advance(
        self,
        column: Series,
        source_of: Callable[[IntArray], SeriesSource],
        origins: Positions,
        schedule: Schedule,
        progress: Progress | None = None,
    ) -> tuple[Self, FloatArray]:
        """Return the walk after some origins, and their (origin, region, lead) forecasts.

        A forecast is NaN before the first origin of its region.

        Args:
            column: the values of every region.
            source_of: indices of regions -> the source of their series.
            origins: ascending positions that follow those of the last call.
            progress: called with the finished share, in (0, 1].
        """
        begins = self.begins(column)
        forecast = np.full((len(origins), len(column.observed), schedule.horizon), np.nan)
        earlier = {group.begin: group.walk for group in self.groups}
        # Only regions with enough history are forecast. A region without any value never has enough.
        starts, groups = np.unique(begins[begins <= origins[-1]]), []
        for index, start in enumerate(starts.tolist()):
            rows = np.flatnonzero(begins == start)
            series = source_of(rows).series(column.name, column.observed[rows])
            walk = earlier.get(start) or Walk(forecaster=FORECASTERS[schedule.forecaster](horizon=schedule.horizon))
            share = None if progress is None else share_of(progress, index, len(starts))
            later = slice(int(np.searchsorted(origins, start)), None)
            walk, forecast[later, rows] = walk.advance(series, origins[later], progress=share)
            groups.append(_Group(begin=start, rows=rows, walk=walk.rested(series, int(origins[-1]))))
        return type(self)(first=self.first, groups=tuple(groups)), forecast


def share_of(progress: Progress, index: int, count: int) -> Progress:
    """Return the progress of part number `index` of `count` equal parts."""
    return lambda share: progress((index + share) / count)
