"""How the anomalies of one quantity follow those of another."""

import numpy as np

from fleet.twin.climate import MEMORIES_H
from fleet.units import HOURS_PER_DAY, FloatArray
from twin_study.fit.regular import monthly_mean, smooth_year

_MOST = 0.95
_LEAST_ATTAINABLE = 0.5


def daily(anomaly: FloatArray) -> FloatArray:
    """(day,) means of 24 h from the first hour on; NaN where nothing is known."""
    days = anomaly[: len(anomaly) // HOURS_PER_DAY * HOURS_PER_DAY].reshape(-1, HOURS_PER_DAY)
    known = np.isfinite(days).sum(axis=1)
    return np.where(known > 0, np.nansum(days, axis=1) / np.maximum(known, 1), np.nan)


def coupling(
    first: FloatArray,
    second: FloatArray,
    months: FloatArray,
    first_memory: tuple[float, ...],
    second_memory: tuple[float, ...],
) -> tuple[float, ...]:
    """(month,) correlation at equal memory that gives daily means the correlation they were observed to have.

    Args:
        first, second: (day,) means; months: (month, day) weights of the year.
    """
    both = np.isfinite(first) & np.isfinite(second)
    product = monthly_mean(np.where(both, first * second, np.nan), months)
    sizes = [monthly_mean(np.where(both, each, np.nan) ** 2, months) for each in (first, second)]
    found = smooth_year(product / np.sqrt(np.maximum(sizes[0] * sizes[1], 1e-6)))
    attainable = _attainable(np.array(first_memory), np.array(second_memory))
    return tuple(map(float, np.clip(found / attainable, -_MOST, _MOST)))


def _attainable(first: FloatArray, second: FloatArray) -> float:
    """Correlation of the daily means of two anomalies whose parts of equal memory are wholly correlated.

    Bounded from below: two that share hardly a memory can hardly be coupled, and are not to be forced.
    """
    lags = np.abs(np.subtract.outer(np.arange(HOURS_PER_DAY), np.arange(HOURS_PER_DAY)))
    kept = np.array([np.exp(-lags / memory_h).mean() for memory_h in MEMORIES_H])
    sizes = (first * kept).sum() * (second * kept).sum()
    joint = (np.sqrt(first * second) * kept).sum()
    return max(float(joint / np.sqrt(sizes)) if sizes > 0 else 0.0, _LEAST_ATTAINABLE)
