"""Ridge on a scale that squeezes what is far from the usual, for prices and loads that burst."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import numpy as np

from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.ridge import Ridge
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series, month_spans
from fleet.units import HOURS_PER_DAY, SIGMA_PER_MAD, FloatArray

# Values this far from the median, in robust spreads, are where the scale turns from straight to logarithmic.
_STRAIGHT_WITHIN = 3.0
# The scale is chosen once, when a region has been known for so long: everything that is learnt is learnt on it.
_SETTLE_H = 60 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True, eq=False)
class _Scale:
    """Of regions that settled at the same time. rows: their positions; centre, width: (row, 1)."""

    rows: Positions
    centre: FloatArray
    width: FloatArray

    @classmethod
    def of(cls, rows: Positions, past: FloatArray) -> Self:
        """past: (row, hour) all that is known of them."""
        centre = np.nanmedian(past, axis=1, keepdims=True)
        spread = SIGMA_PER_MAD * np.nanmedian(np.abs(past - centre), axis=1, keepdims=True)
        # More than half of the values alike leave no spread by the median.
        spread = np.where(spread > 0, spread, np.nanstd(past, axis=1, keepdims=True))
        return cls(rows=rows, centre=centre, width=_STRAIGHT_WITHIN * np.where(spread > 0, spread, 1.0))


# A month is learnt and forecast in several calls, and squeezing all of a large fleet's past costs as much as either.
@lru_cache(maxsize=2)
def _squeezed(series: Series, scale: _Scale) -> Series:
    observed = np.arcsinh((series.observed[scale.rows] - scale.centre) / scale.width)
    return Series(observed=observed, time_utc=series.time_utc)


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Regions of one scale, and the ridge that learns on it."""

    scale: _Scale
    ridge: Ridge

    def learn(self, series: Series, start: int, stop: int) -> Self:
        return replace(self, ridge=self.ridge.learn(_squeezed(series, self.scale), start, stop))

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        squeezed = self.ridge.predict(_squeezed(series, self.scale), origins)
        return self.scale.centre + self.scale.width * np.sinh(squeezed)


class RidgeAsinh(Forecaster):
    """Ridge on asinh((value - median) / (3 spreads)), of the variable's own past alone.

    Its forecast is nearer to the median of what may come than to the mean, which is what absolute errors reward.
    Source: Uniejewski, Weron & Ziel 2018, variance stabilising transformations for electricity prices.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self._groups: tuple[_Group, ...] = ()

    def learn(self, series: Series, start: int, stop: int) -> Self:
        wiser = type(self)(horizon=self.horizon)
        wiser._groups = self._groups
        # Month by month: when a scale is chosen must not depend on how much is learnt in one call.
        for first, end in month_spans(series.time_utc, start, stop):
            wiser._groups = wiser._taught(series, first, end)
        return wiser

    def _taught(self, series: Series, start: int, stop: int) -> tuple[_Group, ...]:
        groups = [group.learn(series, start, stop) for group in self._groups]
        past = series.observed[:, :stop]
        settled = [row for group in self._groups for row in group.scale.rows]
        ready = np.setdiff1d(np.flatnonzero(np.isfinite(past).sum(axis=1) >= _SETTLE_H), settled)
        if len(ready):
            fresh = _Group(scale=_Scale.of(ready, past[ready]), ridge=Ridge(horizon=self.horizon))
            groups.append(fresh.learn(series, 0, stop))
        return tuple(groups)

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        forecast = same_hour(series.filled, origins, self.horizon)
        for group in self._groups:
            forecast[:, group.scale.rows] = group.predict(series, origins)
        return forecast
