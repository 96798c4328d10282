"""The contract of a forecaster: two verbs, and nothing past the origin."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from fleet.domain import clock
from fleet.errors import DataError
from fleet.forecasting.series import Series, month_start, refit_blocks
from fleet.units import FloatArray

# Matrices of a few hundred rows gain nothing from a second thread; where cores are few or busy, its waiting makes them
# twenty times slower; and sums round differently with the number of threads.
_POOLS = ThreadpoolController()

Positions = NDArray[np.int64]
Progress = Callable[[float], None]


def one_thread() -> AbstractContextManager[Any]:
    """Linear algebra on one thread while it lasts."""
    limit: AbstractContextManager[Any] = _POOLS.limit(limits=1, user_api="blas")
    return limit


class Forecaster(ABC):
    """Forecasts every region of one variable at leads 1..horizon.

    A forecaster is immutable: `learn` returns a wiser one. Positions are indices into the series' hours.
    """

    def __init__(self, *, horizon: int) -> None:
        self.horizon = horizon

    @abstractmethod
    def learn(self, series: Series, start: int, stop: int) -> Self:
        """Learn from the origins whose last target lies in start..stop-1, each with what was known at it."""

    @abstractmethod
    def predict(self, series: Series, origins: Positions) -> FloatArray:
        """(origin, region, lead), finite. The value at the origin itself is known; nothing after it is read.

        Args:
            origins: ascending positions, none before the end of the last learning.
        """

    def frozen(self) -> Self:
        """One that from here on learns nothing more, not even from errors that come true between two learnings."""
        return self


def walk_forward(
    forecaster: Forecaster, series: Series, origins: Positions, *, progress: Progress | None = None
) -> FloatArray:
    """(origin, region, lead): each origin forecast by what had been learnt when its calendar month began.

    Args:
        forecaster: one that has learnt nothing yet.
        origins: positions, ascending.
        progress: called with the finished share, in (0, 1].
    Raises: DataError if at the first origin some region has not yet been known for a day.
    """
    late = np.flatnonzero(series.first_known > origins[0])
    if late.size:
        raise DataError(
            f"region {late[0]} of the series has no full day of values before "
            f"{clock.iso(series.time_utc[origins[0]])}, expected at least one: start later"
        )
    forecast = np.empty((len(origins), series.observed.shape[0], forecaster.horizon))
    learnt = done = 0
    for block in refit_blocks(series.time_utc, origins):
        now = month_start(series.time_utc, int(block[0]))
        with one_thread():
            forecaster = forecaster.learn(series, learnt, now)
            forecast[done : done + len(block)] = forecaster.predict(series, block)
        learnt = now
        done += len(block)
        if progress is not None:
            progress(done / len(origins))
    return forecast
