"""A forecaster that measures the running time of another forecaster."""

import time
from typing import Self

from fleet.forecasting import Forecaster, Series
from fleet.forecasting.base import Positions
from fleet.units import FloatArray


class TimedForecaster(Forecaster):
    """Gives the forecasts of another forecaster, and measures the running time of `learn` and `predict`.

    seconds: the time of `learn` is added to the key "fit", and the time of `predict` to the key "forecast".
    """

    def __init__(self, inner: Forecaster, seconds: dict[str, float]) -> None:
        super().__init__(horizon=inner.horizon)
        self._inner = inner
        self._seconds = seconds

    def learn(self, series: Series, start: int, stop: int) -> Self:
        """Return a timed forecaster whose inner forecaster has learnt the hours."""
        started = time.perf_counter()
        learnt = type(self)(self._inner.learn(series, start, stop), self._seconds)
        self._seconds["fit"] += time.perf_counter() - started
        return learnt

    def frozen(self) -> Self:
        """Return a forecaster that does not learn any more."""
        return type(self)(self._inner.frozen(), self._seconds)

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        """Return the forecasts of the other forecaster, (origin, region, lead)."""
        started = time.perf_counter()
        forecast = self._inner.predict(series, origins)
        self._seconds["forecast"] += time.perf_counter() - started
        return forecast
