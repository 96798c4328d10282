"""Conditions beyond all forecasts: the climatological band, by calendar month and hour of day.

The axis "month and hour of day" has 12 x 24 entries; `season_cell` gives the entry of an hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fleet.conformal import miscoverage_of
from fleet.conformal.seasonal_band import MONTHS, TRAILING_MEAN_H, seasonal_mean, seasonal_upper, trailing_mean
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.preparation.build_conditions import BOUNDED, EXPECTED, HourlyValues, conditions_of, sure_limits_mw
from fleet.preparation.forecasts import CostHistory
from fleet.preparation.observed_limit import last_observed_mw, lowest_of_day_mw
from fleet.preparation.settings import Settings
from fleet.units import HOURS_PER_DAY, FloatArray

LOAD = "it_load_mw"
# Each hour has a bound of its own. A quarter of the miscoverage allows for windows of many hours.
_SEASON_SHARE = Fraction(1, 4)
# A silent region needs the band of an origin some hours earlier, and so at most the band of the month before.
_MONTHS_KEPT = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Season:
    """The climatological band as it was known in the first hour of a month.

    Args:
        mean, upper: column -> (region, month and hour of day). The load is relative to its mean of the last four weeks.
    """

    mean: Mapping[str, FloatArray]
    upper: Mapping[str, FloatArray]


# Months since 1970 -> the band of the month.
Seasons = Mapping[int, Season]


@dataclass(frozen=True, kw_only=True, eq=False)
class SeasonConditions:
    """The conditions of the climatological band.

    Args:
        conditions: (row, region, month and hour of day).
        row: (origin,) the row of each origin. A new row begins each day, at each origin at which the carbon or price of
            some region becomes usable or unusable, and at each origin at which the lowest grid limit observed on that
            day falls.
        seasons: the bands of the last months.
        limit_mw: (region, origin) the lowest grid limit that was observed on the day of each origin.
    """

    conditions: Conditions
    row: NDArray[np.int64]
    seasons: Seasons
    limit_mw: FloatArray


def season_conditions(
    columns: Mapping[str, FloatArray],
    telemetry: Telemetry,
    origins: NDArray[np.int64],
    fleet: Fleet,
    settings: Settings,
    cost_history: Mapping[str, CostHistory],
    before: Seasons,
) -> SeasonConditions:
    """Compute the conditions of the climatological band.

    The band is computed again each calendar month, and the recent mean of the load each day. These times depend on the
    calendar and not on the first origin, so that a live hour gets the band of a replay.

    Args:
        columns: variable -> (region, hour) telemetry.
        telemetry: gives the hours and the observed grid limits.
        origins: consecutive positions in the telemetry.
        cost_history: carbon and price -> the origins and regions at which their forecasts may be used.
        before: bands that earlier calls computed.
    """
    time_utc, miscoverage = telemetry.time_utc, miscoverage_of(settings.confidence) * _SEASON_SHARE
    limit_mw = lowest_of_day_mw(fleet, time_utc, last_observed_mw(telemetry))[:, origins]
    row, first = _rows(time_utc[origins], cost_history, limit_mw)
    days = time_utc[origins][first].astype("datetime64[D]")
    months, month_of_day = np.unique(days.astype("datetime64[M]"), return_inverse=True)
    # A growing load is far above its own past. Its difference from its mean of the last four weeks repeats each year.
    level = trailing_mean(columns[LOAD], TRAILING_MEAN_H)
    detrended = dict(columns) | {LOAD: columns[LOAD] - level}
    seasons = {
        int(month): before.get(int(month)) or _season(detrended, time_utc, int(start), miscoverage)
        for month, start in zip(months.astype(np.int64), _positions(months, time_utc), strict=True)
    }
    of_month = list(seasons.values())
    expected = {name: np.stack([season.mean[name] for season in of_month])[month_of_day] for name in detrended}
    bound = {name: np.stack([season.upper[name] for season in of_month])[month_of_day] for name in BOUNDED}
    at_day = _positions(days, time_utc)
    # The load of a new tenant raises the mean of a day long before it raises the mean of a month.
    highest_level = np.fmax(level, trailing_mean(columns[LOAD], HOURS_PER_DAY))
    expected[LOAD] += level[:, at_day].T[:, :, None]
    bound[LOAD] += highest_level[:, at_day].T[:, :, None]
    expected |= {name: history.at(first).applied(expected[name]) for name, history in cost_history.items()}
    conditions = conditions_of(
        fleet,
        expected=HourlyValues(**expected),
        bound=HourlyValues(**bound, **{name: expected[name] for name in EXPECTED}),
        grid_limit_mw=np.minimum(_grid_limits_by_season_mw(fleet), limit_mw[:, first].T[..., None]),
    )
    kept = list((dict(before) | seasons).items())[-_MONTHS_KEPT:]
    return SeasonConditions(conditions=conditions, row=row, seasons=dict(kept), limit_mw=limit_mw)


def season_cell(hour_utc: HourArray) -> NDArray[np.int64]:
    """Return the position of an hour in the climatological band: by calendar month and hour of day."""
    return clock.month_index(hour_utc) % MONTHS * HOURS_PER_DAY + clock.hour_of_day(hour_utc)


def _rows(
    origin_utc: HourArray, cost_history: Mapping[str, CostHistory], limit_mw: FloatArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the (origin,) row of each origin, and the (row,) index of the first origin of each row."""
    day = origin_utc.astype("datetime64[D]")
    is_usable = np.concatenate([history.is_usable for history in cost_history.values()], axis=1)
    begins = np.ones(len(origin_utc), dtype=np.bool_)
    is_lower = (limit_mw[:, 1:] != limit_mw[:, :-1]).any(axis=0)
    begins[1:] = (day[1:] != day[:-1]) | (is_usable[1:] != is_usable[:-1]).any(axis=1) | is_lower
    return np.cumsum(begins) - 1, np.flatnonzero(begins)


def _season(columns: Mapping[str, FloatArray], time_utc: HourArray, start: int, miscoverage: Fraction) -> Season:
    """Compute the band of a month.

    Args:
        start: position of the first hour of the month, which is the last hour that counts.
    """
    hours = slice(0, start + 1)
    return Season(
        mean={name: _by_cell(seasonal_mean(grid[:, hours], time_utc[hours])) for name, grid in columns.items()},
        upper={
            name: _by_cell(seasonal_upper(columns[name][:, hours], time_utc[hours], miscoverage)) for name in BOUNDED
        },
    )


def _grid_limits_by_season_mw(fleet: Fleet) -> FloatArray:
    """Return the (region, month and hour of day) sure limit. A contract allows calls in the same hours each year."""
    cells = [f"2001-{month + 1:02}-01T{hour:02}" for month in range(MONTHS) for hour in range(HOURS_PER_DAY)]
    return sure_limits_mw(fleet, np.array(cells, dtype="datetime64[h]"))


def _positions(dates: HourArray, time_utc: HourArray) -> NDArray[np.int64]:
    """Return the position of each date's first hour in the telemetry; zero for a date that began before it."""
    offset = (dates.astype(time_utc.dtype) - time_utc[0]) / np.timedelta64(1, "h")
    return np.asarray(np.maximum(offset.astype(np.int64), 0))


def _by_cell(season: FloatArray) -> FloatArray:
    """Return (region, month and hour of day) from (region, month, hour of day)."""
    return season.reshape(season.shape[0], -1)
