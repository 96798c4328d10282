"""Columns of telemetry to forecasts at each origin: those that limits need, and those that only costs need."""

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
# A cost is a preference and no safety limit, so it may rest on older values than a bound may.
MOST_SILENT_H = 7 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True, eq=False)
class CostHistory:
    """Where carbon or price may be expected to go on as it was, and what stands for it elsewhere.

    trusted: (origin, region) there are WARM_UP_H of history, and a value within the last MOST_SILENT_H.
    stated: (region,) by the fleet file; NaN where it states nothing.
    """

    trusted: NDArray[np.bool_]
    stated: FloatArray

    def at(self, origins: slice | NDArray[np.int64]) -> Self:
        """Of some of the origins."""
        return type(self)(trusted=self.trusted[origins], stated=self.stated)

    def applied(self, expected: FloatArray) -> FloatArray:
        """(origin, region, hour) what was expected, or what stands for it; NaN where neither is known."""
        return np.where(self.trusted[..., None], expected, self.stated[:, None])


def bounded_residuals(
    series: Series, every: Positions, since: int, settings: Settings, progress: Progress | None
) -> Residuals:
    """Forecasts of a column that limits need.

    Args:
        every: origins, ascending. since: number of the first one that needs a bound.
    Raises: DataError if some region has no full day of values before the first origin.
    """
    forecaster = FORECASTERS[settings.forecaster](horizon=settings.horizon)
    forecast = walk_forward(forecaster, series, every, progress=progress)
    return _residuals(series, forecast, every, since)


def cost_residuals(
    telemetry: Telemetry,
    name: str,
    outlooks: Outlooks | None,
    every: Positions,
    since: int,
    settings: Settings,
    stated: FloatArray,
    progress: Progress | None,
) -> tuple[Residuals, CostHistory]:
    """Forecasts of a column that costs need, where it may be trusted; else what is stated, or NaN.

    Args:
        telemetry: its column `name` may be without any value in some regions.
        every: origins, ascending. since: number of the first one that is decided at.
        stated: (region,) of CostHistory.
    Returns: the forecasts, and the trust at the origins from `since` on.
    """
    whole = Series(observed=telemetry.values[name], time_utc=telemetry.time_utc)
    begins = np.maximum(whole.first_known + WARM_UP_H, every[0])
    forecast = np.full((len(every), len(telemetry.regions), settings.horizon), np.nan)
    # Regions that begin together are forecast together; no forecaster can stand on a region without any value.
    starts = np.unique(begins[begins <= every[-1]])
    for index, start in enumerate(starts):
        rows = np.flatnonzero(begins == start)
        series = Series.of(telemetry.select([telemetry.regions[row] for row in rows]), name, outlooks)
        forecaster = FORECASTERS[settings.forecaster](horizon=settings.horizon)
        part = None if progress is None else share_of(progress, index, len(starts))
        own = slice(int(np.searchsorted(every, start)), None)
        forecast[own, rows] = walk_forward(forecaster, series, every[own], progress=part)
    trust = CostHistory(
        trusted=(every[:, None] >= begins) & (whole.age_h[:, every].T <= MOST_SILENT_H),
        stated=stated,
    )
    return _residuals(whole, trust.applied(forecast), every, since), trust.at(slice(since, None))


def share_of(progress: Progress, index: int, count: int) -> Progress:
    """Progress of one of `count` equal parts."""
    return lambda share: progress((index + share) / count)


def _residuals(series: Series, forecast: FloatArray, every: Positions, since: int) -> Residuals:
    return Residuals(
        forecast=forecast,
        actual=actual_of(series, every, forecast.shape[2]),
        origin_utc=series.time_utc[every],
        age_h=series.age_h[:, every].T,
        since=since,
    )
