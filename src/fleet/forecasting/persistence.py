"""Forecasts the latest known value."""

from typing import Self

import numpy as np

from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.series import Series
from fleet.units import FloatArray


class Persistence(Forecaster):
    """Assumes that nothing changes. It is hard to beat one hour ahead, and for loads without a daily pattern."""

    def learn(self, series: Series, start: int, stop: int) -> Self:
        return self

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        latest = np.maximum(origins - series.age_h[:, origins], 0)
        value = np.take_along_axis(series.observed, latest, axis=1)
        return np.repeat(value.T[:, :, None], self.horizon, axis=2)
