"""A value that repeats for longer than the past of the series explains."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, is_temperature, moves_a_decision
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# A run is a number of equal values in a row. It is held beyond _FLOOR_H, and beyond _FACTOR times the longest run at
# about the same hour of day plus one.
_FACTOR = 1.5
_FLOOR_H = 3
# "About the same hour" includes this many hours of day on either side.
_NEAR_H = 3
# A series has natural plateaus if more than this share of its values comes after the first _FLOOR_H of a run. The first
# share is for runs inside the range of the series, the second for runs at an end of the range, such as an overcast sky.
_PLATEAU_SHARES = (0.05, 0.02)
# The same share for both kinds of runs together.
_PLATEAU_SHARE = 0.15
# A rest is a run longer than _FLOOR_H. A value with at least _RESTS rests is a natural level, such as the idle power.
# In a column that moves a decision, held rests do not count, because a broken sensor may stick again and again.
# Temperatures have no natural level.
_NO_RESTS, _BELIEVED_RESTS, _ALL_RESTS = 0, 1, 2
_RESTS, _MOST_LEVELS = 3, 64
# A change of at most this share of the usual change is no change. The usual change is a running median, which moves by
# _MEDIAN_PACE with each value.
_TOLERANCE, _MEDIAN_PACE = 1e-4, 0.02


class Stuck(Rule):
    """The value repeats for much longer than any value before at about this hour of day.

    Runs at the lowest or highest value so far, such as zero at night, are compared among themselves. A series with
    natural plateaus is not judged, and neither is a value at which the series often rested.
    """

    reason: ClassVar[str] = "stuck: unchanged for longer than before at this hour of day"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of the values of a run beyond its longest believable length."""
        return {
            column: _stuck(values, view.released[column], view.hour_of_day, _rests(column))
            for column, values in view.values.items()
        }


def _rests(column: str) -> int:
    """Return which rests count in a column."""
    if is_temperature(column):
        return _NO_RESTS
    return _BELIEVED_RESTS if moves_a_decision(column) else _ALL_RESTS


@compiled
def _learn_run(longest: IntArray, first: int, run: int, hour_of_day: IntArray) -> None:
    """Raise the longest run of each hour of day to the length that a run had in that hour."""
    for step in range(run):
        clock_hour = hour_of_day[min(first + step, len(hour_of_day) - 1)]
        longest[clock_hour] = max(longest[clock_hour], step + 1)


@compiled
def _has_plateaus(plateau_h: IntArray, kind: int, count: int) -> bool:
    """Tell whether a series has natural plateaus of a kind, or of both kinds together.

    Args:
        plateau_h: (kind,) hours after the first _FLOOR_H of a run.
        count: number of values so far.
    """
    return bool(plateau_h[kind] > _PLATEAU_SHARES[kind] * count or plateau_h.sum() > _PLATEAU_SHARE * count)


@compiled
def _position(levels: FloatArray, count: int, value: float, tolerance: float) -> int:
    """Return the position of a value among the levels; -1 if it is none of them."""
    for position in range(count):
        if abs(levels[position] - value) <= tolerance:
            return position
    return -1


@compiled
def _learn_rest(levels: FloatArray, rests: IntArray, count: int, value: float, tolerance: float) -> int:
    """Count one more rest on a value, and return the number of levels."""
    position = _position(levels, count, value, tolerance)
    if position < 0 and count < _MOST_LEVELS:
        levels[count], position, count = value, count, count + 1
    if position >= 0:
        rests[position] += 1
    return count


@compiled
def _stuck(values: FloatArray, released: Flags, hour_of_day: IntArray, rests_counted: int) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    for region in range(regions):
        # Longest believed run, by kind (0 inside the range, 1 at an end of the range) and hour of day.
        longest = np.zeros((2, HOURS_PER_DAY), dtype=np.int64)
        low, high, anchor, count = np.inf, -np.inf, np.nan, 0
        usual_step, last = 0.0, np.nan
        run, first, kind, is_held = 0, 0, 0, False
        plateau_h = np.zeros(2, dtype=np.int64)
        levels, rests = np.zeros(_MOST_LEVELS), np.zeros(_MOST_LEVELS, dtype=np.int64)
        level_count, is_natural = 0, False
        for hour in range(hours):
            value = values[region, hour]
            if np.isnan(value):
                continue
            tolerance = _TOLERANCE * usual_step
            if abs(value - anchor) <= tolerance:
                run += 1
            else:
                # A run is learnt only when it has ended, and only if none of its values was held.
                if run and not is_held:
                    _learn_run(longest[kind], first, run, hour_of_day)
                if run > _FLOOR_H and rests_counted > _NO_RESTS and (rests_counted == _ALL_RESTS or not is_held):
                    level_count = _learn_rest(levels, rests, level_count, anchor, tolerance)
                run, first, anchor, is_held = 1, hour, value, False
                position = _position(levels, level_count, anchor, tolerance)
                is_natural = position >= 0 and rests[position] >= _RESTS
                kind = 1 if count and (value <= low + tolerance or value >= high - tolerance) else 0
            is_judged = run > _FLOOR_H and count >= SHORT_HISTORY_H and not released[region, hour]
            if is_judged and not is_natural and not _has_plateaus(plateau_h, kind, count):
                record = 0
                for offset in range(-_NEAR_H, _NEAR_H + 1):
                    record = max(record, longest[kind, (hour_of_day[hour] + offset) % HOURS_PER_DAY])
                if run > _FACTOR * record + 1:
                    flags[region, hour], is_held = True, True
                    continue
            plateau_h[kind] += run > _FLOOR_H
            step = abs(value - last)
            if usual_step > 0:
                usual_step *= 1 + _MEDIAN_PACE if step > usual_step else 1 - _MEDIAN_PACE
            elif step > 0:
                usual_step = step
            low, high, last = min(low, value), max(high, value), value
            count += 1
    return flags
