"""How much conservatism a window's worst headroom has needed, tracked: what is decided is what is calibrated."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.tracker import Tracker
from fleet.domain.clock import HourArray
from fleet.units import DUST_MW, FloatArray

# Scores in units of margins differ less from the start than raw errors do.
WARM_UP_DAYS = 30
# Where even the last rung promised too much, this many rungs' distance past it is the score.
_PAST_THE_LAST = 1.0


def buckets(horizon: int) -> NDArray[np.int64]:
    """(bucket,) longest window of each: lengths that double, and the horizon."""
    doubled = 2 ** np.arange(int(horizon).bit_length() + 1)
    return np.unique(np.minimum(doubled, horizon))


def needed_levels(
    promised_mw: FloatArray, actual_mw: FloatArray, rungs: FloatArray, longest: NDArray[np.int64]
) -> FloatArray:
    """(origin, region, start, bucket) the least rung at which a window's worst headroom was at most the actual one.

    It does not ask for every hour to be bounded: an hour with room to spare may have less of it than was promised. Nor
    does it ask anything of a window in which nothing was promised.

    Args:
        promised_mw: (rung, origin, region, lead) headroom, at least zero, falling from rung to rung; NaN where nothing
            was bounded.
        actual_mw: (origin, region, lead) what there came to be; NaN where that is not known.
        rungs: (rung,) levels. longest: (bucket,) hours; a window ends with the horizon at the latest.
    Returns: NaN where a window has a gap.
    """
    needed = np.empty((*actual_mw.shape, len(longest)), dtype=actual_mw.dtype)
    for bucket, hours in enumerate(longest):
        actual = _worst(actual_mw, int(hours))
        level = np.full(actual.shape, rungs[-1] + _PAST_THE_LAST, dtype=actual.dtype)
        for rung in reversed(range(len(rungs))):
            promised = _worst(promised_mw[rung], int(hours))
            level[promised <= actual + DUST_MW] = rungs[rung]
        needed[..., bucket] = np.where(np.isnan(actual) | np.isnan(promised), np.nan, level)
    return needed


def decision_levels(
    needed: FloatArray,
    origin_utc: HourArray,
    longest: NDArray[np.int64],
    miscoverage: Fraction,
    *,
    since: int,
) -> FloatArray:
    """(origin - since, region, start, bucket) bound of the levels that windows need; at least zero, infinite before
    enough of them have been seen.

    What a window needed is known when it has ended.
    """
    origins, regions, starts, _ = needed.shape
    ends = np.minimum(np.arange(starts)[:, None] + longest, starts)
    margin = Tracker(warm_up_days=WARM_UP_DAYS).margin(
        needed.reshape(origins, regions, -1), origin_utc, ends.ravel(), miscoverage, since=since
    )
    return np.maximum(margin, 0.0).reshape(-1, regions, starts, len(longest))


def _worst(values: FloatArray, hours: int) -> FloatArray:
    """(..., lead): the least of `hours` values from each lead on, or of those there are; NaN if one is."""
    least, covered = values.copy(), 1
    while covered < hours:
        step = min(covered, hours - covered)
        least[..., :-step] = np.minimum(least[..., :-step], least[..., step:])
        covered += step
    return least
