"""From forecasts and what came true to the bands around each forecast, pointwise and over the whole path."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.base import BandMethod
from fleet.domain.bands import Bands
from fleet.domain.clock import HourArray
from fleet.units import FloatArray

Side = Literal[-1, 1]

PATH_SCALE_ORIGINS = 720
STALE_H = 24
_SMALLEST_SCALE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """What is known of past forecasts of one variable, in time order.

    forecast, actual: (origin, region, lead); an unknown actual is NaN.
    origin_utc: (origin,).
    age_h: (origin, region) hours since the latest observation at the origin; see `widen_stale`.
    since: the first origin that needs a bound; the earlier ones only calibrate.
    scale_origins: how many of the first complete windows give the path its scale by lead.
    """

    forecast: FloatArray
    actual: FloatArray
    origin_utc: HourArray
    age_h: NDArray[np.int64]
    since: int = 0
    scale_origins: int = PATH_SCALE_ORIGINS


def make_bands(method: BandMethod, residuals: Residuals, miscoverage: Fraction) -> Bands:
    """Two-sided bands of the origins from `since` on, with half the miscoverage on each side."""
    forecast = residuals.forecast[residuals.since :]
    half = miscoverage / 2
    return Bands(
        lower=forecast - hour_margin(method, residuals, half, side=-1),
        upper=forecast + hour_margin(method, residuals, half, side=1),
        path_lower=forecast - path_margin(method, residuals, half, side=-1),
        path_upper=forecast + path_margin(method, residuals, half, side=1),
    )


def hour_margin(method: BandMethod, residuals: Residuals, miscoverage: Fraction, *, side: Side) -> FloatArray:
    """(origin - since, region, lead) margin above (side 1) or below (side -1) the forecast, for each hour by itself."""
    score = side * (residuals.actual - residuals.forecast)
    delay_h = np.arange(1, score.shape[2] + 1)
    margin = method.margin(score, residuals.origin_utc, delay_h, miscoverage, since=residuals.since)
    return widen_stale(margin, residuals.age_h[residuals.since :])


def path_margin(method: BandMethod, residuals: Residuals, miscoverage: Fraction, *, side: Side) -> FloatArray:
    """(origin - since, region, lead) margin above or below the forecast that holds for all leads at once.

    The score of a window is its largest residual, each lead measured in the spread of its own residuals; it is known
    when the window has ended. A window with a gap has no score. The windows that gave the scale are left out of the
    calibration: a score must not have shaped its own scale.
    """
    residual = side * (residuals.actual - residuals.forecast)
    complete = np.isfinite(residual).all(axis=2)
    order = np.cumsum(complete, axis=0)
    for_scale = complete & (order <= residuals.scale_origins)
    after_scale = complete & (order > residuals.scale_origins)
    squares = np.where(for_scale[:, :, None], residual, 0.0) ** 2
    count = np.maximum(for_scale.sum(axis=0), 1)[:, None]
    scale = np.maximum(np.sqrt(squares.sum(axis=0) / count), _SMALLEST_SCALE)
    score = np.where(after_scale[:, :, None], residual / scale, np.nan).max(axis=2, keepdims=True)
    horizon_h = np.array([residual.shape[2]])
    margin = method.margin(score, residuals.origin_utc, horizon_h, miscoverage, since=residuals.since)
    return widen_stale(margin * scale, residuals.age_h[residuals.since :])


def widen_stale(margin: FloatArray, age_h: NDArray[np.int64]) -> FloatArray:
    """Margins for origins whose latest observation is old.

    What is a hours old at the origin is, at lead h, a forecast h + a hours ahead: it takes the larger of the two leads'
    margins, and the last lead's beyond the horizon. After STALE_H hours of silence nothing is promised.
    """
    lead = np.arange(margin.shape[2])
    later = np.minimum(lead + np.minimum(age_h, STALE_H)[:, :, None], len(lead) - 1)
    widened = np.maximum(margin, np.take_along_axis(margin, later, axis=2))
    widened[age_h > STALE_H] = np.inf
    return widened
