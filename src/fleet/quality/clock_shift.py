"""A clock that is wrong by whole hours: the daily course of temperature or load comes too early or too late."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import Flags, Rule, View, is_load, is_temperature
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# The mean course of the last days is compared with the usual one; a small shift shows in six days only.
_DAYS = np.array([2, 6])
_WEEK_D = 7
_LEAST_SHIFT_WEATHER_H = np.array([3, 1])
# People move by an hour when clocks change, and their load with them.
_LEAST_SHIFT_LOAD_H = np.array([3, 2])
# The shifted course must leave at most this share of the squared difference.
_LEFT_OVER = 0.25
# And explain more of it, by this factor, than any shift ever did by chance.
_RECORD = 2.0
# The shifted course must differ from the usual one by more than the days do by chance, in mean squares over months.
_SIGNAL, _CHANCE_N = 20.0, 250
_EVERY_H = 6
# Chance is learnt after these days: a wrong clock is found within them.
_DELAY_D = 10
_MOST_MISSING = 4
# The usual course follows the values from a week ago with this weight a day, so that it does not follow the error.
_WEIGHT = 1 / 14
# Days after a wrong clock during which the week still holds its hours.
_QUIET_D = _WEEK_D + 2
# Days until chance is known.
_LEARN_D = 60


class ClockShift(Rule):
    """The daily course of the last 2 or 6 days fits the usual course only if it is shifted by whole hours.

    The values are held until the course of the last day fits better as it is. A series whose days differ
    much is not judged: no shift explains more than chance did before.
    """

    reason: ClassVar[str] = "the daily course is shifted by whole hours: a wrong clock or time zone"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of the values under a shifted clock."""
        flags = {}
        for column, values in view.values.items():
            if is_load(column):
                flags[column] = _shifted(values, view.released[column], view.hour_of_day, _LEAST_SHIFT_LOAD_H)
            elif is_temperature(column) and not column.startswith("dew"):
                flags[column] = _shifted(values, view.released[column], view.hour_of_day, _LEAST_SHIFT_WEATHER_H)
        return flags


@compiled
def _difference(week: FloatArray, day: int, now: int, days: int, usual: FloatArray, difference: FloatArray) -> bool:
    """Write the mean course of some days, minus the usual one, without its mean. Return whether enough is known.

    Args:
        week: (hour of day, day of the week) the latest values.
        day: number of the latest day.
        now: its latest hour of day; later hours are those of the day before.
    """
    missing, total = 0, 0.0
    for clock_hour in range(HOURS_PER_DAY):
        count, mean = 0, 0.0
        column = (day - (clock_hour > now)) % _WEEK_D
        for _ in range(days):
            value = week[clock_hour, column]
            column = column - 1 if column > 0 else _WEEK_D - 1
            if not np.isnan(value):
                count, mean = count + 1, mean + value
        if count == 0 or np.isnan(usual[clock_hour]):
            missing += 1
            difference[clock_hour] = np.nan
        else:
            difference[clock_hour] = mean / count - usual[clock_hour]
            total += difference[clock_hour]
    if missing > _MOST_MISSING:
        return False
    total /= HOURS_PER_DAY - missing
    for clock_hour in range(HOURS_PER_DAY):
        departs = difference[clock_hour] - total
        difference[clock_hour] = 0.0 if np.isnan(departs) else departs
    return True


@compiled
def _likeness(usual: FloatArray, likeness: FloatArray) -> None:
    """Write the product of the usual course with itself shifted by each number of hours."""
    for shift in range(HOURS_PER_DAY):
        total = 0.0
        for clock_hour in range(HOURS_PER_DAY):
            total += usual[clock_hour] * usual[clock_hour - shift]
        likeness[shift] = total


@compiled
def _gain(difference: FloatArray, usual: FloatArray, likeness: FloatArray, shift: int) -> float:
    """Return how much less squared difference is left if the usual course comes some hours later."""
    product = 0.0
    # In two runs, because an index that may be negative is slow.
    for clock_hour in range(shift):
        product += difference[clock_hour] * (usual[HOURS_PER_DAY + clock_hour - shift] - usual[clock_hour])
    for clock_hour in range(shift, HOURS_PER_DAY):
        product += difference[clock_hour] * (usual[clock_hour - shift] - usual[clock_hour])
    return float(2 * product - 2 * (likeness[0] - likeness[shift]))


@compiled
def _best_shift(difference: FloatArray, usual: FloatArray, likeness: FloatArray, least_shift: int) -> tuple[int, float]:
    """Return the shift that gains most, and its gain; no shift if it is too small."""
    # A true shift of any size is explained in part by one hour.
    if max(_gain(difference, usual, likeness, 1), _gain(difference, usual, likeness, HOURS_PER_DAY - 1)) <= 0:
        return 0, 0.0
    best, most = 0, 0.0
    for shift in range(1, HOURS_PER_DAY):
        gain = _gain(difference, usual, likeness, shift)
        if gain > most:
            best, most = shift, gain
    return (best, most) if least_shift <= best <= HOURS_PER_DAY - least_shift else (0, 0.0)


@compiled
def _shifted(values: FloatArray, released: Flags, hour_of_day: IntArray, least_shift: IntArray) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    difference, likeness = np.zeros(HOURS_PER_DAY), np.zeros(HOURS_PER_DAY)
    for region in range(regions):
        usual = np.full(HOURS_PER_DAY, np.nan)
        week = np.full((HOURS_PER_DAY, _WEEK_D), np.nan)
        # The largest gain by chance, and that of each of the last days, which may be an error and counts later.
        record, latest = np.zeros(len(_DAYS)), np.zeros((len(_DAYS), _DELAY_D))
        chance, evaluations = np.zeros(len(_DAYS)), 0
        doubted, quiet_until = 0, 0
        for hour in range(hours):
            clock_hour, day = hour_of_day[hour], (hour + hour_of_day[0]) // HOURS_PER_DAY
            old = hour - _WEEK_D * HOURS_PER_DAY
            if old >= 0 and not np.isnan(values[region, old]) and not flags[region, old]:
                if np.isnan(usual[clock_hour]):
                    usual[clock_hour] = values[region, old]
                usual[clock_hour] += _WEIGHT * (values[region, old] - usual[clock_hour])
            week[clock_hour, day % _WEEK_D] = values[region, hour]
            if released[region, hour]:
                doubted = 0
            elif clock_hour % _EVERY_H == 0 and day >= 3 * _WEEK_D:
                if clock_hour == 0:
                    _likeness(usual, likeness)
                    record = np.maximum(record, latest[:, day % _DELAY_D])
                    latest[:, day % _DELAY_D] = 0.0
                for index in range(len(_DAYS)):
                    if not _difference(week, day, clock_hour, _DAYS[index], usual, difference):
                        break
                    if doubted != 0:
                        is_over = _gain(difference, usual, likeness, doubted) < likeness[doubted] - likeness[0]
                        doubted = 0 if is_over else doubted
                        quiet_until = day + _QUIET_D
                        break
                    if index > 0 and day < quiet_until:
                        break
                    shift, gain = _best_shift(difference, usual, likeness, least_shift[index])
                    total = (difference**2).sum()
                    is_clear = gain > (1 - _LEFT_OVER) * total and gain > _RECORD * record[index]
                    is_marked = 2 * (likeness[0] - likeness[shift]) > _SIGNAL * chance[index]
                    if day >= _LEARN_D and shift != 0 and is_clear and is_marked:
                        doubted, quiet_until = shift, day + _QUIET_D
                        latest[:] = 0.0
                        break
                    latest[index, day % _DELAY_D] = max(latest[index, day % _DELAY_D], gain)
                    chance[index] += (total - chance[index]) / min(evaluations + 1, _CHANCE_N)
                evaluations += 1
            flags[region, hour] = doubted != 0 and not np.isnan(values[region, hour])
    return flags
