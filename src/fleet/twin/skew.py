"""Anomalies with one tail longer than the other, and with limits."""

import numpy as np
from scipy.special import kve

from fleet.units import FloatArray

# The mean of sqrt(1 + Z^2) for standard normal Z, by Bessel functions of the second kind. The mean of its square is 2.
_MEAN_ROOT = float(np.sqrt(1 / (2 * np.pi)) * 0.5 * (kve(0, 0.25) + kve(1, 0.25)))
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_LINEAR_SHARE = 0.6  # up to this share of the limit, an anomaly is unchanged


def skewed(normal: FloatArray, skew: FloatArray) -> FloatArray:
    """Return skewed scores of mean 0 and variance 1 for standard normal scores.

    The result rises with the input for |skew| < 1. The shorter tail approaches a line of slope 1 - |skew|.

    Args:
        normal: standard normal scores, any shape.
        skew: in (-1, 1), of a shape that broadcasts with `normal`; with a negative skew the lower tail is longer.
    Source: z + s sqrt(1 + z^2), the sinh-arcsinh family of Jones and Pewsey 2009 at tail weight one.
    """
    spread = np.sqrt(1 + skew**2 * (2 - _MEAN_ROOT**2))
    scores: FloatArray = (normal + skew * (np.sqrt(1 + normal**2) - _MEAN_ROOT)) / spread
    return scores


def skewness(skew: float) -> float:
    """Return the third standard moment of `skewed` scores."""
    return float(skewed(_NODES, np.array(skew)) ** 3 @ _WEIGHTS)


def softly_limited(anomaly: FloatArray, lowest: FloatArray, highest: FloatArray) -> FloatArray:
    """Return the anomaly, kept between its limits.

    Up to 0.6 of a limit an anomaly is unchanged. Beyond, it approaches the limit smoothly and never passes it.

    Args:
        anomaly: any shape and unit.
        lowest, highest: limits in the unit of `anomaly`, below and above zero, of a shape that broadcasts with it.
    """
    limit = np.where(anomaly < 0, lowest, highest)
    share = anomaly / limit
    beyond = np.maximum(share - _LINEAR_SHARE, 0)
    result: FloatArray = limit * (
        np.minimum(share, _LINEAR_SHARE) + (1 - _LINEAR_SHARE) * np.tanh(beyond / (1 - _LINEAR_SHARE))
    )
    return result
