"""Power of servers against how busy they are, as a share of their peak."""

import numpy as np
from numpy.typing import NDArray

from fleet.errors import DataError
from fleet.units import KW_PER_MW, FloatArray

# An air-cooled server of eight GPUs. Source: NVIDIA DGX H100 user guide, maximum power.
GPU_SERVER_KW = 10.2

_CURVATURE = 1.4
# From the left, Newton on a concave rise never overshoots; the slope lies in [0.6, 2], so few steps do.
_NEWTON_STEPS = 8
_DUST = 1e-9


def gpu_servers(peak_mw: FloatArray | float) -> NDArray[np.int64]:
    """How many whole servers of eight GPUs draw that at their peak."""
    return np.floor(np.asarray(peak_mw) * KW_PER_MW / GPU_SERVER_KW).astype(np.int64)


def power_share(utilisation: FloatArray | float, idle_share: float) -> FloatArray:
    """Power over peak power: idle + (1 - idle) (2u - u^1.4). Rises strictly from `idle_share` to 1.

    Args:
        utilisation: u in [0, 1], any shape; NaN is missing and stays so.
        idle_share: idle over peak power, in [0, 1).
    Returns: of the shape of `utilisation`, in [idle_share, 1].
    Raises: DataError if either lies outside its range.
    Source: Fan, Weber and Barroso 2007, whole clusters within 1 % of measurement.
    """
    _check_idle(idle_share)
    u = _within(utilisation, 0.0, "utilisation")
    return idle_share + (1 - idle_share) * _busy(u)


def utilisation_at(power_share: FloatArray | float, idle_share: float) -> FloatArray:
    """Utilisation at which servers draw that share of their peak: the inverse of `power_share`, to 1e-9.

    Args:
        power_share: in [idle_share, 1], any shape; NaN is missing and stays so.
        idle_share: idle over peak power, in [0, 1).
    Returns: of the shape of `power_share`, in [0, 1].
    Raises: DataError if either lies outside its range.
    """
    _check_idle(idle_share)
    asked = (_within(power_share, idle_share, "power share") - idle_share) / (1 - idle_share)
    # 2u bounds the curve from above, so asked / 2 lies left of the root.
    u = asked / 2
    for _ in range(_NEWTON_STEPS):
        u = u + (asked - _busy(u)) / (2 - _CURVATURE * u ** (_CURVATURE - 1))
    return np.clip(u, 0, 1)


def _busy(u: FloatArray) -> FloatArray:
    return 2 * u - u**_CURVATURE


def _check_idle(idle_share: float) -> None:
    if not 0 <= idle_share < 1:
        raise DataError(f"idle share is {idle_share:g}, expected 0 or more and below 1; give idle over peak power")


def _within(values: FloatArray | float, low: float, what: str) -> FloatArray:
    """Clipped to [low, 1]: rounding leaves dust outside it, anything more is refused."""
    found = np.asarray(values, dtype=np.float64)
    outside = found[(found < low - _DUST) | (found > 1 + _DUST)]
    if outside.size:
        raise DataError(f"{what} is {outside.flat[0]:g}, expected {low:g} to 1; give a share, not percent")
    return np.clip(found, low, 1)
