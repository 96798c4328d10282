"""Hours in a row that equal those of some hours before."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import Flags, Rule, View, is_load, is_temperature
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray, IntArray

# A run is a number of hours in a row, each equal to the hour a lag before it. A run is held if it has at least _LEAST_H
# hours, at least _FACTOR times the longest run at this lag plus one, and more hours than chance gives to a run at some
# lag _A_YEAR times a year: coarsely rounded values repeat often. A run counts only if all its values but one differ
# from the value before them. Equal values are left to `stuck`.
_LEAST_H, _FACTOR, _A_YEAR = 6, 1.5, 0.02
_LAGS = HOURS_PER_DAY + 1
# What chance can do is learnt from so many values. `clock_shift`, which takes over, needs as many.
_HISTORY_H = 60 * HOURS_PER_DAY
# Before anything is learnt, one hour in _PRIOR_H follows an equal hour and is equal.
_PRIOR_H = 10
# `clock_shift` needs up to two days to judge a clock that is wrong. Until then the values are held.
_HOLD_H = 48


class RepeatedHours(Rule):
    """The newest hours repeat, value by value, those of 2 to 24 hours before.

    A clock that begins to run k hours late reports its last k hours a second time. So does a feed that fills a gap with
    earlier values. The values are held from the sixth repeated hour on, for 48 hours. Coarsely rounded values repeat by
    chance, so it takes more hours to hold them. Values that an earlier rule held are compared, too: a clock that
    becomes late makes a step, and another rule may hold some of the repeated hours for it.
    """

    reason: ClassVar[str] = "the same hours again: a late clock, or a gap that was filled with earlier values"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of temperatures and loads that repeat earlier hours."""
        return {
            column: _repeated(values, view.released[column])
            for column, values in view.stored.items()
            if is_temperature(column) or is_load(column)
        }


@compiled
def _chance_h(runs: IntArray) -> float:
    """Return the length that a run at some lag exceeds by chance _A_YEAR times a year, if hours follow like hours.

    Args:
        runs: number of hours that were compared, that were equal, and of runs.
    """
    compared, equal, number = runs
    is_equal = (equal + 1) / (compared + 2)
    # Each run ends with an hour that is not equal, and has one hour that follows none.
    stays_equal = (equal - number + 1) / (equal + _PRIOR_H)
    expected = (_LAGS - 2) * HOURS_PER_YEAR * is_equal
    return float(1 + max(np.log(_A_YEAR / expected) / np.log(stays_equal), 0.0))


@compiled
def _is_any(values: FloatArray, value: float) -> bool:
    """Tell whether one of the values equals a value. Without a branch in the loop, several are compared at once."""
    found = False
    for other in values:
        found |= other == value
    return found


@compiled
def _repeated(values: FloatArray, released: Flags) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    for region in range(regions):
        # By lag: length of the present run, changes within it, and whether it was held.
        run, changes = np.zeros(_LAGS, dtype=np.int64), np.zeros(_LAGS, dtype=np.int64)
        is_held = np.zeros(_LAGS, dtype=np.bool_)
        # By lag, of what was not held: the longest run, and the counts of `_chance_h`.
        longest, learnt = np.zeros(_LAGS, dtype=np.int64), np.zeros((_LAGS, 3), dtype=np.int64)
        # `running` lags have a run. `quiet` hours, without one before or after them, are added to `learnt` later.
        held_until, count, running, quiet = 0, 0, 0, 0
        for hour in range(hours):
            value = values[region, hour]
            count += not np.isnan(value)
            is_repeated = False
            is_usual = hour >= _LAGS and running == 0 and not released[region, hour]
            if is_usual and not _is_any(values[region, hour - _LAGS + 1 : hour - 1], value):
                quiet += 1
                flags[region, hour] = hour < held_until
                continue
            learnt[2:, 0] += quiet
            quiet = 0
            for lag in range(2, min(_LAGS, hour + 1)):
                if value == values[region, hour - lag]:
                    running += run[lag] == 0
                    run[lag] += 1
                    changes[lag] += value != values[region, hour - 1]
                    # A run that began before the history was long enough is part of the history.
                    is_judged = count - run[lag] >= _HISTORY_H and changes[lag] >= max(_LEAST_H, run[lag]) - 1
                    if is_judged and run[lag] >= max(_LEAST_H, _FACTOR * longest[lag] + 1):
                        is_held[lag] |= run[lag] > _chance_h(learnt[lag])
                    is_repeated |= is_held[lag]
                else:
                    if not is_held[lag] and changes[lag] >= run[lag] - 1:
                        longest[lag] = max(longest[lag], run[lag])
                        learnt[lag, 0] += run[lag] + 1
                        learnt[lag, 1] += run[lag]
                        learnt[lag, 2] += run[lag] > 0
                    running -= run[lag] > 0
                    run[lag], changes[lag], is_held[lag] = 0, 0, False
            if released[region, hour]:
                held_until = 0
                # A person says that the series may repeat itself like this.
                is_held[:] = False
            elif is_repeated and hour >= held_until:
                held_until = hour + _HOLD_H
            flags[region, hour] = hour < held_until
    return flags
