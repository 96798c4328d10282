"""Ridge regression on a compressed scale, for prices and loads with short, high peaks."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import numpy as np

from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.ridge import Ridge
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series, month_spans
from fleet.units import HOURS_PER_DAY, SIGMA_PER_MAD, FloatArray

# The scale is nearly linear within this many spreads of the median, and logarithmic outside.
_STRAIGHT_WITHIN = 3.0
# The scale of a region is chosen once, at the end of the first month with this many known hours of history. It never
# changes, because ridge learns on this scale.
_SETTLE_H = 60 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True, eq=False)
class _Scale:
    """The scale of regions that had enough history at the same time: asinh((value - centre) / width).

    rows: (row,) indices of the regions.
    centre, width: (row, 1) in the unit of the variable.
    """

    rows: Positions
    centre: FloatArray
    width: FloatArray

    @classmethod
    def fit(cls, rows: Positions, history: FloatArray) -> Self:
        """Return the scale of some regions from their (row, hour) history."""
        centre = np.nanmedian(history, axis=1, keepdims=True)
        spread = SIGMA_PER_MAD * np.nanmedian(np.abs(history - centre), axis=1, keepdims=True)
        # If more than half of the values are equal, the spread by the median is zero.
        spread = np.where(spread > 0, spread, np.nanstd(history, axis=1, keepdims=True))
        return cls(rows=rows, centre=centre, width=_STRAIGHT_WITHIN * np.where(spread > 0, spread, 1.0))


# Learning and forecasting a month call this several times with the same arguments. For a large fleet, one call takes as
# long as learning or forecasting, so the result is kept.
@lru_cache(maxsize=2)
def _compressed(series: Series, scale: _Scale) -> Series:
    observed = np.arcsinh((series.observed[scale.rows] - scale.centre) / scale.width)
    return Series(observed=observed, time_utc=series.time_utc)


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Regions that share a scale, and the ridge that learns on this scale."""

    scale: _Scale
    ridge: Ridge

    def learn(self, series: Series, start: int, stop: int) -> Self:
        return replace(self, ridge=self.ridge.learn(_compressed(series, self.scale), start, stop))

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        compressed = self.ridge.predict(_compressed(series, self.scale), origins)
        return self.scale.centre + self.scale.width * np.sinh(compressed)


class RidgeAsinh(Forecaster):
    """Ridge regression on asinh((value - median) / (3 spreads)), without covariates and outlooks.

    The forecast is closer to the median of the possible values than to their mean. The median has the smallest absolute
    error. While a region has no scale, the forecast is the latest known value at the target's hour of day.
    Source: Uniejewski, Weron & Ziel 2018, variance stabilising transformations for electricity prices.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self._groups: tuple[_Group, ...] = ()

    def learn(self, series: Series, start: int, stop: int) -> Self:
        learnt = type(self)(horizon=self.horizon)
        learnt._groups = self._groups
        # Learn month by month, because the month in which a scale is chosen must not depend on the span of one call.
        for first, end in month_spans(series.time_utc, start, stop):
            learnt._groups = learnt._groups_after(series, first, end)
        return learnt

    def _groups_after(self, series: Series, start: int, stop: int) -> tuple[_Group, ...]:
        """Return the groups after the hours start..stop-1. Regions that now have enough history form a new group."""
        groups = [group.learn(series, start, stop) for group in self._groups]
        history = series.observed[:, :stop]
        settled = [row for group in self._groups for row in group.scale.rows]
        ready = np.setdiff1d(np.flatnonzero(np.isfinite(history).sum(axis=1) >= _SETTLE_H), settled)
        if len(ready):
            new = _Group(scale=_Scale.fit(ready, history[ready]), ridge=Ridge(horizon=self.horizon))
            groups.append(new.learn(series, 0, stop))
        return tuple(groups)

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        forecast = same_hour(series.filled, origins, self.horizon)
        for group in self._groups:
            forecast[:, group.scale.rows] = group.predict(series, origins)
        return forecast
