"""Flags that say whether actual values are inside bounds."""

import numpy as np

from fleet.units import FloatArray


def covered(actual: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return 1 where the actual value is inside the bounds, else 0; NaN where the actual value is missing.

    All arrays have the same shape, usually (origin, lead). A value equal to a bound is inside.
    """
    return np.where(np.isfinite(actual), (actual >= lower) & (actual <= upper), np.nan)


def path_covered(actual: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return 1 where the actual values of all leads are inside the bounds, else 0; NaN where a value is missing.

    Args:
        actual, lower, upper: (origin, lead).
    Returns: (origin,).
    """
    is_inside = np.all((actual >= lower) & (actual <= upper), axis=1)
    return np.where(np.isfinite(actual).all(axis=1), is_inside, np.nan)
