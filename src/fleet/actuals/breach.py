"""The one rule for a breach. Live decisions, replays and the controller all use it."""

import numpy as np
from numpy.typing import NDArray

from fleet.units import FloatArray, exceeds


def is_breach(load_mw: FloatArray, safe_load_mw: FloatArray) -> NDArray[np.bool_]:
    """Tell in which hours the actual total load is above the load that the limits allow in the actual weather.

    Args:
        load_mw: actual total IT load, with the jobs.
        safe_load_mw: the largest total IT load that every limit allows in the actual weather, of the same shape.
    Returns: of the same shape; False where a value is missing, because such an hour cannot be judged (`can_judge`).
    """
    return np.asarray(exceeds(load_mw, safe_load_mw))


def can_judge(load_mw: FloatArray, safe_load_mw: FloatArray) -> NDArray[np.bool_]:
    """Tell in which hours the actual weather and load are known. Args: as for `is_breach`."""
    return np.isfinite(load_mw) & np.isfinite(safe_load_mw)
