"""Passes over the hours of a series that replace a missing value by the latest known one of the same hour of day."""

import numpy as np

from fleet.compiled import compiled
from fleet.units import HOURS_PER_DAY, FloatArray

# Largest distance of a covariate from its mean, in standard deviations. A larger distance is more often a sensor fault
# than real.
_FURTHEST_LEVEL = 5.0


@compiled
def last_same_hour(observed: FloatArray) -> FloatArray:
    """Return the latest known value of the same hour of day, up to each hour: (region, hour). NaN if there is none."""
    regions, hours = observed.shape
    filled = np.empty((regions, hours))
    for region in range(regions):
        latest = np.full(HOURS_PER_DAY, np.nan)
        for hour in range(hours):
            value = observed[region, hour]
            if np.isfinite(value):
                latest[hour % HOURS_PER_DAY] = value
            filled[region, hour] = latest[hour % HOURS_PER_DAY]
    return filled


@compiled
def levels(values: FloatArray) -> FloatArray:
    """Return each value minus the mean up to its hour, clipped at _FURTHEST_LEVEL standard deviations.

    Args:
        values: (region, hour).
    Returns: (region, hour). The latest level of the same hour of day replaces a missing one; 0 if there is none.
    """
    regions, hours = values.shape
    result = np.empty((regions, hours))
    for region in range(regions):
        latest = np.zeros(HOURS_PER_DAY)
        count, first_value, total, squares = 0, 0.0, 0.0, 0.0
        for hour in range(hours):
            value = values[region, hour]
            if np.isfinite(value):
                if count == 0:
                    first_value = value
                # The first value is subtracted, because rounding errors in squares of large values would hide the
                # spread.
                departure = value - first_value
                count, total, squares = count + 1, total + departure, squares + departure * departure
                mean = total / count
                level = departure - mean
                furthest = _FURTHEST_LEVEL * np.sqrt(max(squares / count - mean * mean, 0.0))
                if level >= furthest:
                    level = furthest
                elif level < -furthest:
                    # Without spread this is zero without a sign.
                    level = 0.0 - furthest
                latest[hour % HOURS_PER_DAY] = level
            result[region, hour] = latest[hour % HOURS_PER_DAY]
    return result
