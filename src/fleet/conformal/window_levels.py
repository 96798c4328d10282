"""Tracks the level that windows needed, for each region, start and bucket of window lengths.

A decision uses the worst headroom of a window, so the needed level is that of the worst headroom.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.base import MarginSettings, State, delayed
from fleet.conformal.tracker import Tracker
from fleet.domain.clock import HourArray
from fleet.units import ROUNDING_MW, FloatArray

# The scores are in margins, which already follow the size of the errors. So a shorter warm-up is enough.
WARM_UP_DAYS = 30
# If a window needs more than the highest level, its score lies this far above that level.
_ABOVE_HIGHEST_LEVEL = 1.0


def buckets(horizon: int) -> NDArray[np.int64]:
    """Return the longest window of each bucket [h]: (bucket,). The lengths double; the last one is the horizon."""
    doubled = 2 ** np.arange(int(horizon).bit_length() + 1)
    return np.unique(np.minimum(doubled, horizon))


def needed_levels(
    headroom_mw: FloatArray, actual_mw: FloatArray, levels: FloatArray, longest: NDArray[np.int64]
) -> FloatArray:
    """Return the lowest level at which a window's stated worst headroom was at most its actual worst headroom.

    Single hours of a window may have less headroom than stated, as long as the worst hour has enough. A window whose
    stated worst headroom is zero at the lowest level needs the lowest level.

    Args:
        headroom_mw: (level, origin, region, lead) stated headroom, at least zero, falling from level to level. NaN
            where there is no bound.
        actual_mw: (origin, region, lead) actual headroom; NaN where it is not known.
        levels: (level,) ascending.
        longest: (bucket,) window length [h]. A window ends with the horizon at the latest.
    Returns: (origin, region, start, bucket); NaN where a headroom of the window is NaN, the highest level plus 1 where
        no level was high enough.
    """
    needed = np.empty((*actual_mw.shape, len(longest)), dtype=actual_mw.dtype)
    for bucket, hours in enumerate(longest):
        actual = _worst_in_window(actual_mw, int(hours))
        needed_level = np.full(actual.shape, levels[-1] + _ABOVE_HIGHEST_LEVEL, dtype=actual.dtype)
        for index in reversed(range(len(levels))):
            stated = _worst_in_window(headroom_mw[index], int(hours))
            needed_level[stated <= actual + ROUNDING_MW] = levels[index]
        needed[..., bucket] = np.where(np.isnan(actual) | np.isnan(stated), np.nan, needed_level)
    return needed


def decision_levels(
    needed: FloatArray,
    origin_utc: HourArray,
    longest: NDArray[np.int64],
    miscoverage: Fraction,
    *,
    state: State | None = None,
    new: int,
) -> tuple[State, FloatArray]:
    """Return an upper bound of the level that each window of new origins needs.

    A needed level becomes known when its window has ended.

    Args:
        needed: (origin, region, start, bucket) result of `needed_levels`, for the new origins and for as many origins
            before them as there are starts.
        origin_utc: (origin,) consecutive hours.
        longest: (bucket,) window length [h].
        miscoverage: accepted share of windows that need a higher level than their bound.
        state: the state that the last call returned; None in the first call.
        new: number of new origins; the last ones of `needed`.
    Returns: the state after the new origins, and (new origin, region, start, bucket) levels, at least zero; infinite
        until enough windows are known.
    """
    origins, regions, starts, _ = needed.shape
    end_h = np.minimum(np.arange(starts)[:, None] + longest, starts).ravel()
    due = delayed(needed.reshape(origins, regions, -1), end_h)[origins - new :]
    settings = MarginSettings(miscoverage=miscoverage, delay=end_h, step_h=1)
    state, margin = Tracker(warm_up_days=WARM_UP_DAYS).advance(state, due, origin_utc[origins - new :], settings)
    return state, np.maximum(margin, 0.0).reshape(-1, regions, starts, len(longest))


def _worst_in_window(values: FloatArray, hours: int) -> FloatArray:
    """Return the minimum of the `hours` values from each lead on: (..., lead); NaN if one of them is NaN.

    A window ends with the last lead at the latest.
    """
    least, covered = values.copy(), 1
    while covered < hours:
        step = min(covered, hours - covered)
        least[..., :-step] = np.minimum(least[..., :-step], least[..., step:])
        covered += step
    return least
