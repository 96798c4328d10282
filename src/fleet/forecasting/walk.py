"""A walk through time: a forecaster learns at the start of each month, and forecasts the origins in between."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.domain import clock
from fleet.errors import DataError
from fleet.forecasting.base import Forecaster, Positions, Progress, one_thread
from fleet.forecasting.series import Series, month_start, refit_blocks
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A forecaster, and the hours that it has learnt. A walk is immutable: `advance` returns a new walk.

    Args:
        learnt_until: position of the first hour that the forecaster has not learnt.
    """

    forecaster: Forecaster
    learnt_until: int = 0

    def advance(
        self, series: Series, origins: Positions, *, progress: Progress | None = None
    ) -> tuple[Self, FloatArray]:
        """Return the walk after some origins, and the forecast of each of them: (origin, region, lead).

        The forecasts do not depend on how the origins are divided among calls.

        Args:
            series: the same hours as in earlier calls, and possibly later ones.
            origins: (origin,) ascending positions, after those of earlier calls.
            progress: called with the finished share, in (0, 1].
        Raises: DataError if a region has no full day of values up to the first origin.
        """
        late = np.flatnonzero(series.first_known > origins[0])
        if late.size:
            raise DataError(
                f"region {late[0]} of the series has no full day of values before "
                f"{clock.iso(series.time_utc[origins[0]])}, expected at least one: start later"
            )
        forecast = np.empty((len(origins), series.observed.shape[0], self.forecaster.horizon))
        forecaster, learnt_until, done = self.forecaster, self.learnt_until, 0
        for block in refit_blocks(series.time_utc, origins):
            start_of_month = month_start(series.time_utc, int(block[0]))
            with one_thread():
                forecaster = forecaster.learn(series, learnt_until, start_of_month)
                forecast[done : done + len(block)] = forecaster.predict(series, block)
            learnt_until = start_of_month
            done += len(block)
            if progress is not None:
                progress(done / len(origins))
        return type(self)(forecaster=forecaster, learnt_until=learnt_until), forecast

    def rested(self, series: Series, origin: int) -> Self:
        """Return the walk with a forecaster that is faster for origins after `origin`; see `Forecaster.caught_up`."""
        with one_thread():
            forecaster = self.forecaster.caught_up(series, origin + 1)
        return type(self)(forecaster=forecaster, learnt_until=self.learnt_until)


def walk_forward(
    forecaster: Forecaster, series: Series, origins: Positions, *, progress: Progress | None = None
) -> FloatArray:
    """Return the forecast of each origin: (origin, region, lead).

    For each origin, the forecaster has learnt the hours before the origin's calendar month.

    Args:
        forecaster: a forecaster that has learnt nothing yet.
        origins: (origin,) ascending positions.
        progress: called with the finished share, in (0, 1].
    Raises: DataError if a region has no full day of values up to the first origin.
    """
    _, forecast = Walk(forecaster=forecaster).advance(series, origins, progress=progress)
    return forecast
