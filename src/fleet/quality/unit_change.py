"""A change of unit: values that fit the past only after a conversion."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, is_carbon, is_load, is_price, is_temperature
from fleet.quality.step_record import largest_step, no_steps
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# 2.2046 is lb/MWh in place of g/kWh; 10, 100 and 1,000 are prefixes; 0.5 is the loss of one of two summed feeds.
_LOG_FACTORS = np.log(np.array([2.0, 2.2046, 10.0, 100.0, 1000.0, 0.5, 1 / 2.2046, 0.1, 0.01, 0.001]))
# A conversion is a column of two numbers: converted = value * first + second. Factors apply to logarithms.
_FACTORS = np.stack([np.ones(10), -_LOG_FACTORS])
# Prices are judged for prefixes only, because true prices often double.
_PRICE_FACTORS = _FACTORS[:, np.exp(np.abs(_LOG_FACTORS)) > 3]
# From degrees Fahrenheit to Celsius, and back.
_DEGREES = np.array([[1 / 1.8, 1.8], [-32 / 1.8, 32.0]])
# A jump is a step of more than _STEP_FACTOR times the largest step so far, which counts as at least these steps.
_LEAST_STEP_K, _LEAST_LOG_STEP = 3.0, 0.15
_STEP_FACTOR = 1.3
# The converted value of a jump is within this many mean steps (or the least step, if that is more) of the value before,
# and within the largest step.
_LANDING = 4.0
# Without a jump, this many values in a row must fit the usual level only after a conversion.
_LEVEL_H = 12
# Such a value is more than this many typical departures (RMS) from the usual level.
_SPREADS = 4.0
# A true price may rise tenfold, but not at once from its usual level, nor with its usual daily course. So a conversion
# must begin at the usual level, and all but these values must fit it.
_PRICE_MISFITS = 2
# A price fits if its logarithm departs from the usual level by at most twice the mean departure, within this range.
_PRICE_REACH = (0.35, 0.7)
# Weights of a new value in the usual level of its hour of day, and in the mean departures and steps.
_WEIGHT, _SPREAD_WEIGHT = 0.1, 0.01
# A hold of a price ends after this many values in a row that fit better without the conversion. The other holds may end
# by their level after more than this many values.
_CALM_H = 24


class UnitChange(Rule):
    """The values jump, or move to a level, and fit the past of the series only after a conversion of units.

    Conversions of temperatures: Fahrenheit and Celsius. Of loads and carbon: the factors 2, 2.2046, 10, 100, 1,000 and
    their inverses. Of prices: 10, 100, 1,000 and their inverses. Prices are judged by their level only.

    The values are held until a jump leads back, or until they fit the usual levels better than their conversions do.
    """

    reason: ClassVar[str] = "looks like another unit (a factor of 2, 2.2, 10, 100 or 1,000, or degrees Fahrenheit)"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of the values in another unit."""
        flags = {}
        for column, values in view.values.items():
            released = view.released[column]
            if is_temperature(column):
                flags[column] = _changed(values, released, view.hour_of_day, _DEGREES, _LEAST_STEP_K, True, False)
            elif is_price(column):
                flags[column] = _changed_price(_logs(values), released, view.hour_of_day, _PRICE_FACTORS)
            elif is_load(column) or is_carbon(column):
                logs, is_smooth = _logs(values), is_carbon(column)
                flags[column] = _changed(logs, released, view.hour_of_day, _FACTORS, _LEAST_LOG_STEP, False, is_smooth)
        return flags


def _logs(values: FloatArray) -> FloatArray:
    """Return the logarithms; NaN where a value is not positive."""
    return np.log(values, out=np.full(values.shape, np.nan), where=values > 0)


@compiled
def _landing(value: float, reference: float, reach: float, conversions: FloatArray, usual: float) -> int:
    """Return the conversion that brings a value nearest to the reference, if within reach; else -1.

    Args:
        usual: the converted value must be less than half as far from this level as the value. NaN sets no condition.
    """
    best, nearest = -1, reach
    for candidate in range(conversions.shape[1]):
        converted = value * conversions[0, candidate] + conversions[1, candidate]
        distance = abs(converted - reference)
        if distance <= nearest and not 2 * abs(converted - usual) >= abs(value - usual):
            best, nearest = candidate, distance
    return best


@compiled
def _fitting(
    value: float, usual: float, spread: float, least_step: float, conversions: FloatArray, fits: IntArray
) -> int:
    """Return the conversion that _LEVEL_H values in a row needed to fit the usual level, else -1.

    Args:
        spread: typical departure (RMS) from the usual level.
        least_step: smallest step that the rule judges.
        fits: (conversion,) number of values in a row so far. The call updates it.
    """
    found = -1
    is_off = abs(value - usual) > _SPREADS * max(spread, least_step / 3)
    for candidate in range(conversions.shape[1]):
        distance = abs(value * conversions[0, candidate] + conversions[1, candidate] - usual)
        is_near = distance < 1.5 * max(spread, least_step) and 2 * distance < abs(value - usual)
        fits[candidate] = fits[candidate] + 1 if is_off and is_near else 0
        if fits[candidate] >= _LEVEL_H:
            found = candidate
    return found


@compiled
def _changed(
    values: FloatArray,
    released: Flags,
    hour_of_day: IntArray,
    conversions: FloatArray,
    least_step: float,
    must_fit: bool,  # The converted value of a jump must also fit the usual level.
    is_smooth: bool,  # A spike of one hour is no step.
) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    for region in range(regions):
        level = np.full(HOURS_PER_DAY, np.nan)
        steps = no_steps()
        fits = np.zeros(conversions.shape[1], dtype=np.int64)
        # The reference is the last value, converted if it was held. A balance above 0 says that the held values fit
        # the usual levels better than their conversions do.
        reference, earlier, last, count = np.nan, np.nan, -1, 0
        variance, mean_step, unit, balance, held_h = 0.0, 0.0, -1, 0.0, 0
        for hour in range(hours):
            value, clock_hour = values[region, hour], hour_of_day[hour]
            if np.isnan(value):
                continue
            usual = level[clock_hour]
            if released[region, hour]:
                unit = -1
            elif count >= SHORT_HISTORY_H and not np.isnan(usual):
                step = abs(value - reference)
                if unit < 0:
                    unit = _fitting(value, usual, np.sqrt(variance), least_step, conversions, fits)
                    # The step back from a spike of one hour is no change of unit.
                    is_return = abs(value - earlier) < step / 2
                    if unit < 0 and step > _STEP_FACTOR * least_step and not is_return:
                        record = largest_step(values[region], flags[region], hour, hour - last, steps, is_smooth)
                        record = max(least_step, record)
                        if step > _STEP_FACTOR * record:
                            reach = min(record, max(least_step, _LANDING * mean_step))
                            unit = _landing(value, reference, reach, conversions, usual if must_fit else np.nan)
                    balance, held_h = 0.0, 0
                if unit >= 0:
                    converted = value * conversions[0, unit] + conversions[1, unit]
                    balance += (abs(converted - usual) - abs(value - usual) - balance) / HOURS_PER_DAY
                    held_h += 1
                    is_back = held_h > 1 and step < abs(converted - reference)
                    if not is_back and not (held_h > _CALM_H and balance > 0):
                        flags[region, hour], reference = True, converted
                        continue
                    unit = -1
                    fits[:] = 0
            if np.isnan(usual) or released[region, hour]:
                level[clock_hour] = value
            departure = value - level[clock_hour]
            level[clock_hour] += _WEIGHT * departure
            variance += _SPREAD_WEIGHT * (departure * departure - variance)
            if last == hour - 1 and hour:
                mean_step += _SPREAD_WEIGHT * (abs(value - reference) - mean_step)
            last, earlier, reference = hour, reference, value
            count += 1
    return flags


@compiled
def _begun(departure: float, before: float, reach: float, conversions: FloatArray) -> int:
    """Return the conversion that explains a jump of a price from its usual level; else -1.

    Args:
        departure, before: of the value and of the value before, from their usual levels.
        reach: largest departure that fits.
    """
    for candidate in range(conversions.shape[1]):
        if abs(before) <= reach and abs(departure + conversions[1, candidate]) <= reach:
            return candidate
    return -1


@compiled
def _changed_price(values: FloatArray, released: Flags, hour_of_day: IntArray, conversions: FloatArray) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    for region in range(regions):
        level = np.full(HOURS_PER_DAY, np.nan)
        before, spread, count, unit, calm = np.nan, 0.0, 0, -1, 0
        # A conversion that may have begun, and how many values have fitted it since and how many have not.
        candidate, fitting, misfits = -1, 0, 0
        for hour in range(hours):
            value, clock_hour = values[region, hour], hour_of_day[hour]
            if np.isnan(value):
                continue
            if np.isnan(level[clock_hour]):
                level[clock_hour], count = value, count + 1
                continue
            departure = value - level[clock_hour]
            if released[region, hour]:
                unit, candidate, departure, level[clock_hour] = -1, -1, 0.0, value
            elif count >= SHORT_HISTORY_H and unit < 0:
                reach = min(max(2 * spread, _PRICE_REACH[0]), _PRICE_REACH[1])
                if candidate < 0:
                    candidate, fitting, misfits = _begun(departure, before, reach, conversions), 0, 0
                if candidate >= 0:
                    fits = abs(departure + conversions[1, candidate]) <= reach
                    fitting, misfits = fitting + fits, misfits + (not fits)
                    if fitting >= _LEVEL_H:
                        unit, candidate, calm = candidate, -1, 0
                    elif misfits > _PRICE_MISFITS:
                        candidate = -1
            before = departure
            if unit >= 0:
                if abs(departure + conversions[1, unit]) < abs(departure):
                    flags[region, hour], calm = True, 0
                    continue
                calm += 1
                unit = -1 if calm >= _CALM_H else unit
            level[clock_hour] += _WEIGHT * departure
            spread += _SPREAD_WEIGHT * (min(abs(departure), 1.0) - spread)
            count += 1
    return flags
