"""Features from the outlooks for a target's hour, compared with the latest known values at that hour of day."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.forecasting.base import Positions
from fleet.forecasting.design import products, waves
from fleet.forecasting.series import Series
from fleet.units import HOURS_PER_DAY, FloatArray

_HOUR = np.timedelta64(1, "h")
# A bias of outlooks lasts for weeks, and a few misses do not prove a bias. Among several values, these gave the best
# forecasts of daily highs and lows in 84 cities.
_MISS_HALF_LIFE_D = 30.0
_MISS_PRIOR_D = 20.0


@dataclass(frozen=True, kw_only=True)
class OutlookFeatures:
    """The outlook features of some regions and origins.

    values: (region, origin, lead, feature); zero where unknown.
    known: (region, origin, lead) whether the outlooks of the target are known.
    """

    values: FloatArray
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, series: Series, rows: slice, origins: Positions, horizon: int) -> Self | None:
        """Return the features of some regions; None for a series without outlooks.

        Features of each quantity: its outlook for the target, and this outlook minus the latest value at that hour of
        day (for the variable itself an observed value, for other quantities an outlook). The variable itself has four
        more: the miss of its outlooks at the target's hour of the latest day, the usual miss at that hour over the past
        weeks, the miss at the origin, and the mean miss of the latest day. A miss is the observed value minus the
        outlook.

        The outlooks of a target are known if there is an outlook of each quantity of which the region had any outlook
        by the end of the origin's hour, and there is at least one such quantity.

        Args:
            rows: the regions.
            origins: (origin,) positions.
        """
        outlooks = series.outlooks
        if outlooks is None:
            return None
        past = np.maximum(origins[:, None] - np.arange(HOURS_PER_DAY)[::-1], 0)
        now = series.time_utc[origins] + _HOUR
        features = []
        known = np.ones((len(outlooks.regions[rows]), len(origins), horizon), dtype=np.bool_)
        has_outlook = np.zeros(known.shape[:2], dtype=np.bool_)
        for name in outlooks.values:
            ahead = outlooks.known_at(name, series.time_utc[origins], horizon, rows)
            is_issued = series.first_outlook_utc[name][rows, None] <= now
            known &= np.isfinite(ahead) | ~is_issued[..., None]
            has_outlook |= is_issued
            reference = series.hour_outlook[name][rows]
            if name == series.name:
                features += _miss_features(series.observed[rows] - reference, past, horizon)
                reference = series.filled[rows]
            features += [ahead, ahead - _by_lead(reference[:, past], horizon)]
        known &= has_outlook[..., None]
        values = np.nan_to_num(np.stack(features, axis=3))
        return cls(values=np.where(known[..., None], values, 0.0), known=known)


def correction_design(series: Series, forecast: FloatArray, outlook: OutlookFeatures, origins: Positions) -> FloatArray:
    """Return the design of the regression that corrects a forecast: (region, lead, origin, feature).

    Features: the intercept; one harmonic of the day, two of the year, and their products, for a bias that follows
    season and hour; the forecast minus the anchor; the outlook features; the outlook features times the harmonic of the
    day. All are zero where the outlooks of the target are not known.

    Args:
        forecast: (region, origin, lead) forecast minus the anchor.
    """
    horizon = forecast.shape[2]
    time = (series.time_utc[origins][:, None] + np.arange(1, horizon + 1) * _HOUR).ravel()
    day, year = waves(clock.hour_of_day(time) / HOURS_PER_DAY, 1), waves(clock.year_fraction(time), 2)
    calendar = np.hstack([np.ones((len(time), 1)), day, year, products(day, year)])
    calendar = calendar.reshape(len(origins), horizon, calendar.shape[1])
    day_wave = day.reshape(len(origins), horizon, day.shape[1])
    by_hour = [outlook.values * day_wave[..., [wave]] for wave in range(day.shape[1])]
    parts = [
        np.broadcast_to(calendar, (len(forecast), *calendar.shape)),
        forecast[..., None],
        outlook.values,
        *by_hour,
    ]
    design = np.where(outlook.known[..., None], np.concatenate(parts, axis=3), 0.0)
    return design.swapaxes(1, 2)


def correction_width(features: int) -> int:
    """Return the number of features of `correction_design` for a number of outlook features."""
    day, year = 2, 4
    return 1 + day + year + day * year + 1 + (1 + day) * features


def usual_miss(miss: FloatArray, *, per_day: int = HOURS_PER_DAY) -> FloatArray:
    """Return the mean miss at the same time of this day and earlier days: (..., step). Recent days weigh more.

    The mean includes _MISS_PRIOR_D more days with a miss of zero, so that a few misses change the mean only a little.

    Args:
        miss: (..., step) observed value minus outlook; NaN where unknown.
        per_day: steps per day.
    """
    steps = miss.shape[-1]
    days = -(-steps // per_day)
    padded = np.full((*miss.shape[:-1], days * per_day), np.nan)
    padded[..., :steps] = miss
    by_day = padded.reshape(*miss.shape[:-1], days, per_day)
    keep = 0.5 ** (1 / _MISS_HALF_LIFE_D)
    total, count = np.nan_to_num(by_day), np.isfinite(by_day).astype(np.float64)
    for day in range(1, days):
        total[..., day, :] += keep * total[..., day - 1, :]
        count[..., day, :] += keep * count[..., day - 1, :]
    mean: FloatArray = (total / (count + _MISS_PRIOR_D)).reshape(*miss.shape[:-1], days * per_day)
    return mean[..., :steps]


def _miss_features(miss: FloatArray, past: Positions, horizon: int) -> list[FloatArray]:
    """Return the four features of past misses, each (region, origin, lead).

    Args:
        miss: (region, hour) observed value minus outlook.
        past: (origin, hour) positions of the last 24 h.
    """
    # NumPy rounds a sum by its memory layout, and the layout depends on the number of regions. A copy fixes the layout.
    latest_day = np.nan_to_num(np.ascontiguousarray(miss[:, past]))
    usual = usual_miss(miss)[:, past]
    mean = latest_day.mean(axis=2, keepdims=True)
    return [
        _by_lead(latest_day, horizon),
        _by_lead(usual, horizon),
        _for_all_leads(latest_day[..., [-1]], horizon),
        _for_all_leads(mean, horizon),
    ]


def _by_lead(day: FloatArray, horizon: int) -> FloatArray:
    """Return the value at each target's hour of day: (region, origin, lead), from a day (region, origin, hour)."""
    lead = np.arange(horizon)
    return day[..., lead % HOURS_PER_DAY]


def _for_all_leads(values: FloatArray, horizon: int) -> FloatArray:
    """Return the same value at each lead: (region, origin, lead), from (region, origin, 1)."""
    return np.broadcast_to(values, (*values.shape[:2], horizon))
