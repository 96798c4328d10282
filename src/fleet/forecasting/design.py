"""The features of an origin, shared by all leads: one matrix per region, one row per origin."""

from collections.abc import Mapping

import numpy as np

from fleet.domain import clock
from fleet.forecasting.base import Positions
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series
from fleet.units import HOURS_PER_DAY, FloatArray

_WEEK_D = 7
_RECENT_H = (1, 3, 12, 24)


def origin_features(series: Series, rows: slice, origins: Positions) -> FloatArray:
    """Return the features of some regions, known at the origin: (region, origin, feature). The first is the intercept.

    Features: the last 24 h; for each of these hours, the value one day and six days earlier, and the mean of seven
    days; an indicator of hour of day and kind of day; two harmonics of the year; products of the harmonics of year and
    day; the last value minus the mean of seven days at this hour, times the harmonics of the day; the change over the
    last three hours, times the harmonics of the day; the number of missing values in the last 24 h.

    Args:
        rows: the regions.
        origins: (origin,) positions.
    """
    filled = series.filled[rows]
    latest = _day_before(filled, origins, 0)
    days = np.stack([_day_before(filled, origins, back, fallback=latest) for back in range(_WEEK_D)])
    weekly_mean = days.mean(axis=0)
    time = series.time_utc[origins]
    day_wave, year_wave = waves(clock.hour_of_day(time) / HOURS_PER_DAY, 2), waves(clock.year_fraction(time), 2)
    # The last column is the origin's own hour.
    anomaly = (latest - weekly_mean)[..., [-1]]
    trend = latest[..., [-1]] - latest[..., [-4]]
    recent = np.maximum(origins[:, None] - np.arange(HOURS_PER_DAY), 0)
    imputed = series.missing[rows][:, recent].sum(axis=2)
    calendar = np.hstack([_hour_by_day_kind(time), year_wave, products(day_wave, year_wave)])
    return np.concatenate(
        [
            np.ones((*latest.shape[:2], 1)),
            latest,
            days[1],
            days[-1],
            weekly_mean,
            np.broadcast_to(calendar, (len(filled), *calendar.shape)),
            anomaly * day_wave,
            trend * day_wave,
            imputed[..., None],
        ],
        axis=2,
    )


def group_columns() -> Mapping[str, slice]:
    """Return the columns of `origin_features` by subject, for explanations. The intercept belongs to no group."""
    day = HOURS_PER_DAY
    return {
        "the last day": slice(1, 1 + day),
        "the past week": slice(1 + day, 1 + 4 * day),
        "the hour and the kind of day": slice(1 + 4 * day, 1 + 8 * day),
        "the season": slice(1 + 8 * day, 1 + 8 * day + 20),
        "the recent change": slice(21 + 8 * day, 21 + 8 * day + 8),
        "hours without data": slice(29 + 8 * day, 30 + 8 * day),
    }


def covariate_columns(series: Series) -> Mapping[str, slice]:
    """Return the columns of each covariate in the matrix that joins `origin_features` and `covariate_features`."""
    first, width = max(group.stop for group in group_columns().values()), len(_RECENT_H) + 6
    return {
        name: slice(first + width * index, first + width * (index + 1)) for index, name in enumerate(series.covariates)
    }


def covariate_features(series: Series, rows: slice, origins: Positions) -> FloatArray:
    """Return the features of the covariates of some regions: (region, origin, feature), known at the origin.

    Features of each covariate: its level (see `Series.covariate_levels`); the changes of the level over _RECENT_H; the
    mean level of seven days at this hour minus the level; the level and the daily change, each times one harmonic of
    the day.

    Args:
        rows: the regions.
        origins: (origin,) positions.
    """
    day_wave = waves(clock.hour_of_day(series.time_utc[origins]) / HOURS_PER_DAY, 1)
    parts = [np.empty((len(series.observed[rows]), len(origins), 0))]
    for levels in series.covariate_levels:
        level = levels[rows]
        latest = level[:, origins]
        change = np.stack([latest - level[:, np.maximum(origins - back, 0)] for back in _RECENT_H], axis=2)
        week = np.mean([level[:, np.maximum(origins - back * HOURS_PER_DAY, 0)] for back in range(_WEEK_D)], axis=0)
        by_hour = [latest[..., None] * day_wave, change[..., [-1]] * day_wave]
        parts += [latest[..., None], change, (week - latest)[..., None], *by_hour]
    return np.concatenate(parts, axis=2)


def waves(phase: FloatArray, harmonics: int) -> FloatArray:
    """Return the sines, then the cosines, of a phase in turns: (..., 2 x harmonics)."""
    angle = 2 * np.pi * phase[..., None] * np.arange(1, harmonics + 1)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=-1)


def products(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the products of each column of `left` with each column of `right`: (row, left x right)."""
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), left.shape[1] * right.shape[1])


def _day_before(filled: FloatArray, origins: Positions, days: int, fallback: FloatArray | None = None) -> FloatArray:
    """Return the 24 h that end `days` days before the origin: (region, origin, hour).

    Args:
        fallback: (region, origin, hour) values for hours without a value; None leaves these hours NaN.
    """
    shifted = origins - days * HOURS_PER_DAY
    values = same_hour(filled, np.maximum(shifted, HOURS_PER_DAY - 1), HOURS_PER_DAY).swapaxes(0, 1)
    if fallback is None:
        return values
    return np.where(np.isfinite(values) & (shifted >= HOURS_PER_DAY - 1)[:, None], values, fallback)


def _hour_by_day_kind(time_utc: clock.HourArray) -> FloatArray:
    """Return one indicator column per hour of day and kind of day: (origin, kind x hour).

    The kinds are Monday to Thursday, Friday, Saturday and Sunday. Leads reach into the next day, so Friday differs from
    Thursday.
    """
    kind = np.maximum(clock.weekday(time_utc) - 3, 0)
    columns = np.zeros((len(time_utc), 4 * HOURS_PER_DAY))
    columns[np.arange(len(time_utc)), kind * HOURS_PER_DAY + clock.hour_of_day(time_utc)] = 1.0
    return columns
