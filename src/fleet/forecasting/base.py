"""The contract of a forecaster: `learn` and `predict`. No forecast uses a value after its origin."""

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
# makes the algebra twenty times slower. The rounding of sums also depends on the number of threads.
_POOLS = ThreadpoolController()

Positions = NDArray[np.int64]
Progress = Callable[[float], None]


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra uses one thread."""
    limit: AbstractContextManager[Any] = _POOLS.limit(limits=1, user_api="blas")
    return limit


class Forecaster(ABC):
    """Forecasts one variable in every region at leads 1 to `horizon`.

    A forecaster is immutable: `learn` returns a new forecaster. Positions are indices of the hours of a series.
    """

    def __init__(self, *, horizon: int) -> None:
        self.horizon = horizon

    @classmethod
    def load_libraries(cls) -> None:
        """Import what only `learn` needs. A process that copies itself calls this first, once for all copies."""
        return

    @abstractmethod
    def learn(self, series: Series, start: int, stop: int) -> Self:
        """Return a forecaster that has also learnt from the hours start..stop-1. No later hour is read.

        The features of each training origin use only values known at that origin.

        Args:
            start: the `stop` of the last `learn`; 0 in the first call.
        """

    @abstractmethod
    def predict(self, series: Series, origins: Positions) -> FloatArray:
        """Return finite forecasts: (origin, region, lead). No hour after an origin is read for its forecast.

        Args:
            origins: (origin,) ascending positions, at or after the `stop` of the last `learn`. Each region has a full
                day of values up to the first origin.
        """

    def frozen(self) -> Self:
        """Return a forecaster whose `predict` learns nothing. Before, `predict` may learn values up to each origin."""
        return self

    def caught_up(self, series: Series, stop: int) -> Self:
        """Return a forecaster whose forecasts for origins from `stop` on are the same, but take less time."""
        return self
