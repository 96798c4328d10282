"""What a season brings: bounds and means by calendar month and hour of day, for hours past every forecast."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from fleet.conformal.base import conformal_quantile
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, FloatArray

MONTHS = 12
LEVEL_H = 28 * HOURS_PER_DAY


def seasonal_upper(observed: FloatArray, time_utc: HourArray, miscoverage: Fraction) -> FloatArray:
    """(region, month, hour of day) upper bound, of conformal rank among the same hours of the month and its neighbours.

    Args:
        observed: (region, hour) history up to the origin; NaN is left out.
    Returns: infinite where the season has been seen too seldom.
    Assumes: days of a season are exchangeable from year to year, which a trend breaks.
    """
    upper = np.empty((observed.shape[0], MONTHS, HOURS_PER_DAY))
    for month, hour, cell in _cells(observed, time_utc):
        upper[:, month, hour] = conformal_quantile(cell.T, miscoverage)
    return upper


def seasonal_mean(observed: FloatArray, time_utc: HourArray) -> FloatArray:
    """(region, month, hour of day) mean; of all that is known where the season has not been seen. NaN if nothing is."""
    mean = np.empty((observed.shape[0], MONTHS, HOURS_PER_DAY))
    known = np.isfinite(observed)
    overall = np.where(known, observed, 0).sum(axis=1) / np.where(known.any(axis=1), known.sum(axis=1), np.nan)
    for month, hour, cell in _cells(observed, time_utc):
        count = np.isfinite(cell).sum(axis=1)
        mean[:, month, hour] = np.where(count > 0, np.nansum(cell, axis=1) / np.maximum(count, 1), overall)
    return mean


def trailing_mean(observed: FloatArray, hours: int) -> FloatArray:
    """(region, hour) mean of the last `hours` hours up to each one, of what is known; NaN where nothing is."""
    known = np.isfinite(observed)
    total = np.cumsum(np.where(known, observed, 0.0), axis=1)
    count = np.cumsum(known, axis=1)
    total[:, hours:] -= total[:, :-hours].copy()
    count[:, hours:] -= count[:, :-hours].copy()
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _cells(observed: FloatArray, time_utc: HourArray) -> Iterator[tuple[int, int, FloatArray]]:
    month_of = clock.month_index(time_utc) % MONTHS
    hour_of = clock.hour_of_day(time_utc)
    for month in range(MONTHS):
        distance = np.abs(month_of - month)
        season = np.minimum(distance, MONTHS - distance) <= 1
        for hour in range(HOURS_PER_DAY):
            yield month, hour, observed[:, season & (hour_of == hour)]
