"""The features of an origin, shared by all its leads: one matrix, one row an origin."""

import numpy as np

from fleet.domain import clock
from fleet.forecasting.base import Positions
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series
from fleet.units import HOURS_PER_DAY, FloatArray

_WEEK_D = 7


def design_matrix(series: Series, region: int, origins: Positions) -> FloatArray:
    """(origin, feature) of one region; the first column is the intercept, and every value is known at the origin.

    Features: the last 24 h; for each hour of day its value two days and a week before the coming one and its mean over
    seven days; hour of day by kind of day; two harmonics of the year and their products with the day's; how the present
    departs from the week's mean at this hour, by hour of day; the count of imputed hours in the last day.
    """
    filled = series.filled[region : region + 1]
    latest = _days_back(filled, origins, 0)
    days = np.stack([_days_back(filled, origins, back, fallback=latest) for back in range(_WEEK_D)])
    weekly_mean = days.mean(axis=0)
    time = series.time_utc[origins]
    day_wave, year_wave = _waves(clock.hour_of_day(time) / HOURS_PER_DAY, 2), _waves(clock.year_fraction(time), 2)
    # The column of the origin's own hour: the last of the coming day's hours, one day back.
    anomaly = (latest - weekly_mean)[:, [-1]]
    trend = latest[:, [-1]] - latest[:, [-4]]
    imputed = series.missing[region][np.maximum(origins[:, None] - np.arange(HOURS_PER_DAY), 0)].sum(axis=1)
    return np.hstack(
        [
            np.ones((len(origins), 1)),
            latest,
            days[1],
            days[-1],
            weekly_mean,
            _hour_by_day_kind(time),
            year_wave,
            _products(day_wave, year_wave),
            anomaly * day_wave,
            trend * day_wave,
            imputed[:, None],
        ]
    )


def _days_back(filled: FloatArray, origins: Positions, back: int, fallback: FloatArray | None = None) -> FloatArray:
    """(origin, hour): the 24 h that end `back` days before the origin; what lies before the series is `fallback`."""
    shifted = origins - back * HOURS_PER_DAY
    values = same_hour(filled, np.maximum(shifted, HOURS_PER_DAY - 1), HOURS_PER_DAY)[:, 0, :]
    if fallback is None:
        return values
    return np.where(np.isfinite(values) & (shifted >= HOURS_PER_DAY - 1)[:, None], values, fallback)


def _waves(phase: FloatArray, harmonics: int) -> FloatArray:
    angle = 2 * np.pi * phase[:, None] * np.arange(1, harmonics + 1)
    return np.hstack([np.sin(angle), np.cos(angle)])


def _products(left: FloatArray, right: FloatArray) -> FloatArray:
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


def _hour_by_day_kind(time: clock.HourArray) -> FloatArray:
    """One column an hour for Monday to Thursday, Friday, Saturday and Sunday: the coming day differs after each."""
    kind = np.maximum(clock.weekday(time) - 3, 0)
    columns = np.zeros((len(time), 4 * HOURS_PER_DAY))
    columns[np.arange(len(time)), kind * HOURS_PER_DAY + clock.hour_of_day(time)] = 1.0
    return columns
