"""Baseline B: a careful plain ridge for each lead.

It shows how much a forecaster gains beyond good features. The baseline has the features that a practitioner would use.
It has none of this package's additions: no covariates or outlooks, no trees, no robust loss, no compressed scale, no
mixture, no bounds.
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
    """Return walk-forward forecasts: (origin, region, lead).

    At each calendar month of UTC, refit on all values known then.

    Args:
        origins: ascending positions; a full day of known values precedes each.
    """
    forecast = np.empty((len(origins), len(series.observed), horizon))
    for region in range(len(series.observed)):
        for lead in range(1, horizon + 1):
            forecast[:, region, lead - 1] = _walked(series, region, origins, lead)
    return forecast


def features(series: Series, region: int, origins: Positions, lead: int) -> FloatArray:
    """Return the (origin, feature) features of one region and lead, known at the origin. The first is the intercept.

    Features: the last hours; the value at the target's hour of day on the latest day and one, two and six days earlier,
    and its mean over seven days; the last four hours minus the same hours a day earlier; hour of day, weekend, hour of
    day at weekends; two harmonics of the year, and their products with the harmonics of the day.
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
    # All refits measure ages from the last origin. A common factor of all weights does not change the coefficients.
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
    """Return the (feature,) coefficients.

    The penalty of a feature depends on its spread, so that units do not matter.
    """
    scale = gram / gram[0, 0]
    spread = np.maximum(np.diag(scale) - scale[0] ** 2, 0.0)
    floor = _FLOOR * np.maximum(np.diag(scale), 1.0)
    penalty = PENALTY * spread + floor
    penalty[0] = floor[0]
    return np.linalg.solve(scale + np.diag(penalty), moment / gram[0, 0])


def _calendar(time: clock.HourArray) -> FloatArray:
    """Return the (target, feature) calendar. One of the 24 hours has no column, because the intercept represents it."""
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
