"""Conditions past the horizon: what the season brings, by calendar month and hour of day."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.climatology import LEVEL_H, MONTHS, seasonal_mean, seasonal_upper, trailing_mean
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.region import Fleet
from fleet.preparation.build_conditions import BOUNDED, EXPECTED, Expected, conditions_of, sure_limits_mw
from fleet.preparation.forecasts import CostHistory
from fleet.units import HOURS_PER_DAY, FloatArray


def far_conditions(
    columns: Mapping[str, FloatArray],
    time_utc: HourArray,
    origins: NDArray[np.int64],
    fleet: Fleet,
    miscoverage: Fraction,
    trust: Mapping[str, CostHistory],
) -> tuple[Conditions, NDArray[np.int64]]:
    """Conditions of the season: what it brings is made anew each calendar month, the level of the load each day.

    By the calendar and not by the first origin, so that a live tick knows what a replay does.

    Args:
        origins: consecutive positions.
        trust: in carbon and price, at the origins.
    Returns: conditions (row, region, month and hour of day), and (origin,) the row of each origin: a new one each day,
        and where carbon or price of some region comes to be trusted or no longer is.
    """
    day_of = time_utc[origins].astype("datetime64[D]")
    trusted = np.concatenate([each.trusted for each in trust.values()], axis=1)
    begins = np.ones(len(origins), dtype=np.bool_)
    begins[1:] = (day_of[1:] != day_of[:-1]) | (trusted[1:] != trusted[:-1]).any(axis=1)
    row, first = np.cumsum(begins) - 1, np.flatnonzero(begins)
    days = day_of[first]
    months, month_of_day = np.unique(days.astype("datetime64[M]"), return_inverse=True)
    # A load that grows is far above its own past; its departure from the recent level is what repeats.
    level = trailing_mean(columns["it_load_mw"], LEVEL_H)
    departing = dict(columns) | {"it_load_mw": columns["it_load_mw"] - level}
    mean: dict[str, list[FloatArray]] = {name: [] for name in columns}
    upper: dict[str, list[FloatArray]] = {name: [] for name in BOUNDED}
    for start in _positions(months, time_utc):
        known = slice(0, int(start) + 1)
        for name, values in departing.items():
            mean[name].append(_by_cell(seasonal_mean(values[:, known], time_utc[known])))
        for name in BOUNDED:
            upper[name].append(_by_cell(seasonal_upper(departing[name][:, known], time_utc[known], miscoverage)))
    expected = {name: np.stack(parts)[month_of_day] for name, parts in mean.items()}
    bound = {name: np.stack(parts)[month_of_day] for name, parts in upper.items()}
    at = _positions(days, time_utc)
    # A new tenant shows in a day's mean long before it shows in a month's.
    highest = np.fmax(level, trailing_mean(columns["it_load_mw"], HOURS_PER_DAY))
    expected["it_load_mw"] += level[:, at].T[:, :, None]
    bound["it_load_mw"] += highest[:, at].T[:, :, None]
    expected |= {name: each.at(first).applied(expected[name]) for name, each in trust.items()}
    far = conditions_of(
        fleet,
        expected=Expected(**expected),
        bound=Expected(**bound, **{name: expected[name] for name in EXPECTED}),
        grid_limit_mw=_season_limits_mw(fleet),
    )
    return far, row


def season_cell(hour_utc: HourArray) -> NDArray[np.int64]:
    """Where the far conditions hold an hour: by calendar month and hour of day."""
    return clock.month_index(hour_utc) % MONTHS * HOURS_PER_DAY + clock.hour_of_day(hour_utc)


def _season_limits_mw(fleet: Fleet) -> FloatArray:
    """(region, month and hour of day) sure grid power; a contract is the same every year."""
    cells = [f"2001-{month + 1:02}-01T{hour:02}" for month in range(MONTHS) for hour in range(HOURS_PER_DAY)]
    return sure_limits_mw(fleet, np.array(cells, dtype="datetime64[h]"))


def _positions(dates: HourArray, time_utc: HourArray) -> NDArray[np.int64]:
    """Where each date's first hour stands in the telemetry; the first hour of all for a date that began before it."""
    offset = (dates.astype(time_utc.dtype) - time_utc[0]) / np.timedelta64(1, "h")
    return np.asarray(np.maximum(offset.astype(np.int64), 0))


def _by_cell(season: FloatArray) -> FloatArray:
    """(region, month and hour of day) from (region, month, hour of day)."""
    return season.reshape(season.shape[0], -1)
