"""A change of unit: values that fit the past only after a conversion."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, is_carbon, is_load, is_price, is_temperature
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# lb/MWh as g/kWh is 2.2046; a prefix is 10, 100 or 1,000.
_LOG_FACTORS = np.log(np.array([2.2046, 10.0, 100.0, 1000.0, 1 / 2.2046, 0.1, 0.01, 0.001]))
_FACTORS = (np.ones(8), -_LOG_FACTORS)
# Degrees Fahrenheit as degC, and the inverse.
_DEGREES = (np.array([1 / 1.8, 1.8]), np.array([-32 / 1.8, 32.0]))
_LEAST_STEP_K, _LEAST_LOG_STEP = 3.0, 0.15
_LONGEST_GAP_H = 24
_STEP_FACTOR = 1.3
# A level must fit a conversion for these hours, if no step showed when it began.
_LEVEL_H = 12
_SPREADS = 4.0
_WEIGHT = 0.1
_CALM_H = 24


class UnitChange(Rule):
    """The values jump, or move to a level, that fits the series' past only after a conversion of units.

    Known conversions: factors 2.2046, 10, 100 and 1,000 with their inverses, and degrees Fahrenheit. A value is held
    while its conversion fits the usual level of its hour of day better than the value itself.
    """

    reason: ClassVar[str] = "looks like another unit (a factor of 2.2, 10, 100 or 1,000, or degrees Fahrenheit)"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of the values in another unit."""
        flags = {}
        for column, values in view.values.items():
            released = view.released[column]
            if is_temperature(column):
                flags[column] = _changed(values, released, view.hour_of_day, *_DEGREES, _LEAST_STEP_K, True)
            elif is_load(column) or is_carbon(column) or is_price(column):
                logs = np.log(np.where(values > 0, values, np.nan))
                # A price may rise tenfold within an hour, so a step alone shows nothing.
                by_step = not is_price(column)
                flags[column] = _changed(logs, released, view.hour_of_day, *_FACTORS, _LEAST_LOG_STEP, by_step)
        return flags


@compiled
def _changed(
    values: FloatArray,
    released: Flags,
    hour_of_day: IntArray,
    slope: FloatArray,
    offset: FloatArray,
    least_step: float,
    by_step: bool,
) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    for region in range(regions):
        level, is_level = np.zeros(HOURS_PER_DAY), np.zeros(HOURS_PER_DAY, dtype=np.bool_)
        largest = np.zeros(_LONGEST_GAP_H + 1)
        fits = np.zeros(len(slope), dtype=np.int64)
        variance, last, count, unit, calm = 0.0, -1, 0, -1, 0
        for hour in range(hours):
            value, clock_hour = values[region, hour], hour_of_day[hour]
            if np.isnan(value):
                continue
            if released[region, hour]:
                unit = -1
            elif count >= SHORT_HISTORY_H and is_level[clock_hour]:
                usual = level[clock_hour]
                spread = np.sqrt(variance)
                gap = min(hour - last, _LONGEST_GAP_H)
                record = max(least_step, largest[: gap + 1].max())
                for candidate in range(len(slope)):
                    converted = value * slope[candidate] + offset[candidate]
                    is_nearer = 2 * abs(converted - usual) < abs(value - usual)
                    jumps = abs(value - values[region, last]) > _STEP_FACTOR * record
                    lands = abs(converted - values[region, last]) <= record
                    is_off = abs(value - usual) > _SPREADS * max(spread, least_step / 3)
                    is_near = abs(converted - usual) < 1.5 * max(spread, least_step)
                    fits[candidate] = fits[candidate] + 1 if is_off and is_near and is_nearer else 0
                    if unit < 0 and ((by_step and jumps and lands and is_nearer) or fits[candidate] >= _LEVEL_H):
                        unit, calm = candidate, 0
                if unit >= 0:
                    converted = value * slope[unit] + offset[unit]
                    if abs(converted - usual) < abs(value - usual):
                        flags[region, hour], calm = True, 0
                        continue
                    calm += 1
                    if calm >= _CALM_H:
                        unit = -1
            for gap in range(1, min(_LONGEST_GAP_H, hour) + 1):
                if not flags[region, hour - gap]:
                    step = abs(value - values[region, hour - gap])
                    if step > largest[gap]:
                        largest[gap] = step
            if not is_level[clock_hour] or released[region, hour]:
                level[clock_hour], is_level[clock_hour] = value, True
            departure = value - level[clock_hour]
            level[clock_hour] += _WEIGHT * departure
            variance += 0.01 * (departure * departure - variance)
            last = hour
            count += 1
    return flags
