"""Figures of a year of hourly temperature and dew point, to compare twin years with real ones."""

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


def daily_extremes(local_time: HourArray, values: FloatArray) -> tuple[HourArray, FloatArray, FloatArray]:
    """Return first hour, highest and lowest value of each whole day, (day,).

    Args:
        local_time: (hour,) consecutive hours of the local clock.
        values: (hour,); NaN is missing. A day with fewer than 20 known hours has NaN extremes.
    """
    first = int(-clock.hour_of_day(local_time[:1])[0] % HOURS_PER_DAY)
    length = (len(values) - first) // HOURS_PER_DAY * HOURS_PER_DAY
    days = values[first : first + length].reshape(-1, HOURS_PER_DAY)
    is_known = np.isfinite(days).sum(axis=1) >= _LEAST_HOURS_OF_A_DAY
    high = np.where(np.isnan(days), -np.inf, days).max(axis=1)
    low = np.where(np.isnan(days), np.inf, days).min(axis=1)
    start = local_time[first : first + length : HOURS_PER_DAY]
    return start, np.where(is_known, high, np.nan), np.where(is_known, low, np.nan)


def by_calendar_month(hours: HourArray, values: FloatArray) -> FloatArray:
    """Return the mean of the known values of each calendar month, (month,); NaN for a month without known values.

    Args:
        hours, values: (hour,) or (day,); NaN is missing.
    """
    month = clock.month_index(hours) % len(MONTH_NAMES)
    is_known = np.isfinite(values)
    total = np.bincount(month[is_known], weights=values[is_known], minlength=len(MONTH_NAMES))
    count = np.bincount(month[is_known], minlength=len(MONTH_NAMES))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def monthly_correlation(hours: HourArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the correlation of two series in each calendar month, (month,), over hours with both values known.

    Args:
        hours, first, second: (hour,); NaN is missing.
    """
    is_known = np.isfinite(first) & np.isfinite(second)
    x, y = (np.where(is_known, series, np.nan) for series in (first, second))
    mean_x, mean_y, square_x, square_y, product = (
        by_calendar_month(hours, series) for series in (x, y, x**2, y**2, x * y)
    )
    spread = np.sqrt((square_x - mean_x**2) * (square_y - mean_y**2))
    covariance = product - mean_x * mean_y
    correlation: FloatArray = np.divide(covariance, spread, out=np.full(len(MONTH_NAMES), np.nan), where=spread > 0)
    return correlation


def day_to_day(start: HourArray, values: FloatArray) -> float:
    """Return the correlation of one day with the next, without the mean and the first two harmonics of the year.

    Args:
        start: (day,) first hours of consecutive days.
        values: (day,); NaN is left out.
    """
    angle = 2 * np.pi * clock.year_fraction(start)
    waves = [wave(harmonic * angle) for harmonic in (1, 2) for wave in (np.cos, np.sin)]
    basis = np.stack([np.ones_like(angle), *waves], axis=1)
    is_known = np.isfinite(values)
    weights, *_ = np.linalg.lstsq(basis[is_known], values[is_known], rcond=None)
    anomaly = values - basis @ weights
    return float(np.nanmean(anomaly[1:] * anomaly[:-1]) / np.nanmean(anomaly**2))


def year_figures(
    time_utc: HourArray, temperature_c: FloatArray, dew_point_c: FloatArray, region: Region
) -> Mapping[str, FloatArray]:
    """Return figures by name, (year,), of each calendar year of the local clock.

    A year counts if at least nine tenths of its temperatures are known. The figures are:

    * monthly means of the temperature, of each day's highest and lowest, and of the dew point;
    * mean and root mean square change from hour to hour;
    * autocorrelation of the anomaly, which is the temperature minus that year's mean of the month and hour of day;
    * correlation from day to day of daily highs and of daily lows;
    * quantiles of the temperature;
    * the longest run of hours above the year's 95 % quantile, and the longest run of days with a high above the 95 %
      quantile of daily highs;
    * quantiles of the wet bulb, at the standard pressure of the region's altitude;
    * the mean dew point in the 100 hottest hours, and the correlation of dew point and temperature in July.

    Args:
        time_utc: (hour,) consecutive hours.
        temperature_c, dew_point_c: (hour,); NaN is missing.
        region: its longitude gives the local clock.
    """
    local_time = local_hours(time_utc, region.longitude_deg)
    year_of_hour = local_time.astype("datetime64[Y]").astype(np.int64)
    rows = []
    for year in np.unique(year_of_hour):
        is_inside = year_of_hour == year
        if np.isfinite(temperature_c[is_inside]).sum() >= _LEAST_KNOWN * HOURS_PER_YEAR:
            local, temperature, dew_point = local_time[is_inside], temperature_c[is_inside], dew_point_c[is_inside]
            moist = _moist_figures(local, temperature, dew_point, region.altitude_m)
            rows.append(_temperature_figures(local, temperature) | moist)
    return {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else {})}


def _temperature_figures(local_time: HourArray, values: FloatArray) -> dict[str, float]:
    start, high, low = daily_extremes(local_time, values)
    tables = {"mean": (local_time, values), "daily high": (start, high), "daily low": (start, low)}
    figures = {
        f"{name} {month}": value
        for name, (hours, series) in tables.items()
        for month, value in zip(MONTH_NAMES, by_calendar_month(hours, series).tolist(), strict=True)
    }
    change = np.diff(values)
    figures["hourly change, mean"] = float(np.nanmean(np.abs(change)))
    figures["hourly change, rms"] = float(np.sqrt(np.nanmean(change**2)))
    anomaly = values - _regular(local_time, values)
    figures["anomaly, sd"] = float(np.nanstd(anomaly))
    for lag in _LAGS_H:
        figures[f"autocorrelation {lag} h"] = float(
            np.nanmean(anomaly[lag:] * anomaly[:-lag]) / np.nanmean(np.square(anomaly))
        )
    figures["quantile 1 %"], figures["quantile 99 %"] = np.nanquantile(values, [0.01, 0.99]).tolist()
    figures["hours above 95 % quantile"] = float(_longest_run(values > np.nanquantile(values, 0.95)))
    figures["days above 95 % quantile"] = float(_longest_run(high > np.nanquantile(high, 0.95)))
    figures["day to day, highs"], figures["day to day, lows"] = day_to_day(start, high), day_to_day(start, low)
    return figures


def _moist_figures(
    local_time: HourArray, temperature_c: FloatArray, dew_point_c: FloatArray, altitude_m: float
) -> dict[str, float]:
    by_month = by_calendar_month(local_time, dew_point_c).tolist()
    figures = {f"dew point {month}": value for month, value in zip(MONTH_NAMES, by_month, strict=True)}
    is_known = np.isfinite(temperature_c) & np.isfinite(dew_point_c)
    dry, dew = temperature_c[is_known], dew_point_c[is_known]
    wet = wet_bulb_c(dry, dew, pressure_hpa(altitude_m))
    figures["wet bulb, 95 %"], figures["wet bulb, 99 %"] = np.quantile(wet, [0.95, 0.99]).tolist()
    figures["hottest hours' dew point"] = float(dew[np.argsort(dry)[-_HOTTEST_H:]].mean())
    figures["July's correlation"] = float(monthly_correlation(local_time[is_known], dry, dew)[_JULY])
    return figures


def _regular(local_time: HourArray, values: FloatArray) -> FloatArray:
    """Return the mean of the known values of the same month and hour of the day, (hour,)."""
    cell = clock.month_index(local_time) % len(MONTH_NAMES) * HOURS_PER_DAY + clock.hour_of_day(local_time)
    is_known = np.isfinite(values)
    total = np.bincount(cell[is_known], weights=values[is_known], minlength=cell.max() + 1)
    count = np.bincount(cell[is_known], minlength=cell.max() + 1)
    mean: FloatArray = (total / np.maximum(count, 1))[cell]
    return mean


def _longest_run(is_above: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_above, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))
