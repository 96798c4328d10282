"""Anomalies with one tail longer than the other, and neither without end."""

import numpy as np
from scipy.special import kve

from fleet.units import FloatArray

# The mean of sqrt(1 + Z^2) for standard normal Z, by Bessel functions of the second kind; its mean square is 2.
_MEAN_ROOT = float(np.sqrt(1 / (2 * np.pi)) * 0.5 * (kve(0, 0.25) + kve(1, 0.25)))
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_UNBENT = 0.6  # of the way to the limit


def skewed(normal: FloatArray, skew: FloatArray) -> FloatArray:
    """Standard normal scores with a longer lower (skew < 0) or upper tail, still of mean 0 and variance 1.

    Monotone for |skew| < 1, where one tail is flattened to a line of slope 1 - |skew|.
    Source: z + s sqrt(1 + z^2), the sinh-arcsinh family of Jones and Pewsey 2009 at tail weight one.
    """
    spread = np.sqrt(1 + skew**2 * (2 - _MEAN_ROOT**2))
    bent: FloatArray = (normal + skew * (np.sqrt(1 + normal**2) - _MEAN_ROOT)) / spread
    return bent


def skewness(skew: float) -> float:
    """Third standard moment of `skewed` scores."""
    return float(skewed(_NODES, np.array(skew)) ** 3 @ _WEIGHTS)


def limited(anomaly: FloatArray, lowest: FloatArray, highest: FloatArray) -> FloatArray:
    """The anomaly, bent towards its limits in the last two fifths of the way and never past them.

    Args:
        lowest, highest: below and above zero.
    """
    limit = np.where(anomaly < 0, lowest, highest)
    way = anomaly / limit
    beyond = np.maximum(way - _UNBENT, 0)
    bent: FloatArray = limit * (np.minimum(way, _UNBENT) + (1 - _UNBENT) * np.tanh(beyond / (1 - _UNBENT)))
    return bent
