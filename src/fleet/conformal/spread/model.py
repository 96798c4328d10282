"""The log-linear model of a spread: its factor, what it learns from, and its fit.

Its target is the second moment of the errors on one side, in units of the slow mean: absolute errors of both sides
together would hide that a server which idles can only burst upward. Each row counts by one damped step of reweighting
from the weights of its month, so that nothing has to be gone through twice.
"""

import math

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
    exponent = _exponent(features, weights)
    return np.exp(exponent, out=exponent)


def learn(
    gram: FloatArray, moment: FloatArray, weights: FloatArray, features: FloatArray, error: FloatArray, *, row_h: int
) -> tuple[FloatArray, FloatArray]:
    """Normal equations with some rows more, and the earlier ones forgotten a little at each.

    Args:
        gram: (region, feature, feature). moment, weights: (region, feature, side).
        features: (row, feature, region, lead). error: (row, region, lead) in slow means; NaN is left out.
        row_h: hours between two rows.
    """
    known = (np.isfinite(error) & np.isfinite(features).all(axis=1))[:, None]
    rows = np.where(known, features, 0.0).astype(np.float64).transpose(0, 2, 1, 3)
    exponent = _exponent(features, weights)
    excess = np.stack([np.maximum(-error, 0), np.maximum(error, 0)], axis=1)
    step = np.clip(((excess / np.exp(exponent)) ** 2 - 1) / 2, -1, _FURTHEST_STEP)
    target = np.where(known, exponent + step, 0.0).astype(np.float64).transpose(0, 2, 3, 1)
    keep = 0.5 ** (row_h / _MEMORY_H)
    for of_row, towards in zip(rows @ rows.transpose(0, 1, 3, 2), rows @ target, strict=True):
        gram, moment = keep * gram + of_row, keep * moment + towards
    return gram, moment


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
    # Written out for each lead: arrays are multiplied much faster where their last axes match.
    for_each = np.repeat(weights.astype(features.dtype).transpose(1, 2, 0)[..., None], features.shape[-1], axis=-1)
    total: FloatArray = features[:, :1] * for_each[0]
    term = np.empty_like(total)
    for number, weight in enumerate(for_each[1:], start=1):
        total += np.multiply(features[:, number, None], weight, out=term)
    furthest = math.log(LARGEST_FACTOR)
    np.clip(total, -furthest, furthest, out=total)
    return total
