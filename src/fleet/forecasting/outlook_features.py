"""What others forecast for the target's hour, next to what was last seen at that hour of day."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.forecasting.base import Positions
from fleet.forecasting.design import products, waves
from fleet.forecasting.series import Series
from fleet.units import HOURS_PER_DAY, FloatArray

_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class OutlookFeatures:
    """values: (region, origin, lead, feature), zero where unknown. known: (region, origin, lead)."""

    values: FloatArray
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, series: Series, rows: slice, origins: Positions, horizon: int) -> Self | None:
        """Of some regions; None without outlooks.

        Features of each quantity: its outlook for the target, and how that departs from what was seen (of the variable
        itself) or last foreseen (of others) at that hour of the latest day. Of the variable itself also how much the
        outlooks of the latest day missed: at the origin, at the target's hour of day, and on average.
        A row is known where every quantity is that anyone has ever forecast for the region up to then.
        """
        outlooks = series.outlooks
        if outlooks is None:
            return None
        past = np.maximum(origins[:, None] - np.arange(HOURS_PER_DAY)[::-1], 0)
        features = []
        known = np.ones((len(outlooks.regions[rows]), len(origins), horizon), dtype=np.bool_)
        spoken = np.zeros(known.shape[:2], dtype=np.bool_)
        for name in outlooks.values:
            ahead = outlooks.known_at(name, series.time_utc[origins], horizon)[rows]
            # Of an hour that has passed, the outlook that was the newest when it began.
            lately, place = np.unique(past, return_inverse=True)
            seen = outlooks.known_at(name, series.time_utc[lately] - _HOUR, 1)[rows, :, 0][:, place]
            ever = _ever(outlooks.values[name][rows], outlooks.issued_utc, series.time_utc[origins])
            known &= np.isfinite(ahead) | ~ever[..., None]
            spoken |= ever
            reference = seen
            if name == series.name:
                reference = series.filled[rows][:, past]
                miss = np.nan_to_num(reference - seen)
                mean = miss.mean(axis=2, keepdims=True)
                features += [_by_lead(miss, horizon), _flat(miss[..., [-1]], horizon), _flat(mean, horizon)]
            features += [ahead, ahead - _by_lead(reference, horizon)]
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


def _ever(values: FloatArray, issued_utc: HourArray, origin_utc: HourArray) -> NDArray[np.bool_]:
    """(region, origin): whether anything had been forecast by then."""
    spoken = np.logical_or.accumulate(np.isfinite(values).any(axis=2), axis=1)
    newest = np.searchsorted(issued_utc, origin_utc + _HOUR, side="right") - 1
    return spoken[:, np.maximum(newest, 0)] & (newest >= 0)


def _by_lead(day: FloatArray, horizon: int) -> FloatArray:
    """(region, origin, lead) of the latest 24 h (region, origin, hour): the value at the target's hour of day."""
    lead = np.arange(horizon)
    return day[..., lead % HOURS_PER_DAY]


def _flat(values: FloatArray, horizon: int) -> FloatArray:
    return np.broadcast_to(values, (*values.shape[:2], horizon))
