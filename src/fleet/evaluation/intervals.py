"""Rates with their count and an interval that respects dependence: whole days are resampled."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fleet.units import FloatArray

_RESAMPLES = 2_000
_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How often something was so. Without a single case, share and interval are NaN.

    count: cases that could be judged. share: of them, those in which it was so. interval_95: of the share.
    """

    count: int
    share: float
    interval_95: tuple[float, float]


def rate(so: FloatArray | NDArray[np.bool_], day: NDArray[np.int64]) -> Rate:
    """One rate of all cases.

    Args:
        so: (case,) 1 or 0, and NaN where it is not known.
        day: (case,) any number that names the day of the case.
    """
    return rates(so, day, np.zeros(len(day), dtype=np.int64), 1)[0]


def rates(
    so: FloatArray | NDArray[np.bool_], day: NDArray[np.int64], cell: NDArray[np.int64], cells: int
) -> tuple[Rate, ...]:
    """A rate for each of the cells 0..cells - 1.

    Args:
        so, day: (case,) as for `rate`. cell: (case,) where each case belongs.
    """
    flags = np.asarray(so, dtype=np.float64)
    known = np.isfinite(flags)
    _, block = np.unique(day[known], return_inverse=True)
    days = int(block.max(initial=-1)) + 1
    place = cell[known] * days + block
    shape = (cells, days)
    total = np.bincount(place, minlength=cells * days).reshape(shape).astype(np.float64)
    hits = _sums(place, flags[known], cells * days).reshape(shape)
    found = []
    for had, of in zip(hits, total, strict=True):
        count = float(of.sum())
        share = float(had.sum()) / count if count else float("nan")
        found.append(Rate(count=int(count), share=share, interval_95=_interval(had[of > 0], of[of > 0])))
    return tuple(found)


def day_block_interval(
    so: NDArray[np.bool_], day: NDArray[np.int64], weight: FloatArray | None = None
) -> tuple[float, float]:
    """95 % interval of a rate when whole days are resampled: one hot hour breaches all the jobs that it meets.

    Where it never was so, or always, resampling has nothing to vary; the other end is then Clopper and Pearson's for
    days. A single day says nothing about others.

    Args:
        so, day: (case,); day is any number that names the day of the case.
        weight: (case,) what each case counts for; one, if left out.
    """
    if not len(so):
        return float("nan"), float("nan")
    _, block = np.unique(day, return_inverse=True)
    each = np.ones(len(so)) if weight is None else weight
    return _interval(_sums(block, np.where(so, each, 0.0)), _sums(block, each))


def _interval(had: FloatArray, of: FloatArray) -> tuple[float, float]:
    """had, of: (day,) sums of what was so, and of all; every day has some."""
    days = len(of)
    if not days:
        return float("nan"), float("nan")
    if days == 1:
        return 0.0, 1.0
    far_end = float(special.betaincinv(1, days, _INTERVAL[1]))
    if not had.any():
        return 0.0, far_end
    if (had == of).all():
        return 1.0 - far_end, 1.0
    drawn = draws(days)
    low, high = np.quantile((drawn @ had) / (drawn @ of), _INTERVAL)
    return float(low), float(high)


def _sums(place: NDArray[np.int64], values: FloatArray, least: int = 0) -> FloatArray:
    return np.bincount(place, weights=values, minlength=least).astype(np.float64)


@lru_cache(maxsize=8)
def draws(days: int) -> FloatArray:
    """(resample, day) how often each day is drawn; the same for all rates over so many days."""
    draw = np.random.default_rng(0).integers(days, size=(_RESAMPLES, days))
    place = draw + days * np.arange(_RESAMPLES)[:, None]
    return np.bincount(place.ravel(), minlength=_RESAMPLES * days).reshape(_RESAMPLES, days).astype(np.float64)
