"""The log-linear model of the spread: its factor, its normal equations and its fit.

The square of the factor is the second moment of the residuals of one side, in units of the slow spread. Each side has
its own weights, because sides differ: the load of an idle server can only rise. The weights are fitted when a calendar
month begins. Until the next fit, the target of each row is one damped step of reweighted least squares from these
weights. The row then enters the normal equations and is not read again.
"""

import math

import numpy as np

from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

# In a short history, or in a history with rare high peaks, a larger factor is more often chance than a real effect.
LARGEST_FACTOR = 8.0
_HALF_LIFE_H = HOURS_PER_YEAR
_FIRST_FIT_H = 30 * HOURS_PER_DAY
_RIDGE_ROWS = 6.0
_LARGEST_STEP = 8.0
_INTERCEPT_RIDGE = 1e-6
_LEADS_OF_A_DAY = 24


def factor(features: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the factor by which the model multiplies the slow spread: (tick, side, region, lead).

    Args:
        features: (tick, feature, region, lead).
        weights: (region, feature, side).
    """
    exponent = _exponent(features, weights)
    return np.exp(exponent, out=exponent)


def learn(
    gram: FloatArray, moment: FloatArray, weights: FloatArray, features: FloatArray, residual: FloatArray, *, row_h: int
) -> tuple[FloatArray, FloatArray]:
    """Return the normal equations after more rows. Older rows weigh less.

    Args:
        gram: (region, feature, feature).
        moment: (region, feature, side).
        weights: (region, feature, side), fitted when the month of the rows began.
        features: (row, feature, region, lead).
        residual: (row, region, lead) in units of the slow spread; NaN is left out.
        row_h: hours between two rows.
    Returns: gram and moment.
    """
    is_known = (np.isfinite(residual) & np.isfinite(features).all(axis=1))[:, None]
    rows = np.where(is_known, features, 0.0).astype(np.float64).transpose(0, 2, 1, 3)
    exponent = _exponent(features, weights)
    excess = np.stack([np.maximum(-residual, 0), np.maximum(residual, 0)], axis=1)
    step = np.clip(((excess / np.exp(exponent)) ** 2 - 1) / 2, -1, _LARGEST_STEP)
    target = np.where(is_known, exponent + step, 0.0).astype(np.float64).transpose(0, 2, 3, 1)
    keep = 0.5 ** (row_h / _HALF_LIFE_H)
    for row_gram, row_moment in zip(rows @ rows.transpose(0, 1, 3, 2), rows @ target, strict=True):
        gram, moment = keep * gram + row_gram, keep * moment + row_moment
    return gram, moment


def fit(gram: FloatArray, moment: FloatArray, *, row_h: int) -> FloatArray:
    """Return the weights: (region, feature, side). Zero (a factor of one) for regions with too short a history.

    Args:
        gram, moment, row_h: as in `learn`.
    """
    rows = gram[:, 0, 0]
    enough = rows * row_h >= _FIRST_FIT_H * _LEADS_OF_A_DAY
    ridge = np.full(gram.shape[1], _RIDGE_ROWS * _LEADS_OF_A_DAY)
    ridge[0] = _INTERCEPT_RIDGE
    weights = np.linalg.solve(gram + np.diag(ridge), moment)
    return np.where(enough[:, None, None], weights, 0.0)


def _exponent(features: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the logarithm of the factor, clipped: (tick, side, region, lead).

    Features are added one by one, because the order of the sum must not depend on the number of ticks.
    """
    # Weights are repeated for each lead: NumPy multiplies arrays much faster if their last axes match.
    weight_by_lead = np.repeat(
        weights.astype(features.dtype).transpose(1, 2, 0)[..., None], features.shape[-1], axis=-1
    )
    total: FloatArray = features[:, :1] * weight_by_lead[0]
    term = np.empty_like(total)
    for index, weight in enumerate(weight_by_lead[1:], start=1):
        total += np.multiply(features[:, index, None], weight, out=term)
    largest = math.log(LARGEST_FACTOR)
    np.clip(total, -largest, largest, out=total)
    return total
