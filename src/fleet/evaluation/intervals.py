"""Rates with their number of cases, and with intervals from resampled whole days.

Cases of one day depend on each other: one hot hour breaches all jobs that run in that hour. So whole days are
resampled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fleet.units import FloatArray

# Summed weights of the cases with a true outcome, and of all cases, more than zero: both (day,).
_HitsAndCases = tuple[FloatArray, FloatArray]
_RESAMPLES = 2_000
_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A rate. Without a case with a known outcome, share and interval are NaN.

    count: number of cases whose outcome is known.
    share: share of these cases in which the outcome is true.
    interval_95: 95 % interval of the share.
    """

    count: int
    share: float
    interval_95: tuple[float, float]


def rate(outcome: FloatArray | NDArray[np.bool_], day: NDArray[np.int64]) -> Rate:
    """Return the rate of all cases.

    Args:
        outcome: (case,) 1 or 0, NaN where the outcome is not known.
        day: (case,) any number that identifies the day of the case.
    """
    return rates(outcome, day, np.zeros(len(day), dtype=np.int64), 1)[0]


def rates(
    outcome: FloatArray | NDArray[np.bool_], day: NDArray[np.int64], group: NDArray[np.int64], groups: int
) -> tuple[Rate, ...]:
    """Return the rate of each group of cases.

    Args:
        outcome: (case,) 1 or 0, NaN where the outcome is not known.
        day: (case,) any number that identifies the day of the case.
        group: (case,) the group of the case, in 0 to groups - 1.
        groups: number of groups.
    """
    flags = np.asarray(outcome, dtype=np.float64)
    is_known = np.isfinite(flags)
    _, day_index = np.unique(day[is_known], return_inverse=True)
    days = int(day_index.max(initial=-1)) + 1
    cell = group[is_known] * days + day_index
    shape = (groups, days)
    cases_by_day = np.bincount(cell, minlength=groups * days).reshape(shape).astype(np.float64)
    hits_by_day = _sums(cell, flags[is_known], groups * days).reshape(shape)
    known = [(hits[cases > 0], cases[cases > 0]) for hits, cases in zip(hits_by_day, cases_by_day, strict=True)]
    return tuple(
        Rate(count=int(cases.sum()), share=_share(hits.sum(), cases.sum()), interval_95=interval)
        for (hits, cases), interval in zip(known, _intervals(known), strict=True)
    )


def day_block_interval(
    outcome: NDArray[np.bool_], day: NDArray[np.int64], weight: FloatArray | None = None
) -> tuple[float, float]:
    """Return the 95 % interval of a rate, from resampled whole days.

    If the outcome is the same in all cases, resampling cannot vary the rate. Then one end of the interval is the rate,
    and the other end is that of Clopper and Pearson for the number of days. A single day gives the interval (0, 1), and
    no case gives NaN.

    Args:
        outcome: (case,) True or False.
        day: (case,) any number that identifies the day of the case.
        weight: (case,) weight of each case; 1 by default.
    """
    if not len(outcome):
        return float("nan"), float("nan")
    _, day_index = np.unique(day, return_inverse=True)
    weights = np.ones(len(outcome)) if weight is None else weight
    [interval] = _intervals([(_sums(day_index, np.where(outcome, weights, 0.0)), _sums(day_index, weights))])
    return interval


def _share(hits: float, cases: float) -> float:
    return float(hits / cases) if cases else float("nan")


def _intervals(groups: Sequence[_HitsAndCases]) -> list[tuple[float, float]]:
    """Return the 95 % interval of each group's share hits / cases."""
    intervals = [_interval_without_draws(hits, cases) for hits, cases in groups]
    drawn: dict[int, list[int]] = {}
    for index, interval in enumerate(intervals):
        if interval is None:
            drawn.setdefault(len(groups[index][0]), []).append(index)
    # All groups with the same number of days have the same draws, so one product of matrices serves them.
    for days, indices in drawn.items():
        sums = draws(days) @ np.stack([groups[index] for index in indices]).reshape(-1, days).T
        ends = np.quantile(sums[:, ::2] / sums[:, 1::2], _INTERVAL, axis=0)
        for index, (low, high) in zip(indices, ends.T.tolist(), strict=True):
            intervals[index] = low, high
    return [interval for interval in intervals if interval is not None]


def _interval_without_draws(hits: FloatArray, cases: FloatArray) -> tuple[float, float] | None:
    """Return the interval of a share that resampling cannot vary; None for any other share."""
    days = len(cases)
    if not days:
        return float("nan"), float("nan")
    if days == 1:
        return 0.0, 1.0
    upper_end_without_hits = float(special.betaincinv(1, days, _INTERVAL[1]))
    if not hits.any():
        return 0.0, upper_end_without_hits
    if (hits == cases).all():
        return 1.0 - upper_end_without_hits, 1.0
    return None


def _sums(index: NDArray[np.int64], values: FloatArray, least: int = 0) -> FloatArray:
    """Return the sum of the values at each index; at least `least` sums."""
    return np.bincount(index, weights=values, minlength=least).astype(np.float64)


@lru_cache(maxsize=8)
def draws(days: int) -> FloatArray:
    """Return how often each day is drawn in each resample, (resample, day).

    The draws are the same for all rates over the same number of days, so that two rates can be compared.
    """
    draw = np.random.default_rng(0).integers(days, size=(_RESAMPLES, days))
    cell = draw + days * np.arange(_RESAMPLES)[:, None]
    return np.bincount(cell.ravel(), minlength=_RESAMPLES * days).reshape(_RESAMPLES, days).astype(np.float64)
