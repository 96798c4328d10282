"""A clock that is wrong by whole hours: the daily course of temperature or load is too early or too late."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import Flags, Rule, View, is_load, is_temperature
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# The mean course of the last 2 days, and of the last 6, is compared with the usual course. A small shift needs 6 days.
_DAYS = np.array([2, 6])
_WEEK_D = 7
# Smallest shift that is judged, for each of _DAYS.
_LEAST_SHIFT_WEATHER_H = np.array([3, 1])
# Load moves by an hour with daylight saving time.
_LEAST_SHIFT_LOAD_H = np.array([3, 2])
# The gain of a shift is the squared difference from the usual course that the shift removes. A shift is found if it
# leaves less than this share of the squared difference,
_LEFT_OVER = 0.25
# if its gain is more than this factor times the largest gain on earlier days,
_RECORD = 2.0
# and if the squared difference between the usual course and the shifted one is more than _SIGNAL times the mean squared
# difference of about the last _CHANCE_N evaluations.
_SIGNAL, _CHANCE_N = 20.0, 250
# Hours between two evaluations.
_EVERY_H = 6
# A gain enters the record after these days. A new wrong clock is found before it raises the record.
_DELAY_D = 10
# Hours of day that may be unknown.
_MOST_MISSING = 4
# The usual course learns values with this weight a day, a week late, so that it does not learn a wrong clock.
_WEIGHT = 1 / 14
# Days after a wrong clock without a judgement of 6 days, because they still include its values.
_QUIET_D = _WEEK_D + 2
# Days of learning before the first judgement.
_LEARN_D = 60


class ClockShift(Rule):
    """The daily course of the last 2 or 6 days fits the usual course only if it is shifted by whole hours.

    The values are held until the course of the last 2 days clearly fits better without the shift. A series is not
    judged while its days differ much from each other.
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
def _mean_of_last(of_days: FloatArray, column: int, days: int) -> float:
    """Return the mean of the known values of the last days at one hour of day; NaN if there is none.

    Args:
        of_days: (day modulo 7,) the latest values.
        column: position of the latest day.
        days: number of days in the mean.
    """
    count, total = 0, 0.0
    for _ in range(days):
        value = of_days[column]
        column = column - 1 if column > 0 else _WEEK_D - 1
        if not np.isnan(value):
            count, total = count + 1, total + value
    return total / count if count > 0 else np.nan


@compiled
def _difference(course: FloatArray, usual: FloatArray, difference: FloatArray) -> bool:
    """Write the mean course of the last days, minus the usual course, shifted to mean zero, into `difference`.

    Unknown hours of day become zero. The result is False if there are too many of them.

    Args:
        course: (hour of day,) mean course of the last days.
        usual: (hour of day,) usual course.
        difference: (hour of day,) result.
    """
    missing, total = 0, 0.0
    for clock_hour in range(HOURS_PER_DAY):
        departs = course[clock_hour] - usual[clock_hour]
        difference[clock_hour] = departs
        if np.isnan(departs):
            missing += 1
        else:
            total += departs
    if missing > _MOST_MISSING:
        return False
    total /= HOURS_PER_DAY - missing
    for clock_hour in range(HOURS_PER_DAY):
        departs = difference[clock_hour] - total
        difference[clock_hour] = 0.0 if np.isnan(departs) else departs
    return True


@compiled
def _turn_back(usual: FloatArray, back: FloatArray) -> None:
    """Write the usual course backwards and twice into `back`, so that `back[24 + shift - h]` is `usual[h - shift]`.

    A loop over the shifts then reads neighbouring numbers, which is much faster than one sum after the other.
    """
    back[0] = back[HOURS_PER_DAY] = usual[0]
    for step in range(1, HOURS_PER_DAY):
        back[step] = back[HOURS_PER_DAY + step] = usual[HOURS_PER_DAY - step]


@compiled
def _likeness(usual: FloatArray, back: FloatArray, likeness: FloatArray) -> None:
    """Write the autocorrelation of the usual course, (shift,) sums of products, into `likeness`."""
    likeness[:] = 0.0
    for clock_hour in range(HOURS_PER_DAY):
        level, shifted = usual[clock_hour], back[HOURS_PER_DAY - clock_hour :]
        for shift in range(HOURS_PER_DAY):
            likeness[shift] += level * shifted[shift]


@compiled
def _gain(difference: FloatArray, usual: FloatArray, back: FloatArray, likeness: FloatArray, shift: int) -> float:
    """Return how much squared difference is removed if the usual course comes `shift` hours later."""
    product = 0.0
    for clock_hour in range(HOURS_PER_DAY):
        product += difference[clock_hour] * (back[HOURS_PER_DAY + shift - clock_hour] - usual[clock_hour])
    return float(2 * product - 2 * (likeness[0] - likeness[shift]))


@compiled
def _squares(difference: FloatArray) -> float:
    """Return the sum of squares, without an array of them."""
    total = 0.0
    for value in difference:
        total += value * value
    return total


@compiled
def _best_shift(
    difference: FloatArray, usual: FloatArray, back: FloatArray, likeness: FloatArray, least_shift: int
) -> tuple[int, float]:
    """Return the shift with the largest gain, and this gain; 0 and 0 if no shift gains, or the shift is too small."""
    # With a wrong clock, a shift by one hour in the right direction gains already.
    if (
        _gain(difference, usual, back, likeness, 1) <= 0
        and _gain(difference, usual, back, likeness, HOURS_PER_DAY - 1) <= 0
    ):
        return 0, 0.0
    # The gains of all shifts at once, as `_gain` computes each.
    products = np.zeros(HOURS_PER_DAY)
    for clock_hour in range(HOURS_PER_DAY):
        departs, level, shifted = difference[clock_hour], usual[clock_hour], back[HOURS_PER_DAY - clock_hour :]
        for shift in range(HOURS_PER_DAY):
            products[shift] += departs * (shifted[shift] - level)
    best, most = 0, 0.0
    for shift in range(1, HOURS_PER_DAY):
        gain = 2 * products[shift] - 2 * (likeness[0] - likeness[shift])
        if gain > most:
            best, most = shift, gain
    return (best, most) if least_shift <= best <= HOURS_PER_DAY - least_shift else (0, 0.0)


@compiled
def _enter_record(latest: FloatArray, column: int, record: FloatArray) -> None:
    """Enter the oldest of the latest gains into the record, and make room for those of a new day.

    Args:
        latest: (course, day) gains, written.
        column: position of the oldest day, and of the new one.
        record: (course,), written.
    """
    for index in range(len(record)):
        record[index] = max(record[index], latest[index, column])
        latest[index, column] = 0.0


@compiled
def _shifted(values: FloatArray, released: Flags, hour_of_day: IntArray, least_shift: IntArray) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    difference, back = np.zeros(HOURS_PER_DAY), np.zeros(2 * HOURS_PER_DAY)
    for region in range(regions):
        likeness = np.zeros(HOURS_PER_DAY)
        usual = np.full(HOURS_PER_DAY, np.nan)
        week = np.full((HOURS_PER_DAY, _WEEK_D), np.nan)
        # The mean course of the last days, for each of _DAYS.
        course = np.full((len(_DAYS), HOURS_PER_DAY), np.nan)
        # The largest gain so far, and the gains of the last days, which enter the record later.
        record, latest = np.zeros(len(_DAYS)), np.zeros((len(_DAYS), _DELAY_D))
        chance, evaluations, doubted, quiet_until = np.zeros(len(_DAYS)), 0, 0, 0
        # A series may begin later than its table.
        begin = 0
        while begin < hours and np.isnan(values[region, begin]):
            begin += 1
        first_day = (begin + hour_of_day[0]) // HOURS_PER_DAY
        for hour in range(begin, hours):
            clock_hour, day = hour_of_day[hour], (hour + hour_of_day[0]) // HOURS_PER_DAY
            old = hour - _WEEK_D * HOURS_PER_DAY
            if old >= 0 and not np.isnan(values[region, old]) and not flags[region, old]:
                if np.isnan(usual[clock_hour]):
                    usual[clock_hour] = values[region, old]
                usual[clock_hour] += _WEIGHT * (values[region, old] - usual[clock_hour])
            week[clock_hour, day % _WEEK_D] = values[region, hour]
            for index in range(len(_DAYS)):
                course[index, clock_hour] = _mean_of_last(week[clock_hour], day % _WEEK_D, _DAYS[index])
            if released[region, hour]:
                doubted = 0
            elif clock_hour % _EVERY_H == 0 and day - first_day >= 3 * _WEEK_D:
                _turn_back(usual, back)
                if clock_hour == 0:
                    _likeness(usual, back, likeness)
                    _enter_record(latest, day % _DELAY_D, record)
                for index in range(len(_DAYS)):
                    if not _difference(course[index], usual, difference):
                        break
                    if doubted != 0:
                        is_over = _gain(difference, usual, back, likeness, doubted) < likeness[doubted] - likeness[0]
                        doubted = 0 if is_over else doubted
                        quiet_until = day + _QUIET_D
                        break
                    if index > 0 and day < quiet_until:
                        break
                    total, shift, gain = _squares(difference), 0, 0.0
                    # No shift removes more than the whole difference, and a gain below the record changes nothing.
                    if total > record[index]:
                        shift, gain = _best_shift(difference, usual, back, likeness, least_shift[index])
                    is_clear = gain > (1 - _LEFT_OVER) * total and gain > _RECORD * record[index]
                    is_marked = 2 * (likeness[0] - likeness[shift]) > _SIGNAL * chance[index]
                    if day - first_day >= _LEARN_D and shift != 0 and is_clear and is_marked:
                        doubted, quiet_until = shift, day + _QUIET_D
                        latest[:] = 0.0
                        break
                    latest[index, day % _DELAY_D] = max(latest[index, day % _DELAY_D], gain)
                    chance[index] += (total - chance[index]) / min(evaluations + 1, _CHANCE_N)
                evaluations += 1
            flags[region, hour] = doubted != 0 and not np.isnan(values[region, hour])
    return flags
