"""The features of an origin and a lead, for trees. Most features are values minus the anchor.

The anchor is the latest known value at the target's hour of day.
"""

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
    """Return the features of one region, known at the origin: (origin, lead, feature).

    Features: lead; hour of day, day of week and season of the target; the variable's own values, as in
    `_value_columns`; level and daily change of each covariate; outlooks.

    Args:
        origins: (origin,) positions.
        base: (origin, lead) forecast that the trees correct.
    """
    horizon = base.shape[1]
    lead = np.arange(1, horizon + 1)
    time = series.time_utc[origins][:, None] + lead * np.timedelta64(1, "h")
    year = 2 * np.pi * clock.year_fraction(time)
    columns = [
        np.broadcast_to(lead, time.shape),
        clock.hour_of_day(time),
        clock.weekday(time),
        np.sin(year),
        np.cos(year),
        *_value_columns(series.filled[region], origins, base),
        *_covariate_columns(series.covariate_levels[:, region], origins),
    ]
    table = np.empty((*time.shape, len(columns)), dtype=np.float32)
    for index, column in enumerate(columns):
        table[..., index] = column
    outlook = OutlookFeatures.of(series, slice(region, region + 1), origins, horizon)
    if outlook is None:
        return table
    # Trees handle NaN, so unknown outlooks stay missing.
    outlook = outlook.up_to(horizon)
    outlook_table = np.where(outlook.known[0][..., None], outlook.values[0], np.nan).astype(np.float32)
    return np.concatenate([table, outlook_table], axis=2)


def _value_columns(filled: FloatArray, origins: Positions, base: FloatArray) -> list[FloatArray]:
    """Return the columns of the variable's own values, each (origin, lead) or (origin, 1).

    The first columns are values minus the anchor: the base forecast; recent values; earlier values and the mean of
    seven days at the target's hour; the highest, lowest and mean value of the last 24 h. Then follow changes over one
    day, the last value minus the mean of seven days at the same hour, and the anchor.

    Args:
        filled: (hour,) row of `Series.filled`.
    """
    lead = np.arange(1, base.shape[1] + 1)
    target = target_position(origins, base.shape[1])
    latest_h = -(-lead // HOURS_PER_DAY) * HOURS_PER_DAY
    anchor = filled[target - latest_h]
    first = int(np.isfinite(filled).argmax())

    def value_at(position: Positions) -> FloatArray:
        """Return the value at a position; before the first known value, the first known value."""
        value: FloatArray = filled[np.maximum(position, first)]
        return value

    days = (value_at(target - latest_h - 24 * back) for back in range(_WEEK_D))
    by_day = [np.where(np.isnan(day), anchor, day) for day in days]
    last_day = value_at(origins[:, None] - np.arange(HOURS_PER_DAY))
    last_value = value_at(origins)[:, None]
    return [
        base - anchor,
        *(value_at(origins - lag)[:, None] - anchor for lag in _LAGS_H),
        *(by_day[back] - anchor for back in (1, 2, _WEEK_D - 1)),
        np.mean(by_day, axis=0) - anchor,
        last_day.max(axis=1)[:, None] - anchor,
        last_day.min(axis=1)[:, None] - anchor,
        last_day.mean(axis=1)[:, None] - anchor,
        *((value_at(origins - lag) - value_at(origins - lag - 24))[:, None] for lag in _CHANGES_AT_H),
        last_value - np.mean([value_at(origins - 24 * back) for back in range(_WEEK_D)], axis=0)[:, None],
        anchor,
    ]


def _covariate_columns(levels: FloatArray, origins: Positions) -> list[FloatArray]:
    """Return the level and the daily change of each covariate, each (origin, 1), from (covariate, hour) levels."""
    columns = []
    for level in levels:
        latest = level[origins][:, None]
        columns += [latest, latest - level[np.maximum(origins - 24, 0)][:, None]]
    return columns
