"""What others forecast for the target's hour, next to what was last seen at that hour of day."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from fleet.domain import clock
from fleet.forecasting.base import Positions
from fleet.forecasting.design import products, waves
from fleet.forecasting.series import Series
from fleet.units import HOURS_PER_DAY, FloatArray

_HOUR = np.timedelta64(1, "h")
# Best of several on daily highs and lows of 84 cities: a bias lasts for weeks, and few misses prove none.
_MISS_HALF_LIFE_D = 30.0
_MISS_PRIOR_D = 20.0


@dataclass(frozen=True, kw_only=True)
class OutlookFeatures:
    """values: (region, origin, lead, feature), zero where unknown. known: (region, origin, lead)."""

    values: FloatArray
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, series: Series, rows: slice, origins: Positions, horizon: int) -> Self | None:
        """Of some regions; None without outlooks.

        Features of each quantity: its outlook for the target, and how that departs from what was seen (of the variable
        itself) or last foreseen (of others) at that hour of the latest day. Of the variable itself also how much
        outlooks missed: at the target's hour of the latest day and of the past weeks, at the origin, and the latest
        day's mean.
        A row is known where every quantity is that anyone has ever forecast for the region up to then.
        """
        outlooks = series.outlooks
        if outlooks is None:
            return None
        past = np.maximum(origins[:, None] - np.arange(HOURS_PER_DAY)[::-1], 0)
        now = series.time_utc[origins] + _HOUR
        features = []
        known = np.ones((len(outlooks.regions[rows]), len(origins), horizon), dtype=np.bool_)
        spoken = np.zeros(known.shape[:2], dtype=np.bool_)
        for name in outlooks.values:
            ahead = outlooks.known_at(name, series.time_utc[origins], horizon, rows)
            ever = series.foreseen_since[name][rows, None] <= now
            known &= np.isfinite(ahead) | ~ever[..., None]
            spoken |= ever
            reference = series.foreseen[name][rows]
            if name == series.name:
                miss = series.observed[rows] - reference
                # Sums of another layout in memory round differently, and layouts follow the number of regions.
                lately = np.nan_to_num(np.ascontiguousarray(miss[:, past]))
                usual = usual_miss(miss)[:, past]
                mean = lately.mean(axis=2, keepdims=True)
                features += [_by_lead(lately, horizon), _by_lead(usual, horizon)]
                features += [_flat(lately[..., [-1]], horizon), _flat(mean, horizon)]
                reference = series.filled[rows]
            features += [ahead, ahead - _by_lead(reference[:, past], horizon)]
        known &= spoken[..., None]
        values = np.nan_to_num(np.stack(features, axis=3))
        return cls(values=np.where(known[..., None], values, 0.0), known=known)


def correction_design(series: Series, forecast: FloatArray, outlook: OutlookFeatures, origins: Positions) -> FloatArray:
    """(region, lead, origin, feature): what corrects a forecast once outlooks are known; zero where they are not.

    Features: the intercept; the forecast as a departure from the anchor; the outlooks; and for a bias that follows the
    season and the hour two harmonics of the year, one of the day, and their products; the outlooks by hour of day.

    Args:
        forecast: (region, origin, lead) departure from the anchor.
    """
    horizon = forecast.shape[2]
    time = (series.time_utc[origins][:, None] + np.arange(1, horizon + 1) * _HOUR).ravel()
    day, year = waves(clock.hour_of_day(time) / HOURS_PER_DAY, 1), waves(clock.year_fraction(time), 2)
    calendar = np.hstack([np.ones((len(time), 1)), day, year, products(day, year)])
    calendar = calendar.reshape(len(origins), horizon, calendar.shape[1])
    turning = day.reshape(len(origins), horizon, day.shape[1])
    by_hour = [outlook.values * turning[..., [wave]] for wave in range(day.shape[1])]
    parts = [
        np.broadcast_to(calendar, (len(forecast), *calendar.shape)),
        forecast[..., None],
        outlook.values,
        *by_hour,
    ]
    design = np.where(outlook.known[..., None], np.concatenate(parts, axis=3), 0.0)
    return design.swapaxes(1, 2)


def correction_width(features: int) -> int:
    """How many features `correction_design` makes of so many of the outlooks'."""
    day, year = 2, 4
    return 1 + day + year + day * year + 1 + (1 + day) * features


def usual_miss(miss: FloatArray, *, per_day: int = HOURS_PER_DAY) -> FloatArray:
    """(..., step) mean miss of the same step of earlier days and this one, the older the less; zero before the first.

    Args:
        miss: (..., step) seen less foreseen, NaN where unknown; `per_day` steps a day.
    """
    steps = miss.shape[-1]
    days = -(-steps // per_day)
    padded = np.full((*miss.shape[:-1], days * per_day), np.nan)
    padded[..., :steps] = miss
    by_day = padded.reshape(*miss.shape[:-1], days, per_day)
    keep = 0.5 ** (1 / _MISS_HALF_LIFE_D)
    total = lfilter([1.0], [1.0, -keep], np.nan_to_num(by_day), axis=-2)
    count = lfilter([1.0], [1.0, -keep], np.isfinite(by_day).astype(np.float64), axis=-2)
    mean: FloatArray = (total / (count + _MISS_PRIOR_D)).reshape(*miss.shape[:-1], days * per_day)
    return mean[..., :steps]


def _by_lead(day: FloatArray, horizon: int) -> FloatArray:
    """(region, origin, lead) of the latest 24 h (region, origin, hour): the value at the target's hour of day."""
    lead = np.arange(horizon)
    return day[..., lead % HOURS_PER_DAY]


def _flat(values: FloatArray, horizon: int) -> FloatArray:
    return np.broadcast_to(values, (*values.shape[:2], horizon))
