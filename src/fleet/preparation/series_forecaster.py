"""Forecasts one series at steps of at most an hour, with bands, and keeps what it has learnt between calls."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.base import State
from fleet.conformal.build_bands import Residuals, advance_margins, bands_around
from fleet.conformal.margins import MarginTarget
from fleet.domain import clock
from fleet.domain.bands import Bands
from fleet.errors import ConfigError, DataError
from fleet.forecasting import FORECASTERS, Series
from fleet.forecasting.series import actual as actual_of
from fleet.forecasting.walk import Walk
from fleet.preparation.column_forecast import ForecastOptions
from fleet.preparation.step_series import StepSeries
from fleet.units import HOURS_PER_DAY, FloatArray

# Hours of history before the first forecast that calibrates. At most a third of the known history is used for this.
_WARM_UP_H = 60 * HOURS_PER_DAY
_MOST_HOURS = 14 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True, eq=False)
class SeriesForecast:
    """The forecast of one series. Arrays are (step,); the first step follows the last value.

    last_utc: time of the last value, datetime64[m].
    step: timedelta64[m].
    lower, upper: band that holds for each step by itself; infinite where too few errors are known.
    path_lower, path_upper: band that holds for all steps together.
    """

    column: str
    last_utc: np.datetime64
    step: np.timedelta64
    forecast: FloatArray
    lower: FloatArray
    upper: FloatArray
    path_lower: FloatArray
    path_upper: FloatArray

    def to_frame(self) -> pl.DataFrame:
        """Return a row per step: time_utc, forecast, lower, upper, path_lower, path_upper."""
        time_utc = self.last_utc + np.arange(1, len(self.forecast) + 1) * self.step
        names = ("forecast", "lower", "upper", "path_lower", "path_upper")
        columns = {name: getattr(self, name) for name in names}
        return pl.DataFrame({"time_utc": clock.to_series(time_utc, "time_utc"), **columns})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Learnt:
    """What was learnt about one step of the hour.

    origins: number of hours that were forecast, and the position of the first one.
    tail: (origin, region, lead) the last forecasts.
    bands: state of the bands.
    """

    walk: Walk
    first: int
    next: int
    tail: FloatArray
    bands: State | None = None


class SeriesForecaster:
    """Forecasts a column of a table that grows.

    Each call of `update` learns from the values that are new since the last call. The result is the same as if all
    values had come in one call, except that an early first call begins to calibrate with less history.

    With steps of a quarter of an hour, the last value may be that of a full hour, or of 15, 30 or 45 minutes after it.
    The forecaster learns for each of these kinds by itself. The first call of a kind takes longer than later ones.
    """

    def __init__(self, column: str, horizon: int | None = None, options: ForecastOptions | None = None) -> None:
        """Create a forecaster that has learnt nothing.

        Args:
            horizon: number of steps to forecast; by default as many as the hours of the options have.
            options: forecaster, bands and confidence, and the horizon in hours.
        Raises: ConfigError if the horizon is no whole number above zero.
        """
        is_whole = isinstance(horizon, int | np.integer) and not isinstance(horizon, bool)
        if horizon is not None and (not is_whole or horizon < 1):
            raise ConfigError(f"horizon is {horizon!r:.40}, expected a whole number of steps, at least 1")
        self._column, self._horizon, self._options = column, horizon, options or ForecastOptions()
        self._series: StepSeries | None = None
        self._learnt: dict[int, list[_Learnt]] = {}

    def update(self, table: Any) -> SeriesForecast:
        """Learn from a table, and forecast the steps after its last value.

        Args:
            table: a polars or pandas table, or a mapping from names to arrays: `time_utc`, the column, and other
                numeric columns as features. A later table may hold the new rows alone.
        Raises: DataError for a table that cannot be read, a known value that differs, or less than two days of history.
            After an error the forecaster is as it was before the call.
        """
        known = self._series
        series = StepSeries.of(table, self._column, None if known is None else known.step)
        if known is not None:
            series = known.followed_by(series)
        steps = series.steps_per_hour
        horizon = self._options.horizon * steps if self._horizon is None else int(self._horizon)
        hours = -(-horizon // steps)
        if hours > _MOST_HOURS:
            raise ConfigError(f"horizon is {horizon} steps of {series.step}, expected at most {_MOST_HOURS} hours")
        kind = len(series) % steps
        before, after, parts = self._learnt.get(kind), [], []
        for number, hourly in enumerate(series.hourly()):
            learnt = self._begin(hourly, hours) if before is None else before[number]
            learnt, forecast, bands = self._advance(learnt, hourly, steps)
            after.append(learnt)
            parts.append((forecast, bands.lower, bands.upper, bands.path_lower, bands.path_upper))
        self._series, self._learnt = series, self._learnt | {kind: after}
        # (field, lead, step of the hour) in time order.
        joined = np.stack(parts, axis=2).reshape(len(parts[0]), -1)[:, :horizon]
        names = ("forecast", "lower", "upper", "path_lower", "path_upper")
        return SeriesForecast(
            column=self._column,
            last_utc=series.last_utc,
            step=series.step,
            **dict(zip(names, joined, strict=True)),
        )

    def _begin(self, series: Series, hours: int) -> _Learnt:
        """Return what is known about a step of the hour before its first forecast."""
        last, first_known = len(series.time_utc) - 1, int(series.first_known[0])
        if first_known >= last:
            raise DataError(
                f"{self._column} has no full day of values before its last one, expected at least two days; add "
                "earlier values"
            )
        first = first_known + min(_WARM_UP_H, (last - first_known) // 3)
        walk = Walk(forecaster=FORECASTERS[self._options.forecaster](horizon=hours))
        return _Learnt(walk=walk, first=first, next=first, tail=np.empty((0, 1, hours)))

    def _advance(self, learnt: _Learnt, series: Series, steps: int) -> tuple[_Learnt, FloatArray, Bands]:
        """Return what is known after the last hour, its (lead,) forecast, and the bands of the same shape."""
        hours, last = learnt.tail.shape[2], len(series.time_utc) - 1
        origins = np.arange(learnt.next, last + 1)
        walk, forecast = learnt.walk.advance(series, origins)
        forecast = np.concatenate([learnt.tail, forecast])
        positions = np.arange(last + 1 - len(forecast), last + 1)
        residuals = Residuals(
            forecast=forecast,
            actual=actual_of(series, positions, hours),
            origin_utc=series.time_utc[positions],
            age_h=series.age_h[:, positions].T,
            since=len(positions) - len(origins),
        )
        miscoverage = miscoverage_of(self._options.confidence)
        # All steps of the hours stay in their bands together if each kind of step does: the misses add up at most.
        targets = {
            "hour": MarginTarget(side="both", miscoverage=miscoverage),
            "path": MarginTarget(side="both", miscoverage=miscoverage / steps, window=hours),
        }
        method = BANDS[self._options.bands]()
        state, margin = advance_margins(method, residuals, targets, learnt.bands, len(origins))
        bands = bands_around(residuals, margin).of_region(0)
        now = _Learnt(
            walk=walk.rested(series, last),
            first=learnt.first,
            next=last + 1,
            tail=forecast[-hours:].copy(),
            bands=state,
        )
        return now, forecast[-1, 0], _last(bands)


def _last(bands: Bands) -> Bands:
    """Return the bands of the last origin: (lead,)."""
    return Bands(
        lower=bands.lower[-1], upper=bands.upper[-1], path_lower=bands.path_lower[-1], path_upper=bands.path_upper[-1]
    )
