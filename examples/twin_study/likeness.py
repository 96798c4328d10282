"""What a year of hourly temperature and dew point looks like, in figures: to lay twin years beside real ones."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c
from fleet.twin.almanac import local_hours
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LAGS_H = (1, 3, 24)
_LEAST_KNOWN = 0.9
_LEAST_HOURS_OF_A_DAY = 20
_HOTTEST_H = 100
_JULY = 6


def daily_extremes(local_utc: HourArray, values: FloatArray) -> tuple[HourArray, FloatArray, FloatArray]:
    """The whole days of a series: (day,) first hour, highest and lowest value; NaN where hours are missing.

    Args:
        local_utc: (hour,) consecutive hours as the local clock shows them.
    """
    first = int(-clock.hour_of_day(local_utc[:1])[0] % HOURS_PER_DAY)
    whole = (len(values) - first) // HOURS_PER_DAY * HOURS_PER_DAY
    days = values[first : first + whole].reshape(-1, HOURS_PER_DAY)
    known = np.isfinite(days).sum(axis=1) >= _LEAST_HOURS_OF_A_DAY
    high = np.where(np.isnan(days), -np.inf, days).max(axis=1)
    low = np.where(np.isnan(days), np.inf, days).min(axis=1)
    start = local_utc[first : first + whole : HOURS_PER_DAY]
    return start, np.where(known, high, np.nan), np.where(known, low, np.nan)


def by_calendar_month(hours: HourArray, values: FloatArray) -> FloatArray:
    """(month,) mean of the known values of each calendar month; NaN for a month without one."""
    month = clock.month_index(hours) % len(MONTH_NAMES)
    known = np.isfinite(values)
    total = np.bincount(month[known], weights=values[known], minlength=len(MONTH_NAMES))
    count = np.bincount(month[known], minlength=len(MONTH_NAMES))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def monthly_correlation(hours: HourArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """(month,) correlation of two series over the hours of each calendar month that are known of both."""
    both = np.isfinite(first) & np.isfinite(second)
    one, other = (np.where(both, each, np.nan) for each in (first, second))
    means = [by_calendar_month(hours, each) for each in (one, other, one**2, other**2, one * other)]
    spread = np.sqrt((means[2] - means[0] ** 2) * (means[3] - means[1] ** 2))
    shared = means[4] - means[0] * means[1]
    correlation: FloatArray = np.divide(shared, spread, out=np.full(len(MONTH_NAMES), np.nan), where=spread > 0)
    return correlation


def day_to_day(start: HourArray, values: FloatArray) -> float:
    """Correlation of one day with the next, of what the mean and the first two harmonics of the year leave.

    Args:
        start: (day,) first hours of consecutive days. values: (day,); NaN is left out.
    """
    turn = 2 * np.pi * clock.year_fraction(start)
    waves = [wave(harmonic * turn) for harmonic in (1, 2) for wave in (np.cos, np.sin)]
    course = np.stack([np.ones_like(turn), *waves], axis=1)
    known = np.isfinite(values)
    weights, *_ = np.linalg.lstsq(course[known], values[known], rcond=None)
    left = values - course @ weights
    return float(np.nanmean(left[1:] * left[:-1]) / np.nanmean(left**2))


def year_figures(
    time_utc: HourArray, temperature_c: FloatArray, dew_point_c: FloatArray, region: Region
) -> Mapping[str, FloatArray]:
    """(year,) each figure of each calendar year of the local clock whose temperature is known in nine tenths of it.

    Monthly means of the temperature, of each day's highest and lowest, and of the dew point; mean and root mean square
    change from hour to hour; autocorrelation of what the year's own months and hours of the day leave, and of highs and
    lows from day to day; quantiles; the longest run of hours above the year's own 95 % quantile, and of days whose
    highest is above that of all days; quantiles of the wet bulb, at the standard pressure of the region's altitude; the
    dew point in the 100 hottest hours; the correlation of dew point and temperature over the hours of July.

    Args:
        temperature_c, dew_point_c: (hour,) consecutive; NaN is missing.
    """
    local = local_hours(time_utc, region.longitude_deg)
    year = local.astype("datetime64[Y]").astype(np.int64)
    rows = []
    for each in np.unique(year):
        inside = year == each
        if np.isfinite(temperature_c[inside]).sum() >= _LEAST_KNOWN * HOURS_PER_YEAR:
            moist = _moist_figures(local[inside], temperature_c[inside], dew_point_c[inside], region.altitude_m)
            rows.append(_figures(local[inside], temperature_c[inside]) | moist)
    return {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else {})}


def _figures(local: HourArray, values: FloatArray) -> dict[str, float]:
    start, high, low = daily_extremes(local, values)
    tables = {"mean": (local, values), "daily high": (start, high), "daily low": (start, low)}
    figures = {
        f"{name} {month}": value
        for name, (hours, series) in tables.items()
        for month, value in zip(MONTH_NAMES, by_calendar_month(hours, series).tolist(), strict=True)
    }
    change = np.diff(values)
    figures["hourly change, mean"] = float(np.nanmean(np.abs(change)))
    figures["hourly change, rms"] = float(np.sqrt(np.nanmean(change**2)))
    anomaly = values - _regular(local, values)
    figures["anomaly, sd"] = float(np.nanstd(anomaly))
    for lag in _LAGS_H:
        figures[f"autocorrelation {lag} h"] = float(
            np.nanmean(anomaly[lag:] * anomaly[:-lag]) / np.nanmean(np.square(anomaly))
        )
    figures["quantile 1 %"], figures["quantile 99 %"] = np.nanquantile(values, [0.01, 0.99]).tolist()
    figures["hours above 95 % quantile"] = float(_longest(values > np.nanquantile(values, 0.95)))
    figures["days above 95 % quantile"] = float(_longest(high > np.nanquantile(high, 0.95)))
    figures["day to day, highs"], figures["day to day, lows"] = day_to_day(start, high), day_to_day(start, low)
    return figures


def _moist_figures(
    local: HourArray, temperature_c: FloatArray, dew_point_c: FloatArray, altitude_m: float
) -> dict[str, float]:
    by_month = by_calendar_month(local, dew_point_c).tolist()
    figures = {f"dew point {month}": value for month, value in zip(MONTH_NAMES, by_month, strict=True)}
    known = np.isfinite(temperature_c) & np.isfinite(dew_point_c)
    dry, dew = temperature_c[known], dew_point_c[known]
    wet = wet_bulb_c(dry, dew, pressure_hpa(altitude_m))
    figures["wet bulb, 95 %"], figures["wet bulb, 99 %"] = np.quantile(wet, [0.95, 0.99]).tolist()
    figures["hottest hours' dew point"] = float(dew[np.argsort(dry)[-_HOTTEST_H:]].mean())
    figures["July's correlation"] = float(monthly_correlation(local[known], dry, dew)[_JULY])
    return figures


def _regular(local: HourArray, values: FloatArray) -> FloatArray:
    """(hour,) mean of the known values of the month and hour of the day."""
    cell = clock.month_index(local) % len(MONTH_NAMES) * HOURS_PER_DAY + clock.hour_of_day(local)
    known = np.isfinite(values)
    total = np.bincount(cell[known], weights=values[known], minlength=cell.max() + 1)
    mean: FloatArray = (total / np.maximum(np.bincount(cell[known], minlength=cell.max() + 1), 1))[cell]
    return mean


def _longest(inside: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))
