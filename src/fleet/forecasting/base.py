"""The contract of a forecaster: `learn` and `predict`. Neither method reads a value after the origin."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from fleet.forecasting.series import Series
from fleet.units import FloatArray

# Matrices of a few hundred rows gain nothing from a second thread. On few or busy cores, the wait for the second thread
# makes the algebra twenty times slower. Sums also round differently with the number of threads.
_POOLS = ThreadpoolController()

Positions = NDArray[np.int64]
Progress = Callable[[float], None]


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra uses one thread."""
    limit: AbstractContextManager[Any] = _POOLS.limit(limits=1, user_api="blas")
    return limit


class Forecaster(ABC):
    """Forecasts one variable in every region at leads 1 to `horizon`.

    A forecaster is immutable: `learn` returns a new one. Positions are indices of the hours of a series.
    """

    def __init__(self, *, horizon: int) -> None:
        self.horizon = horizon

    @abstractmethod
    def learn(self, series: Series, start: int, stop: int) -> Self:
        """Return a forecaster that has also learnt from the origins whose last target is in start..stop-1.

        The features of each origin use only values known at that origin.
        """

    @abstractmethod
    def predict(self, series: Series, origins: Positions) -> FloatArray:
        """Return finite forecasts: (origin, region, lead). The value at the origin is known; nothing later is read.

        Args:
            origins: (origin,) ascending positions; each is at or after the `stop` of the last `learn`.
        """

    def frozen(self) -> Self:
        """Return a forecaster that learns nothing more. Other forecasters may learn newer values in `predict`."""
        return self

    def caught_up(self, series: Series, stop: int) -> Self:
        """Return a forecaster that has done beforehand what `predict` would do for origins from `stop` on.

        Its forecasts are the same. Only the time that they take is shorter.
        """
        return self
