"""Forecasts the mean of the past values at the target's hour of day and time of year."""

from typing import Self

import numpy as np

from fleet.domain import clock
from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series
from fleet.units import HOURS_PER_DAY, FloatArray

MONTHS = 12


class Climatology(Forecaster):
    """Assumes a usual year. It is hard to beat many days ahead, when recent values tell little.

    The mean is taken over the values at the target's hour of day in its calendar month and the two neighbours. Where
    none of these values is known, the forecast is that of the seasonal naive.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self._total: FloatArray | None = None
        self._count: FloatArray | None = None

    def learn(self, series: Series, start: int, stop: int) -> Self:
        learnt = type(self)(horizon=self.horizon)
        values = series.observed[:, start:stop]
        cell = _cell(series.time_utc[start:stop])
        is_known = np.isfinite(values)
        total, count = (np.zeros((len(values), MONTHS * HOURS_PER_DAY)) for _ in range(2))
        for region in range(len(values)):
            known = is_known[region]
            total[region] = np.bincount(cell[known], weights=values[region, known], minlength=total.shape[1])
            count[region] = np.bincount(cell[known], minlength=total.shape[1])
        learnt._total = total if self._total is None else self._total + total
        learnt._count = count if self._count is None else self._count + count
        return learnt

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        naive = same_hour(series.filled, origins, self.horizon)
        if self._total is None or self._count is None:
            return naive
        total, count = _with_neighbours(self._total), _with_neighbours(self._count)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        hours = series.time_utc[origins][:, None] + np.arange(1, self.horizon + 1)
        usual = mean[:, _cell(hours)].swapaxes(0, 1)
        return np.where(np.isfinite(usual), usual, naive)


def _cell(time_utc: clock.HourArray) -> Positions:
    """Return the number of each hour's calendar month and hour of day."""
    return clock.month_index(time_utc) % MONTHS * HOURS_PER_DAY + clock.hour_of_day(time_utc)


def _with_neighbours(by_cell: FloatArray) -> FloatArray:
    """Add to each month the months before and after it: (region, month and hour of day)."""
    by_month = by_cell.reshape(len(by_cell), MONTHS, HOURS_PER_DAY)
    summed = by_month + np.roll(by_month, 1, axis=1) + np.roll(by_month, -1, axis=1)
    return summed.reshape(by_cell.shape)
