"""The climatological band: bounds and means by calendar month and hour of day, for hours beyond the horizon."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from fleet.conformal.base import conformal_quantile
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, FloatArray

MONTHS = 12
TRAILING_MEAN_H = 28 * HOURS_PER_DAY


def seasonal_upper(observed: FloatArray, time_utc: HourArray, miscoverage: Fraction) -> FloatArray:
    """Return the upper bound of each calendar month and hour of day.

    The bound is the value of conformal rank among the values at this hour of day in the month and its two neighbours.

    Args:
        observed: (region, hour) history up to the origin; NaN is left out.
        time_utc: (hour,).
        miscoverage: accepted share of values above the bound.
    Returns: (region, month, hour of day); infinite where too few of these values are known.
    Assumes: days of a season are exchangeable from year to year. A trend breaks this.
    """
    upper = np.empty((observed.shape[0], MONTHS, HOURS_PER_DAY))
    for month, hour, values in _by_month_and_hour(observed, time_utc):
        upper[:, month, hour] = conformal_quantile(values.T, miscoverage)
    return upper


def seasonal_mean(observed: FloatArray, time_utc: HourArray) -> FloatArray:
    """Return the mean at each hour of day in each calendar month and its two neighbours.

    If none of these values is known, the mean of all known values of the region is used.

    Args:
        observed: (region, hour); NaN is left out.
        time_utc: (hour,).
    Returns: (region, month, hour of day); NaN for a region without any value.
    """
    mean = np.empty((observed.shape[0], MONTHS, HOURS_PER_DAY))
    is_known = np.isfinite(observed)
    total = np.where(is_known, observed, 0).sum(axis=1)
    overall = total / np.where(is_known.any(axis=1), is_known.sum(axis=1), np.nan)
    for month, hour, values in _by_month_and_hour(observed, time_utc):
        count = np.isfinite(values).sum(axis=1)
        mean[:, month, hour] = np.where(count > 0, np.nansum(values, axis=1) / np.maximum(count, 1), overall)
    return mean


def trailing_mean(observed: FloatArray, hours: int) -> FloatArray:
    """Return the mean of the known values in the `hours` hours that end with each hour; NaN where none is known.

    Args:
        observed: (region, hour); NaN is left out.
    Returns: (region, hour).
    """
    is_known = np.isfinite(observed)
    total = np.cumsum(np.where(is_known, observed, 0.0), axis=1)
    count = np.cumsum(is_known, axis=1)
    total[:, hours:] -= total[:, :-hours].copy()
    count[:, hours:] -= count[:, :-hours].copy()
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _by_month_and_hour(observed: FloatArray, time_utc: HourArray) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield month (0 to 11), hour of day, and (region, value) values at that hour in the month and its neighbours."""
    month_of_hour = clock.month_index(time_utc) % MONTHS
    hour_of_day = clock.hour_of_day(time_utc)
    for month in range(MONTHS):
        distance = np.abs(month_of_hour - month)
        is_in_season = np.minimum(distance, MONTHS - distance) <= 1
        for hour in range(HOURS_PER_DAY):
            yield month, hour, observed[:, is_in_season & (hour_of_day == hour)]
