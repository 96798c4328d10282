"""The log-linear model of a spread: its factor, what it learns from, and its fit.

Its target is the second moment of the errors on one side, in units of the slow mean: absolute errors of both sides
together would hide that a server which idles can only burst upward. Each row counts by one damped step of reweighting
from the weights of its month, so that nothing has to be gone through twice.
"""

import numpy as np

from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

# What a short or bursty history suggests beyond this factor is more often chance.
LARGEST_FACTOR = 8.0
_MEMORY_H = HOURS_PER_YEAR
_FIRST_FIT_H = 30 * HOURS_PER_DAY
_RIDGE_ROWS = 6.0
_FURTHEST_STEP = 8.0
_INTERCEPT = 1e-6
_LEADS_OF_A_DAY = 24


def factor(features: FloatArray, weights: FloatArray) -> FloatArray:
    """(tick, side, region, lead) from (tick, feature, region, lead) and (region, feature, side)."""
    return np.exp(_exponent(features, weights))


def learn(
    gram: FloatArray, moment: FloatArray, weights: FloatArray, features: FloatArray, error: FloatArray, *, row_h: int
) -> tuple[FloatArray, FloatArray]:
    """Normal equations with a row more, and the earlier ones forgotten a little.

    Args:
        gram: (region, feature, feature). moment, weights: (region, feature, side).
        features: (feature, region, lead) of the row. error: (region, lead) in slow means; NaN is left out.
        row_h: hours between two rows.
    """
    known = np.isfinite(error) & np.isfinite(features).all(axis=0)
    rows = np.where(known, features, 0.0).astype(np.float64).transpose(1, 0, 2)
    exponent = _exponent(features[None], weights)[0]
    excess = np.stack([np.maximum(-error, 0), np.maximum(error, 0)])
    step = np.clip(((excess / np.exp(exponent)) ** 2 - 1) / 2, -1, _FURTHEST_STEP)
    target = np.where(known, exponent + step, 0.0)
    keep = 0.5 ** (row_h / _MEMORY_H)
    return (
        keep * gram + rows @ rows.transpose(0, 2, 1),
        keep * moment + rows @ target.astype(np.float64).transpose(1, 2, 0),
    )


def fit(gram: FloatArray, moment: FloatArray, *, row_h: int) -> FloatArray:
    """(region, feature, side) weights; zero, that is a factor of one, for a region with too short a history."""
    rows = gram[:, 0, 0]
    enough = rows * row_h >= _FIRST_FIT_H * _LEADS_OF_A_DAY
    ridge = np.full(gram.shape[1], _RIDGE_ROWS * _LEADS_OF_A_DAY)
    ridge[0] = _INTERCEPT
    weights = np.linalg.solve(gram + np.diag(ridge), moment)
    return np.where(enough[:, None, None], weights, 0.0)


def _exponent(features: FloatArray, weights: FloatArray) -> FloatArray:
    """(tick, side, region, lead), within the largest factor up and down. Feature by feature: the order of the sums must
    not depend on how many ticks there are.
    """
    total = np.zeros((len(features), weights.shape[2], *features.shape[2:]), dtype=features.dtype)
    for number in range(features.shape[1]):
        total += features[:, number, None] * weights[:, number].T[:, :, None]
    return np.clip(total, -np.log(LARGEST_FACTOR), np.log(LARGEST_FACTOR))
