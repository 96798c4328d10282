"""Forecasts of each column at each origin: the columns that limits need, and the columns that only costs need."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.build_bands import Residuals
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.forecasting import FORECASTERS, Series, walk_forward
from fleet.forecasting.base import Positions, Progress
from fleet.forecasting.series import actual as actual_of
from fleet.preparation.settings import Settings
from fleet.units import HOURS_PER_DAY, FloatArray

WARM_UP_H = 30 * HOURS_PER_DAY
# A cost is a preference and not a safety limit, so it may use older values than a bound may.
MAX_COST_AGE_H = 7 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class OriginRange:
    """The origins that are forecast. The first ones only calibrate; decisions are made at the later ones.

    Args:
        positions: (origin,) ascending, in the telemetry.
        since: number of the first origin with a decision.
    """

    positions: Positions
    since: int


@dataclass(frozen=True, kw_only=True, eq=False)
class CostHistory:
    """The origins and regions at which the forecast of carbon or price may be used, and the value to use elsewhere.

    Args:
        is_usable: (origin, region) True if there are WARM_UP_H of history and a value in the last MAX_COST_AGE_H.
        stated: (region,) the value that the fleet file states; NaN where it states none.
    """

    is_usable: NDArray[np.bool_]
    stated: FloatArray

    def at(self, origins: slice | NDArray[np.int64]) -> Self:
        """Return the history at some of the origins."""
        return type(self)(is_usable=self.is_usable[origins], stated=self.stated)

    def applied(self, expected: FloatArray) -> FloatArray:
        """Replace (origin, region, hour) values that may not be used by the stated value, or NaN if none is stated."""
        return np.where(self.is_usable[..., None], expected, self.stated[:, None])


def bounded_residuals(
    telemetry: Telemetry,
    name: str,
    outlooks: Outlooks | None,
    origins: OriginRange,
    settings: Settings,
    progress: Progress | None,
) -> Residuals:
    """Forecast a column that limits need. The forecast of a region is NaN until it has enough history."""
    whole = Series(observed=telemetry.values[name], time_utc=telemetry.time_utc, name=name)
    forecast, _ = _forecast_from_begin(whole, telemetry, outlooks, origins.positions, settings, progress)
    return _residuals(whole, forecast, origins)


def cost_residuals(
    telemetry: Telemetry,
    name: str,
    outlooks: Outlooks | None,
    origins: OriginRange,
    settings: Settings,
    stated: FloatArray,
    progress: Progress | None,
) -> tuple[Residuals, CostHistory]:
    """Forecast a column that only costs need.

    Args:
        telemetry: column `name` may be empty in some regions.
        stated: (region,) as in `CostHistory`.
    Returns: the forecasts, with the stated value or NaN where a forecast may not be used; and the history at the
        origins with a decision.
    """
    positions = origins.positions
    whole = Series(observed=telemetry.values[name], time_utc=telemetry.time_utc, name=name)
    forecast, begins = _forecast_from_begin(whole, telemetry, outlooks, positions, settings, progress)
    history = CostHistory(
        is_usable=(positions[:, None] >= begins) & (whole.age_h[:, positions].T <= MAX_COST_AGE_H),
        stated=stated,
    )
    return _residuals(whole, history.applied(forecast), origins), history.at(slice(origins.since, None))


def share_of(progress: Progress, index: int, count: int) -> Progress:
    """Return the progress of one of `count` equal parts."""
    return lambda share: progress((index + share) / count)


def _forecast_from_begin(
    whole: Series,
    telemetry: Telemetry,
    outlooks: Outlooks | None,
    positions: Positions,
    settings: Settings,
    progress: Progress | None,
) -> tuple[FloatArray, Positions]:
    """Forecast each region from the origin on at which it has WARM_UP_H of history.

    Args:
        whole: the column of every region.
        telemetry: the column and the other columns.
    Returns: the (origin, region, lead) forecasts, NaN before that origin; and the (region,) position of that origin.
    """
    begins = np.maximum(whole.first_known + WARM_UP_H, positions[0])
    forecast = np.full((len(positions), len(telemetry.regions), settings.horizon), np.nan)
    # Regions whose forecasts begin at the same origin are forecast together. Regions without any value are left out,
    # because no forecaster can forecast them.
    starts = np.unique(begins[begins <= positions[-1]])
    for index, start in enumerate(starts):
        rows = np.flatnonzero(begins == start)
        series = Series.of(telemetry.select([telemetry.regions[row] for row in rows]), whole.name, outlooks)
        forecaster = FORECASTERS[settings.forecaster](horizon=settings.horizon)
        share = None if progress is None else share_of(progress, index, len(starts))
        later = slice(int(np.searchsorted(positions, start)), None)
        forecast[later, rows] = walk_forward(forecaster, series, positions[later], progress=share)
    return forecast, begins


def _residuals(series: Series, forecast: FloatArray, origins: OriginRange) -> Residuals:
    return Residuals(
        forecast=forecast,
        actual=actual_of(series, origins.positions, forecast.shape[2]),
        origin_utc=series.time_utc[origins.positions],
        age_h=series.age_h[:, origins.positions].T,
        since=origins.since,
    )
