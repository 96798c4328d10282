"""The largest step of a series so far: the largest change between two values that are some hours apart."""

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import Flags
from fleet.units import FloatArray, IntArray

# Steps are recorded over these distances. A distance of 5 h uses the records up to 6 h. A distance above 48 h uses all.
DISTANCES_H = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48])


@compiled
def no_steps() -> tuple[FloatArray, IntArray]:
    """Return the state of `largest_step` before its first call."""
    return np.zeros(len(DISTANCES_H)), np.zeros(len(DISTANCES_H), dtype=np.int64)


@compiled
def _is_spike(values: FloatArray, hour: int) -> bool:
    """Tell whether a value is a spike of one hour.

    A spike is above or below both neighbours, which differ by less than half of the smaller step.
    """
    there, back = values[hour] - values[hour - 1], values[hour + 1] - values[hour]
    return bool(there * back < 0 and abs(there + back) < 0.5 * min(abs(there), abs(back)))


@compiled
def largest_step(
    values: FloatArray,
    doubted: Flags,
    hour: int,
    distance_h: int,
    state: tuple[FloatArray, IntArray],
    skip_spikes: bool,
) -> float:
    """Return the largest step between believed values before an hour.

    The step is over `distance_h`, rounded up to the next of DISTANCES_H, or over any smaller one of them. A call reads
    only the hours since the last call.

    Args:
        values: (hour,) of one region; NaN where missing.
        doubted: (hour,) True where a value does not count.
        hour: position of the hour that is judged. Its value does not count.
        distance_h: hours between two values, at least 1.
        state: for each of DISTANCES_H the largest step so far, and the first hour not yet read. The call updates both.
        skip_spikes: True if a spike of one hour gives no step. The hour after a value tells whether it is a spike, so
            the value before `hour` does not count yet.
    """
    record = 0.0
    largest, scanned = state
    known = hour - 1 if skip_spikes else hour
    for index in range(len(DISTANCES_H)):
        distance = DISTANCES_H[index]
        for end in range(max(scanned[index], distance + 1), known):
            is_spike = skip_spikes and (_is_spike(values, end) or _is_spike(values, end - distance))
            if not (doubted[end] or doubted[end - distance] or is_spike):
                step = abs(values[end] - values[end - distance])
                # A missing value gives no step: a comparison with NaN is false.
                if step > largest[index]:
                    largest[index] = step
        scanned[index] = max(scanned[index], known)
        record = max(record, largest[index])
        if distance >= distance_h:
            break
    return record
