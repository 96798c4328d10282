"""The largest step that a series ever made over a gap of some hours, found only for the gaps that occur."""

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import Flags
from fleet.units import FloatArray, IntArray

# Gaps between these are compared with the next longer one, and longer gaps with the longest.
GAPS_H = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48])


@compiled
def no_steps() -> tuple[FloatArray, IntArray]:
    """Return the state of a series of which nothing is known."""
    return np.zeros(len(GAPS_H)), np.zeros(len(GAPS_H), dtype=np.int64)


@compiled
def _is_spike(values: FloatArray, hour: int) -> bool:
    """Tell whether a value leaves its neighbours by far more than they differ."""
    there, back = values[hour] - values[hour - 1], values[hour + 1] - values[hour]
    return bool(there * back < 0 and abs(there + back) < 0.5 * min(abs(there), abs(back)))


@compiled
def largest_step(
    values: FloatArray,
    doubted: Flags,
    hour: int,
    gap_h: int,
    state: tuple[FloatArray, IntArray],
    skip_spikes: bool,
) -> float:
    """Return the largest step over at most a gap, among the believed values before an hour.

    Only the hours since the last call are looked at, so that a whole series costs one pass for each gap that occurs.

    Args:
        values: (hour,) of one region; NaN where missing.
        doubted: (hour,) values that do not count.
        gap_h: hours between the two values, at least 1.
        state: (gap,) the largest step so far over each of GAPS_H, and the hour up to which it is known; changed.
        skip_spikes: a value that stands out for one hour gives no step. Its next hour must be known, so the last hour
            before `hour` does not count yet.
    """
    record = 0.0
    largest, scanned = state
    known = hour - 1 if skip_spikes else hour
    for index in range(len(GAPS_H)):
        gap = GAPS_H[index]
        for end in range(max(scanned[index], gap + 1), known):
            is_spike = skip_spikes and (_is_spike(values, end) or _is_spike(values, end - gap))
            if not (doubted[end] or doubted[end - gap] or is_spike):
                step = abs(values[end] - values[end - gap])
                # A missing value gives no step: a comparison with NaN is false.
                if step > largest[index]:
                    largest[index] = step
        scanned[index] = max(scanned[index], known)
        record = max(record, largest[index])
        if gap >= gap_h:
            break
    return record
