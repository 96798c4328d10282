"""Forecasts the latest known value at the target's hour of day."""

from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fleet.errors import DataError
from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.series import Series
from fleet.units import HOURS_PER_DAY, FloatArray


class SeasonalNaive(Forecaster):
    """Assumes that tomorrow is like today. It learns nothing. Other forecasters are compared with it."""

    def learn(self, series: Series, start: int, stop: int) -> Self:
        return self

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        return same_hour(series.filled, origins, self.horizon)


def same_hour(filled: FloatArray, origins: Positions, horizon: int) -> FloatArray:
    """Return the value at each target's hour of day, from the 24 h that end with the origin: (origin, region, lead).

    Args:
        filled: (region, hour) as in `Series`.
        origins: (origin,) positions.
    Raises: DataError if an origin has less than a full day of history.
    """
    if (origins < HOURS_PER_DAY - 1).any():
        raise DataError(
            f"origin {origins.min()} has less than a full day of history, expected {HOURS_PER_DAY - 1} or later"
        )
    # The last 24 h, in time order, are the values of leads 1 to 24, and also of the leads of each later day.
    day = sliding_window_view(filled, HOURS_PER_DAY, axis=1)[:, origins - (HOURS_PER_DAY - 1)]
    if horizon > HOURS_PER_DAY:
        day = np.take(day, np.arange(horizon) % HOURS_PER_DAY, axis=2)
    return day[..., :horizon].swapaxes(0, 1)
