"""Features from the outlooks for a target's hour, compared with the latest known values at that hour of day."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
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
    """The outlook features of some regions and origins, up to the last lead that an outlook reaches.

    values: (region, origin, lead, feature); zero where unknown.
    known: (region, origin, lead) whether the outlooks of the target are known. They are known for no later lead.
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
        now = series.time_utc[origins] + _HOUR
        known = np.ones((len(outlooks.regions[rows]), len(origins), horizon), dtype=np.bool_)
        has_outlook = np.zeros(known.shape[:2], dtype=np.bool_)
        ahead = {name: outlooks.known_at(name, series.time_utc[origins], horizon, rows) for name in outlooks.values}
        for name, values in ahead.items():
            is_issued = series.first_outlook_utc[name][rows, None] <= now
            known &= np.isfinite(values) | ~is_issued[..., None]
            has_outlook |= is_issued
        known &= has_outlook[..., None]
        reach = last_lead(np.any(known, axis=(0, 1)))
        features = _features(series, rows, origins, {name: values[..., :reach] for name, values in ahead.items()})
        known = known[..., :reach]
        return cls(values=np.where(known[..., None], features, 0.0), known=known)

    @property
    def reach(self) -> int:
        """The last lead that an outlook reaches; 0 if there is none."""
        return int(self.known.shape[2])

    def up_to(self, lead: int) -> Self:
        """Return the features at the leads up to `lead`. They are unknown beyond `reach`."""
        if lead <= self.reach:
            return type(self)(values=self.values[:, :, :lead], known=self.known[..., :lead])
        new = [(0, 0), (0, 0), (0, lead - self.reach)]
        return type(self)(values=np.pad(self.values, [*new, (0, 0)]), known=np.pad(self.known, new))


def last_lead(is_used: NDArray[np.bool_]) -> int:
    """Return the last lead that is used, from one flag for each lead; 0 if there is none."""
    return int(np.flatnonzero(is_used)[-1]) + 1 if is_used.any() else 0


def _features(series: Series, rows: slice, origins: Positions, ahead: Mapping[str, FloatArray]) -> FloatArray:
    """Return the outlook features of some regions: (region, origin, lead, feature); zero where unknown.

    Args:
        ahead: column -> (region, origin, lead) outlook of the target.
    """
    past = np.maximum(origins[:, None] - np.arange(HOURS_PER_DAY)[::-1], 0)
    features = []
    for name, values in ahead.items():
        leads, reference = values.shape[2], series.hour_outlook[name][rows]
        if name == series.name:
            features += _miss_features(series, rows, past, leads)
            reference = series.filled[rows]
        features += [values, values - _by_lead(reference[:, past], leads)]
    return np.nan_to_num(np.stack(features, axis=3))


def correction_design(series: Series, forecast: FloatArray, outlook: OutlookFeatures, origins: Positions) -> FloatArray:
    """Return the design of the regression that corrects a forecast: (region, lead, origin, feature).

    Features: the intercept; one harmonic of the day, two of the year, and their products, for a bias that follows
    season and hour; the forecast minus the anchor; the outlook features; the outlook features times the harmonic of the
    day. All are zero where the outlooks of the target are not known.

    Args:
        forecast: (region, origin, lead) forecast minus the anchor, at the leads of `outlook`.
    """
    regions, _, horizon, features = outlook.values.shape
    time = (series.time_utc[origins][:, None] + np.arange(1, horizon + 1) * _HOUR).ravel()
    day, year = waves(clock.hour_of_day(time) / HOURS_PER_DAY, 1), waves(clock.year_fraction(time), 2)
    calendar = np.hstack([np.ones((len(time), 1)), day, year, products(day, year)])
    shape, first = (len(origins), horizon), calendar.shape[1] + 1
    design = np.empty((regions, *shape, correction_width(features)))
    design[..., : first - 1] = calendar.reshape(*shape, first - 1)
    design[..., first - 1] = forecast
    design[..., first : first + features] = outlook.values
    day_wave = day.reshape(*shape, day.shape[1])
    for wave in range(day.shape[1]):
        begin = first + (wave + 1) * features
        np.multiply(outlook.values, day_wave[..., [wave]], out=design[..., begin : begin + features])
    design[~outlook.known] = 0.0
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


# A month is learnt and forecast in many calls with the same series.
@lru_cache(maxsize=2)
def _misses(series: Series) -> tuple[FloatArray, FloatArray]:
    """Return the misses of the series' own outlooks, and the usual ones: each (region, hour)."""
    miss = series.observed - series.hour_outlook[series.name]
    return miss, usual_miss(miss)


def _miss_features(series: Series, rows: slice, past: Positions, leads: int) -> list[FloatArray]:
    """Return the four features of past misses, each (region, origin, lead).

    Args:
        past: (origin, hour) positions of the last 24 h.
    """
    miss, usual = (values[rows] for values in _misses(series))
    # NumPy rounds a sum by its memory layout, and the layout depends on the number of regions. A copy fixes the layout.
    latest_day = np.nan_to_num(np.ascontiguousarray(miss[:, past]))
    mean = latest_day.mean(axis=2, keepdims=True)
    return [
        _by_lead(latest_day, leads),
        _by_lead(usual[:, past], leads),
        _for_all_leads(latest_day[..., [-1]], leads),
        _for_all_leads(mean, leads),
    ]


def _by_lead(day: FloatArray, horizon: int) -> FloatArray:
    """Return the value at each target's hour of day: (region, origin, lead), from a day (region, origin, hour)."""
    lead = np.arange(horizon)
    return day[..., lead % HOURS_PER_DAY]


def _for_all_leads(values: FloatArray, horizon: int) -> FloatArray:
    """Return the same value at each lead: (region, origin, lead), from (region, origin, 1)."""
    return np.broadcast_to(values, (*values.shape[:2], horizon))
