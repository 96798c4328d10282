"""Weather in steps of a quarter of a kelvin, always upwards: a table is read, not computed, and on the safe side."""

import numpy as np

from fleet.units import FloatArray, IntArray

_STEP_K = 0.25
TEMPERATURES_C = np.arange(-30, 60 + _STEP_K, _STEP_K)
DEW_POINTS_C = np.arange(-40, 35 + _STEP_K, _STEP_K)


def cell(values: FloatArray, grid: FloatArray) -> IntArray:
    """Where the next grid point at or above each value stands; one past the last where there is none."""
    place = np.ceil((values - grid[0]) / _STEP_K)
    return np.asarray(np.clip(place, 0, len(grid)), dtype=np.int64)


def at_or_above(values: FloatArray, grid: FloatArray) -> FloatArray:
    """The next grid point at or above each value; NaN where there is none."""
    return np.asarray(np.append(grid, np.nan)[cell(values, grid)])
