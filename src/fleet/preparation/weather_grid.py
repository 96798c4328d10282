"""A grid of temperatures and dew points in steps of 0.25 K. Values are rounded up, which is the safe side."""

import numpy as np

from fleet.units import FloatArray, IntArray

_STEP_K = 0.25
TEMPERATURES_C = np.arange(-30, 60 + _STEP_K, _STEP_K)
DEW_POINTS_C = np.arange(-40, 35 + _STEP_K, _STEP_K)


def cell(values: FloatArray, grid: FloatArray) -> IntArray:
    """Return the index of the first grid point at or above each value; the grid's length if there is none or for NaN.

    Args:
        grid: TEMPERATURES_C or DEW_POINTS_C.
    """
    index = np.ceil((values - grid[0]) / _STEP_K)
    return np.asarray(np.nan_to_num(np.clip(index, 0, len(grid)), nan=len(grid)), dtype=np.int64)


def at_or_above(values: FloatArray, grid: FloatArray) -> FloatArray:
    """Return the first grid point at or above each value; NaN where there is none."""
    return np.asarray(np.append(grid, np.nan)[cell(values, grid)])
