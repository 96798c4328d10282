"""The features of an origin and a lead, for trees: few, and told as departures from the same hour of the latest day."""

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.forecasting.base import Positions
from fleet.forecasting.outlook_features import OutlookFeatures
from fleet.forecasting.series import Series, target_position
from fleet.units import HOURS_PER_DAY, FloatArray

_LAGS_H = (0, 1, 2, 3, 6, 12)
_CHANGES_AT_H = (0, 3, 12)
_WEEK_D = 7


def target_features(series: Series, region: int, origins: Positions, base: FloatArray) -> NDArray[np.float32]:
    """(origin, lead, feature) of one region, each known at the origin.

    Features: lead, hour and day of week of the target, season; the base forecast, recent values, the target's hour on
    earlier days and the highest, lowest and mean of the last day, all as departures from the anchor; changes from a day
    before; the anchor; levels and daily changes of the covariates; outlooks.

    Args:
        base: (origin, lead) forecast that the trees correct.
    """
    filled = series.filled[region]
    horizon = base.shape[1]
    first = int(np.isfinite(filled).argmax())
    lead = np.arange(1, horizon + 1)
    target = target_position(origins, horizon)
    time = series.time_utc[origins][:, None] + lead * np.timedelta64(1, "h")
    latest = -(-lead // HOURS_PER_DAY) * HOURS_PER_DAY
    anchor = filled[target - latest]

    def at(position: Positions) -> FloatArray:
        value: FloatArray = filled[np.maximum(position, first)]
        return value

    earlier = [np.where(np.isnan(day), anchor, day) for day in (at(target - latest - 24 * d) for d in range(_WEEK_D))]
    week = np.mean(earlier, axis=0)
    day = at(origins[:, None] - np.arange(HOURS_PER_DAY))
    year = 2 * np.pi * clock.year_fraction(time)
    here = at(origins)[:, None]
    columns = [
        np.broadcast_to(lead, anchor.shape),
        clock.hour_of_day(time),
        clock.weekday(time),
        np.sin(year),
        np.cos(year),
        base - anchor,
        *(at(origins - lag)[:, None] - anchor for lag in _LAGS_H),
        *(earlier[back] - anchor for back in (1, 2, _WEEK_D - 1)),
        week - anchor,
        *(day.max(axis=1)[:, None] - anchor, day.min(axis=1)[:, None] - anchor, day.mean(axis=1)[:, None] - anchor),
        *((at(origins - lag) - at(origins - lag - 24))[:, None] for lag in _CHANGES_AT_H),
        here - np.mean([at(origins - 24 * back) for back in range(_WEEK_D)], axis=0)[:, None],
        anchor,
    ]
    for level in series.covariate_levels[:, region]:
        now = level[origins][:, None]
        columns += [now, now - level[np.maximum(origins - 24, 0)][:, None]]
    table = np.empty((*anchor.shape, len(columns)), dtype=np.float32)
    for index, column in enumerate(columns):
        table[..., index] = column
    outlook = OutlookFeatures.of(series, slice(region, region + 1), origins, horizon)
    if outlook is None:
        return table
    # Trees know what to do with what is missing.
    told = np.where(outlook.known[0][..., None], outlook.values[0], np.nan).astype(np.float32)
    return np.concatenate([table, told], axis=2)
