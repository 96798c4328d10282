"""A change of temperature or dew point that is larger than any before."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, is_temperature
from fleet.quality.step_record import largest_step, no_steps
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# Divide the step by the largest step so far, and the departure from the usual level by the largest departure so far. A
# value is held if its step is the largest, and the product of both ratios is above _PRODUCT. For the first _EARLY_H
# values _EARLY_PRODUCT applies, because a few weeks show only small steps.
_PRODUCT, _EARLY_PRODUCT, _EARLY_H = 1.35, 1.8, 90 * HOURS_PER_DAY
# The largest step and the largest departure count as at least these.
_LEAST_STEP_K, _LEAST_DEPARTURE_K = 7.0, 8.0
# For a dew point, which falls faster than the temperature when dry air arrives, they are larger by this factor.
_DEW_POINT_FACTOR = 1.5
# The usual level of each hour of day is an exponential moving average of its values, with this weight per day.
_WEIGHT = 0.1
# A held stretch ends at a value near the usual level from before the step: within this many typical departures (RMS, at
# least half of _LEAST_STEP_K), plus a drift per day since the last believed value.
_RETURN, _DRIFT_K_PER_DAY = 2.0, 0.3


class WeatherStep(Rule):
    """The step from the last believed value is the largest so far, and the departure from the usual level is large too.

    A sensor that begins to read 20 K low makes a single step, so its later values are held as well. A real front of
    this strength is held too. The hold ends when the values return to the usual level from before the step, or when a
    person releases them.
    """

    reason: ClassVar[str] = "a step larger than any before"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of the values from such a step until the values return."""
        return {
            column: _stepped(
                values, view.released[column], view.hour_of_day, _DEW_POINT_FACTOR if column.startswith("dew") else 1.0
            )
            for column, values in view.values.items()
            if is_temperature(column)
        }


@compiled
def _stepped(values: FloatArray, released: Flags, hour_of_day: IntArray, factor: float) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    for region in range(regions):
        level = np.full(HOURS_PER_DAY, np.nan)
        steps = no_steps()
        furthest, variance, last, count, is_doubted = factor * _LEAST_DEPARTURE_K, 0.0, -1, 0, False
        for hour in range(hours):
            value, clock_hour = values[region, hour], hour_of_day[hour]
            if np.isnan(value):
                continue
            is_usual = not np.isnan(level[clock_hour])
            departure = abs(value - level[clock_hour]) if is_usual else 0.0
            if count >= SHORT_HISTORY_H and is_usual and not released[region, hour]:
                if is_doubted:
                    reach = _RETURN * max(np.sqrt(variance), factor * _LEAST_STEP_K / 2)
                    flags[region, hour] = departure > reach + _DRIFT_K_PER_DAY * (hour - last) / HOURS_PER_DAY
                else:
                    step = abs(value - values[region, last])
                    # Most steps are small and need no record.
                    if step > factor * _LEAST_STEP_K:
                        record = max(
                            factor * _LEAST_STEP_K,
                            largest_step(values[region], flags[region], hour, hour - last, steps, False),
                        )
                        product = _EARLY_PRODUCT if count < _EARLY_H else _PRODUCT
                        flags[region, hour] = step > record and step * departure > product * record * furthest
                is_doubted = flags[region, hour]
                if is_doubted:
                    continue
            is_doubted = False
            if is_usual:
                furthest = max(furthest, departure)
                variance += 0.01 * (departure * departure - variance)
            if not is_usual or released[region, hour]:
                level[clock_hour] = value
            level[clock_hour] += _WEIGHT * (value - level[clock_hour])
            last = hour
            count += 1
    return flags
