"""Power of servers, as a share of their peak power, from their utilisation."""

import numpy as np
from numpy.typing import NDArray

from fleet.errors import DataError
from fleet.units import KW_PER_MW, FloatArray

# Peak power of an air-cooled server with eight GPUs. Source: NVIDIA DGX H100 user guide, maximum power.
GPU_SERVER_KW = 10.2

_CURVATURE = 1.4
# The curve rises and is concave, so Newton steps from the left never overshoot. Its slope is in [0.6, 2], so a few
# steps are enough.
_NEWTON_STEPS = 8
_ROUNDING = 1e-9


def gpu_servers(peak_mw: FloatArray | float) -> NDArray[np.int64]:
    """Return how many whole servers with eight GPUs have a total peak power of at most `peak_mw`."""
    return np.floor(np.asarray(peak_mw) * KW_PER_MW / GPU_SERVER_KW).astype(np.int64)


def power_share(utilisation: FloatArray | float, idle_share: float) -> FloatArray:
    """Return power over peak power: idle + (1 - idle) (2u - u^1.4). It rises strictly from `idle_share` to 1.

    Args:
        utilisation: u in [0, 1], any shape; NaN stays NaN.
        idle_share: idle over peak power, in [0, 1).
    Returns: of the shape of `utilisation`, in [idle_share, 1].
    Raises: DataError if an argument is outside its range.
    Source: Fan, Weber and Barroso 2007; for whole clusters it was within 1 % of the measured power.
    """
    _check_idle(idle_share)
    u = _within(utilisation, 0.0, "utilisation")
    return idle_share + (1 - idle_share) * _above_idle(u)


def utilisation_at(power_share: FloatArray | float, idle_share: float) -> FloatArray:
    """Return the utilisation at which servers draw this share of their peak: the inverse of `power_share`, to 1e-9.

    Args:
        power_share: in [idle_share, 1], any shape; NaN stays NaN.
        idle_share: idle over peak power, in [0, 1).
    Returns: of the shape of `power_share`, in [0, 1].
    Raises: DataError if an argument is outside its range.
    """
    _check_idle(idle_share)
    target = (_within(power_share, idle_share, "power share") - idle_share) / (1 - idle_share)
    # 2u bounds the curve from above, so target / 2 lies left of the root.
    u = target / 2
    for _ in range(_NEWTON_STEPS):
        u = u + (target - _above_idle(u)) / (2 - _CURVATURE * u ** (_CURVATURE - 1))
    return np.clip(u, 0, 1)


def _above_idle(u: FloatArray) -> FloatArray:
    """Return the share of the range from idle to peak power."""
    return 2 * u - u**_CURVATURE


def _check_idle(idle_share: float) -> None:
    if not 0 <= idle_share < 1:
        raise DataError(f"idle share is {idle_share:g}, expected 0 or more and below 1; give idle over peak power")


def _within(values: FloatArray | float, low: float, name: str) -> FloatArray:
    """Return the values, clipped to [low, 1]. Raise DataError if a value is outside by more than rounding error."""
    shares = np.asarray(values, dtype=np.float64)
    outside = shares[(shares < low - _ROUNDING) | (shares > 1 + _ROUNDING)]
    if outside.size:
        raise DataError(f"{name} is {outside.flat[0]:g}, expected {low:g} to 1; give a share, not percent")
    return np.clip(shares, low, 1)
