"""Finds the regions whose silence is too long for a bound, and the hour in which each region last reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.data_gap import DataGap
from fleet.forecasting import Series
from fleet.forecasting.base import Positions
from fleet.preparation.column_walk import WARM_UP_H
from fleet.preparation.settings import BOUND_HISTORY_D, FAR_HISTORY_D
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# A silence is bridged as long as the value typically moves by at most this share of its spread around the usual daily
# course.
_MOVED_SHARE = 0.5
# Feeds are often an hour or two late. Within half a day, every measured series moves by more than _MOVED_SHARE.
_SHORTEST_LIMIT_H, _LONGEST_LIMIT_H = 2, 12
# The usual daily course is the mean of this many days before. An hour of day without a value on this many days in a row
# counts as not reported.
_USUAL_DAYS = 7


class Cause(IntEnum):
    """Why a region gets no bound. If several causes apply, the largest number is reported.

    RETURNING: after a silence that was too long to bridge, the column has not yet reported for as many hours as the
        silence lasted (at most a day).
    UNREPORTED: some hour of day has had no value for a week.
    SILENT: no value for longer than `bridged_h` allows.
    NEW: too little history.
    """

    NONE = 0
    RETURNING = 1
    UNREPORTED = 2
    SILENT = 3
    NEW = 4


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Which regions are silent or closed. Arrays are (origin, region).

    Args:
        columns: names of the columns that limits need.
        origin_utc: (origin,).
        heard_h: hours since the last hour in which every column had a value.
        cause: a number of `Cause`; NONE where there is a bound.
        column: position in `columns` of the column with this cause.
        hours: hours without a value (SILENT, RETURNING), hour of day (UNREPORTED) or hours of history (NEW).
        quiet: position in `columns` of the column whose newest value is the oldest, where `heard_h` is above 0.
        limit_h: the longest silence that is bridged (SILENT), or the hours that must still be reported (RETURNING).
        youngest: position in `columns` of the column with the shortest history.
        history_h: hours of history of that column.
    """

    columns: tuple[str, ...]
    origin_utc: HourArray
    heard_h: IntArray
    cause: NDArray[np.int8]
    column: NDArray[np.int8]
    hours: IntArray
    limit_h: IntArray
    quiet: NDArray[np.int8]
    youngest: NDArray[np.int8]
    history_h: IntArray

    @classmethod
    def of(cls, columns: Mapping[str, FloatArray], time_utc: HourArray, origins: Positions) -> Self:
        """Find the cause of every region at every origin, from the hours up to that origin.

        Args:
            columns: name -> (region, hour) values that limits need; NaN where missing.
            origins: (origin,) positions.
        """
        known = [np.isfinite(values) for values in columns.values()]
        is_heard = np.all(known, axis=0)
        silence = cls(
            columns=tuple(columns),
            origin_utc=time_utc[origins],
            heard_h=_hours_since(is_heard)[:, origins].T,
            cause=np.zeros((len(origins), len(is_heard)), dtype=np.int8),
            column=np.zeros((len(origins), len(is_heard)), dtype=np.int8),
            hours=np.zeros((len(origins), len(is_heard)), dtype=np.int64),
            limit_h=np.zeros((len(origins), len(is_heard)), dtype=np.int64),
            quiet=_hours_since(np.array(known))[:, :, origins].argmax(axis=0).T.astype(np.int8),
            youngest=np.zeros((len(origins), len(is_heard)), dtype=np.int8),
            history_h=np.full((len(origins), len(is_heard)), np.iinfo(np.int64).max),
        )
        for position, values in enumerate(columns.values()):
            series = Series(observed=values, time_utc=time_utc)
            for region in range(len(values)):
                silence._judge(region, position, series, origins)
        return silence

    @classmethod
    def none(cls, origin_utc: HourArray, regions: int) -> Self:
        """Return the silence of regions that report every value."""
        zeros = np.zeros((len(origin_utc), regions), dtype=np.int64)
        code = zeros.astype(np.int8)
        return cls(
            columns=(), origin_utc=origin_utc, heard_h=zeros, cause=code, column=code, hours=zeros, limit_h=zeros,
            quiet=code, youngest=code, history_h=np.full_like(zeros, np.iinfo(np.int64).max),
        )  # fmt: skip

    @property
    def is_closed(self) -> NDArray[np.bool_]:
        """(origin, region) True where there is no bound."""
        return np.asarray(self.cause != Cause.NONE)

    @property
    def lead_in_h(self) -> int:
        """Number of origins needed before the first one, because some region last reported there."""
        before = np.where(self.is_closed, 0, self.heard_h - np.arange(len(self.heard_h))[:, None])
        return max(int(before.max(initial=0)), 0)

    def why_closed(self, step: int, region: int) -> str | None:
        """Return why there is no bound, as the end of a sentence; None if there is a bound."""
        cause = Cause(int(self.cause[step, region]))
        if cause is Cause.NONE:
            return None
        column = self.columns[int(self.column[step, region])]
        hours, limit_h = int(self.hours[step, region]), int(self.limit_h[step, region])
        if cause is Cause.NEW and hours == 0:
            return f"{column} has no full day of values yet"
        if cause is Cause.NEW:
            return f"{column} has {hours // HOURS_PER_DAY} days of history, and {WARM_UP_H // HOURS_PER_DAY} are needed"
        if cause is Cause.SILENT:
            last = clock.iso(self.origin_utc[step] - np.timedelta64(hours, "h"))
            return f"{column} has had no usable value since {last} ({hours} h; at most {limit_h} h are bridged)"
        if cause is Cause.UNREPORTED:
            return f"{column} has had no value at {hours:02d}:00 UTC for {_USUAL_DAYS} days"
        return f"{column} reports again after {hours} h of silence, and must report for {limit_h} h more"

    def why_unbounded(self, step: int, region: int, *, is_beyond: bool) -> str | None:
        """Return why a region without a bound has none, as the end of a sentence; None if its history is long enough.

        Args:
            is_beyond: the hours without a bound are beyond the horizon.
        """
        needed_d, history_d = FAR_HISTORY_D if is_beyond else BOUND_HISTORY_D, self._history_d(step, region)
        why = self.why_closed(step, region)
        if why is not None or history_d >= needed_d:
            return why
        hours = " of hours beyond the next day" if is_beyond else ""
        column = self.columns[int(self.youngest[step, region])]
        return f"{column} has {history_d} days of history, and a bound{hours} needs about {needed_d}"

    def _history_d(self, step: int, region: int) -> int:
        return int(self.history_h[step, region]) // HOURS_PER_DAY

    def short_history(self, step: int, region: int, region_id: str) -> DataGap | None:
        """Return the gap of a region whose open hours have no bound, because its history is too short; else None."""
        why = self.why_unbounded(step, region, is_beyond=False)
        if why is None or self.cause[step, region] != Cause.NONE:
            return None
        column = self.columns[int(self.youngest[step, region])]
        return DataGap(region=region_id, column=column, is_silent=False, is_closed=True, why=why)

    def gap(self, step: int, region: int, region_id: str) -> DataGap | None:
        """Return why a region has no bound, or only the bound of an earlier hour; None if all its values are known."""
        why, heard_h = self.why_closed(step, region), int(self.heard_h[step, region])
        if why is not None:
            return DataGap(
                region=region_id,
                column=self.columns[int(self.column[step, region])],
                is_silent=int(self.cause[step, region]) != Cause.NEW,
                is_closed=True,
                why=why,
            )
        if not heard_h:
            return None
        column = self.columns[int(self.quiet[step, region])]
        last = clock.iso(self.origin_utc[step] - np.timedelta64(heard_h, "h"))
        why = f"{column} has no newer value, so the bounds are at most those of {last}"
        return DataGap(region=region_id, column=column, is_silent=True, is_closed=False, why=why)

    def _judge(self, region: int, column: int, series: Series, origins: Positions) -> None:
        """Record the causes of one column of one region, at the origins without a cause of a larger or equal number."""
        begins, is_known = int(series.first_known[region]) + WARM_UP_H, ~series.missing[region]
        # A silent region is limited to the headroom of the origin at which it last reported. So the history before that
        # origin counts.
        heard = origins - np.minimum(self.heard_h[:, region], _LONGEST_LIMIT_H)
        history_h = np.maximum(heard - (begins - WARM_UP_H), 0)
        is_younger = history_h < self.history_h[:, region]
        self.history_h[is_younger, region], self.youngest[is_younger, region] = history_h[is_younger], column
        self._note(region, column, Cause.NEW, history_h < WARM_UP_H, history_h, np.zeros_like(history_h))
        later = is_known[begins - WARM_UP_H : origins[-1] + 1]
        if later.all():
            return
        values, age_h = series.observed[region], series.age_h[region]
        limit_h = bridged_h(values)
        is_long = age_h > limit_h
        self._note(region, column, Cause.SILENT, is_long[origins], age_h[origins], limit_h[origins])
        clock_h = _unreported_clock_h(is_known, clock.hour_of_day(series.time_utc).astype(np.int64))[origins]
        self._note(region, column, Cause.UNREPORTED, clock_h >= 0, clock_h, np.zeros_like(clock_h))
        last = np.maximum.accumulate(np.where(is_long, np.arange(len(values)), -1))[origins]
        silent_h = np.where(last >= 0, age_h[last], 0)
        left_h = np.where(last >= 0, np.minimum(silent_h, HOURS_PER_DAY) - (origins - last), 0)
        self._note(region, column, Cause.RETURNING, left_h > 0, silent_h, left_h)

    def _note(
        self,
        region: int,
        column: int,
        cause: Cause,
        applies: NDArray[np.bool_],
        hours: IntArray,
        limit_h: IntArray,
    ) -> None:
        where = np.flatnonzero(applies & (self.cause[:, region] < cause))
        self.cause[where, region], self.column[where, region] = cause, column
        self.hours[where, region], self.limit_h[where, region] = hours[where], limit_h[where]


def bridged_h(values: FloatArray) -> IntArray:
    """Return the longest silence that is bridged at each hour, learnt from the values up to that hour: (hour,).

    This is the longest time, 2 to 12 h, over which the root mean square change of the departure from the usual daily
    course was at most _MOVED_SHARE of the root mean square departure.

    Args:
        values: (hour,) of one region; NaN where missing.
    """
    departure = values - _usual_course(values)
    spread = _mean_square_so_far(departure)
    limit_h = np.full(len(values), _SHORTEST_LIMIT_H)
    for lag in range(1, _LONGEST_LIMIT_H + 1):
        move = np.full(len(values), np.nan)
        move[lag:] = departure[lag:] - departure[:-lag]
        is_slow = _mean_square_so_far(move) <= _MOVED_SHARE**2 * spread
        limit_h = np.where(is_slow & (limit_h >= lag - 1), np.maximum(limit_h, lag), limit_h)
    return limit_h


def _usual_course(values: FloatArray) -> FloatArray:
    """Return the (hour,) mean of the values at the same hour of the _USUAL_DAYS days before; NaN if none is known."""
    day = HOURS_PER_DAY
    total, count = np.zeros(len(values)), np.zeros(len(values))
    for days in range(1, _USUAL_DAYS + 1):
        before = values[: -days * day]
        total[days * day :] += np.nan_to_num(before)
        count[days * day :] += np.isfinite(before)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _mean_square_so_far(values: FloatArray) -> FloatArray:
    """Return the (hour,) mean square of the known values up to each hour; 0 before the first known value."""
    total, count = np.cumsum(np.nan_to_num(values) ** 2), np.cumsum(np.isfinite(values))
    return np.asarray(total / np.maximum(count, 1))


def _unreported_clock_h(is_known: NDArray[np.bool_], hour_of_day: IntArray) -> IntArray:
    """Return, at each hour, an hour of day that has had no value for _USUAL_DAYS days; -1 if there is none: (hour,)."""
    count = np.zeros(len(is_known), dtype=np.int64)
    for days in range(_USUAL_DAYS):
        shift = days * HOURS_PER_DAY
        count[shift:] += is_known[: len(is_known) - shift]
    unreported = np.where(count == 0, hour_of_day, -1)
    padded = np.concatenate([np.full(HOURS_PER_DAY - 1, -1), unreported])
    return np.asarray(sliding_window_view(padded, HOURS_PER_DAY).max(axis=1))


def _hours_since(is_heard: NDArray[np.bool_]) -> IntArray:
    """Return the hours since the latest True of the last axis, or since the hour before the first if none was True."""
    position = np.arange(is_heard.shape[-1])
    latest = np.maximum.accumulate(np.where(is_heard, position, -1), axis=-1)
    return np.asarray(position - latest)
