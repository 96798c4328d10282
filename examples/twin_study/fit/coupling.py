"""The coupling of the anomalies of one quantity to the anomalies of another."""

import numpy as np

from fleet.twin.climate import MEMORIES_H
from fleet.units import HOURS_PER_DAY, FloatArray
from twin_study.fit.regular import monthly_mean, smooth_year

_MOST = 0.95
_LEAST_ATTAINABLE = 0.5


def daily(anomaly: FloatArray) -> FloatArray:
    """Return means of 24 h from the first hour on, (day,); NaN where nothing is known."""
    days = anomaly[: len(anomaly) // HOURS_PER_DAY * HOURS_PER_DAY].reshape(-1, HOURS_PER_DAY)
    known_hours = np.isfinite(days).sum(axis=1)
    return np.where(known_hours > 0, np.nansum(days, axis=1) / np.maximum(known_hours, 1), np.nan)


def coupling(
    first: FloatArray,
    second: FloatArray,
    months: FloatArray,
    first_memory: tuple[float, ...],
    second_memory: tuple[float, ...],
) -> tuple[float, ...]:
    """Return the correlation at equal memory, (month,), that reproduces the observed correlation of daily means.

    Args:
        first, second: (day,) daily means of two anomalies.
        months: (month, day) interpolation weights.
        first_memory, second_memory: shares of the variance at MEMORIES_H.
    """
    is_known = np.isfinite(first) & np.isfinite(second)
    product = monthly_mean(np.where(is_known, first * second, np.nan), months)
    squares = [monthly_mean(np.where(is_known, series, np.nan) ** 2, months) for series in (first, second)]
    observed = smooth_year(product / np.sqrt(np.maximum(squares[0] * squares[1], 1e-6)))
    attainable = _attainable(np.array(first_memory), np.array(second_memory))
    return tuple(map(float, np.clip(observed / attainable, -_MOST, _MOST)))


def _attainable(first: FloatArray, second: FloatArray) -> float:
    """Return the correlation of daily means of two anomalies whose parts of equal memory are fully correlated.

    A lower bound keeps the coupling finite for two anomalies that have almost no memory in common.
    """
    lags = np.abs(np.subtract.outer(np.arange(HOURS_PER_DAY), np.arange(HOURS_PER_DAY)))
    kept_share = np.array([np.exp(-lags / memory_h).mean() for memory_h in MEMORIES_H])
    sizes = (first * kept_share).sum() * (second * kept_share).sum()
    joint = (np.sqrt(first * second) * kept_share).sum()
    return max(float(joint / np.sqrt(sizes)) if sizes > 0 else 0.0, _LEAST_ATTAINABLE)
