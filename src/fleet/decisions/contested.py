"""The rule for contested hours of a job. In these hours a decision can cause or prevent a breach.

The thresholds of "near" are `NEAR_LIMIT_K` in `fleet.physics.limits.base`, for temperature limits, and
`NEAR_LIMIT_SHARE` in `fleet.preparation.build_conditions`, for all other limits.
"""

import numpy as np
from numpy.typing import NDArray

from fleet.units import FloatArray


def contested_hours(
    near_limit: NDArray[np.bool_], near_limit_mw: FloatArray, headroom_mw: FloatArray, taken_mw: FloatArray
) -> NDArray[np.bool_]:
    """Return which hours are contested. All arrays have the same shape. A job is contested if one of its hours is.

    Args:
        near_limit: the forecast comes near a temperature limit.
        near_limit_mw: if all jobs together have more power than this, the load comes near another limit.
        headroom_mw: the power that all jobs together may use, at the upper bounds of each hour.
        taken_mw: the power of all placed jobs and of the job itself.
    """
    return near_limit | (taken_mw > near_limit_mw) | (taken_mw >= headroom_mw)
