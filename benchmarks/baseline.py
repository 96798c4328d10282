"""Baseline B: a careful plain ridge for each lead, to tell what a forecaster adds beyond good features.

It has what a practitioner would give it, and nothing that this package adds: no covariates or outlooks, no trees, no
robust loss, no scale, no mixture, no bounds.
"""

from collections.abc import Sequence

import numpy as np

from fleet.domain import clock
from fleet.forecasting import Series
from fleet.forecasting.base import Positions
from fleet.forecasting.design import products, waves
from fleet.forecasting.series import month_start, refit_blocks
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

LAGS_H = (0, 1, 2, 3, 6, 12)
DAYS_BACK = (0, 1, 2, 6)
WEEK_D = 7
CHANGES_AT_H = (0, 1, 2, 3)
PENALTY = 1e-3
HALF_LIFE_H = HOURS_PER_YEAR
MIN_ROWS = 14 * HOURS_PER_DAY
_FLOOR = 1e-9


def baseline_b(series: Series, origins: Positions, horizon: int) -> FloatArray:
    """(origin, region, lead) walking forward: refitted when a calendar month of UTC begins, on all known by then.

    Args:
        origins: positions, ascending, each with a full day of known values behind it.
    """
    forecast = np.empty((len(origins), len(series.observed), horizon))
    for region in range(len(series.observed)):
        for lead in range(1, horizon + 1):
            forecast[:, region, lead - 1] = _walked(series, region, origins, lead)
    return forecast


def features(series: Series, region: int, origins: Positions, lead: int) -> FloatArray:
    """(origin, feature) of one region and lead, each known at the origin; the first is the intercept.

    Features: the last hours; the target's hour of day on the latest day and one, two and six days before it, and its
    mean over seven days; by how much the last four hours differ from a day before; hour of day, weekend, hour of the
    weekend; two harmonics of the year and their products with the day's.
    """
    filled = series.filled[region]
    start = int(series.first_known[region]) - (HOURS_PER_DAY - 1)

    def at(positions: Positions) -> FloatArray:
        return np.where(positions >= start, filled[np.maximum(positions, start)], np.nan)

    anchor = _anchor(series, region, origins, lead)[:, None]
    latest = origins + lead - _latest_day(lead)
    week = _columns(at(latest - HOURS_PER_DAY * back) for back in range(WEEK_D))
    week = np.where(np.isfinite(week), week, anchor)
    lags = _columns(at(origins - lag) for lag in LAGS_H)
    changes = _columns(at(origins - lag) - at(origins - lag - HOURS_PER_DAY) for lag in CHANGES_AT_H)
    return np.hstack(
        [
            np.ones_like(anchor),
            np.where(np.isfinite(lags), lags, anchor),
            week[:, list(DAYS_BACK)],
            week.mean(axis=1, keepdims=True),
            np.nan_to_num(changes),
            _calendar(series.time_utc[origins] + np.timedelta64(lead, "h")),
        ]
    )


def _walked(series: Series, region: int, origins: Positions, lead: int) -> FloatArray:
    """(origin,) forecasts of one region and lead."""
    rows = np.arange(int(series.first_known[region]), max(int(origins[-1]) + 1 - lead, 0))
    design = features(series, region, rows, lead)
    departure = series.observed[region, rows + lead] - _anchor(series, region, rows, lead)
    known = np.isfinite(departure)
    # Ages count from one hour for all refits: a common factor of all weights changes no coefficient.
    weighted = design * (known * 0.5 ** ((origins[-1] - rows) / HALF_LIFE_H))[:, None]
    departure = np.where(known, departure, 0.0)
    forecast = _anchor(series, region, origins, lead)
    gram, moment = np.zeros((design.shape[1],) * 2), np.zeros(design.shape[1])
    learnt = done = 0
    for block in refit_blocks(series.time_utc, origins):
        # The last target that may be learnt from is the hour before the month.
        stop = int(np.searchsorted(rows, month_start(series.time_utc, int(block[0])) - lead))
        fresh, learnt = slice(learnt, max(stop, learnt)), max(stop, learnt)
        gram = gram + weighted[fresh].T @ design[fresh]
        moment = moment + weighted[fresh].T @ departure[fresh]
        if known[:learnt].sum() >= MIN_ROWS:
            here = features(series, region, block, lead)
            forecast[done : done + len(block)] += here @ _solved(gram, moment)
        done += len(block)
    return forecast


def _solved(gram: FloatArray, moment: FloatArray) -> FloatArray:
    """(feature,): the penalty follows each feature's spread about its mean, so that units do not matter."""
    scale = gram / gram[0, 0]
    spread = np.maximum(np.diag(scale) - scale[0] ** 2, 0.0)
    floor = _FLOOR * np.maximum(np.diag(scale), 1.0)
    penalty = PENALTY * spread + floor
    penalty[0] = floor[0]
    return np.linalg.solve(scale + np.diag(penalty), moment / gram[0, 0])


def _calendar(time: clock.HourArray) -> FloatArray:
    """(target, feature); of 24 hours one goes without a column, since the intercept stands for it."""
    hour = np.eye(HOURS_PER_DAY)[clock.hour_of_day(time)][:, 1:]
    weekend = (clock.weekday(time) >= 5).astype(np.float64)[:, None]
    day, year = waves(clock.hour_of_day(time) / HOURS_PER_DAY, 2), waves(clock.year_fraction(time), 2)
    return np.hstack([hour, weekend, weekend * hour, year, products(year, day)])


def _anchor(series: Series, region: int, origins: Positions, lead: int) -> FloatArray:
    """(origin,) the value at the target's hour of the latest day."""
    return series.filled[region, origins + lead - _latest_day(lead)]


def _latest_day(lead: int) -> int:
    return -(-lead // HOURS_PER_DAY) * HOURS_PER_DAY


def _columns(values: Sequence[FloatArray]) -> FloatArray:
    return np.stack(list(values), axis=1)
