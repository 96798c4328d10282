"""The features of an origin, shared by all its leads: one matrix, one row an origin."""

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
    """(region, origin, feature) of some regions; the first feature is the intercept, all are known at the origin.

    Features: the last 24 h; for each hour of day its value two days and a week before the coming one and its mean over
    seven days; hour of day by kind of day; two harmonics of the year and their products with the day's; how the present
    departs from the week's mean at this hour, by hour of day; the count of imputed hours in the last day.
    """
    filled = series.filled[rows]
    latest = _days_back(filled, origins, 0)
    days = np.stack([_days_back(filled, origins, back, fallback=latest) for back in range(_WEEK_D)])
    weekly_mean = days.mean(axis=0)
    time = series.time_utc[origins]
    day_wave, year_wave = waves(clock.hour_of_day(time) / HOURS_PER_DAY, 2), waves(clock.year_fraction(time), 2)
    # The column of the origin's own hour: the last of the coming day's hours, one day back.
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
    """The columns of `origin_features` by what they tell of, for explanations; the intercept belongs to none."""
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
    """The columns of `covariate_features`, which follow those of `origin_features`, by covariate."""
    first, each = max(group.stop for group in group_columns().values()), len(_RECENT_H) + 6
    return {name: slice(first + each * i, first + each * (i + 1)) for i, name in enumerate(series.covariates)}


def covariate_features(series: Series, rows: slice, origins: Positions) -> FloatArray:
    """(region, origin, feature) of the other quantities: each as it stands at the origin and how it got there.

    Features of each covariate: its level, its changes over _RECENT_H, its departure from the week's mean at this hour,
    and level and daily change by hour of day.
    """
    day_wave = waves(clock.hour_of_day(series.time_utc[origins]) / HOURS_PER_DAY, 1)
    parts = [np.empty((len(series.observed[rows]), len(origins), 0))]
    for levels in series.covariate_levels:
        level = levels[rows]
        now = level[:, origins]
        change = np.stack([now - level[:, np.maximum(origins - back, 0)] for back in _RECENT_H], axis=2)
        week = np.mean([level[:, np.maximum(origins - back * HOURS_PER_DAY, 0)] for back in range(_WEEK_D)], axis=0)
        by_hour = [now[..., None] * day_wave, change[..., [-1]] * day_wave]
        parts += [now[..., None], change, (week - now)[..., None], *by_hour]
    return np.concatenate(parts, axis=2)


def waves(phase: FloatArray, harmonics: int) -> FloatArray:
    """(..., 2 harmonics): sines, then cosines, of a phase in turns."""
    angle = 2 * np.pi * phase[..., None] * np.arange(1, harmonics + 1)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=-1)


def products(left: FloatArray, right: FloatArray) -> FloatArray:
    """(row, left x right): every column of the one times every column of the other."""
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), left.shape[1] * right.shape[1])


def _days_back(filled: FloatArray, origins: Positions, back: int, fallback: FloatArray | None = None) -> FloatArray:
    """(region, origin, hour): the 24 h that end `back` days before the origin, `fallback` before the series."""
    shifted = origins - back * HOURS_PER_DAY
    values = same_hour(filled, np.maximum(shifted, HOURS_PER_DAY - 1), HOURS_PER_DAY).swapaxes(0, 1)
    if fallback is None:
        return values
    return np.where(np.isfinite(values) & (shifted >= HOURS_PER_DAY - 1)[:, None], values, fallback)


def _hour_by_day_kind(time: clock.HourArray) -> FloatArray:
    """One column an hour for Monday to Thursday, Friday, Saturday and Sunday: the coming day differs after each."""
    kind = np.maximum(clock.weekday(time) - 3, 0)
    columns = np.zeros((len(time), 4 * HOURS_PER_DAY))
    columns[np.arange(len(time)), kind * HOURS_PER_DAY + clock.hour_of_day(time)] = 1.0
    return columns
