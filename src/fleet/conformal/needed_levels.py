"""Finds the lowest levels of weather and load at which the stated headroom of a window was there.

A decision uses the worst headroom of a window. Single hours may have less headroom than stated, as long as the worst
hour of the window has enough. A window is (start, bucket); it ends with the last hour at the latest.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.conformal.window_levels import WindowGrid
from fleet.units import ROUNDING_MW, FloatArray, IntArray

# If a window needs more than the highest level, its score lies this far above that level.
_ABOVE_HIGHEST_LEVEL = 1.0


class WindowHours(NamedTuple):
    """The hours ahead of the origins of one region; arrays are (origin, hour), NaN where not known.

    safe_load_mw: (weather level, origin, hour) stated safe load under all limits except the grid limit.
    grid_load_mw: stated safe load under the grid limit.
    load_mw: (load level, origin, hour) stated load without the jobs.
    grid_load_level: index of the lowest load level that is used with the grid limit.
    actual_safe_mw, actual_load_mw: actual safe load under all limits, and actual load.
    """

    safe_load_mw: FloatArray
    grid_load_mw: FloatArray
    load_mw: FloatArray
    grid_load_level: int
    actual_safe_mw: FloatArray
    actual_load_mw: FloatArray


def needed_weather_levels(hours: WindowHours, levels: FloatArray, windows: WindowGrid) -> FloatArray:
    """Return the lowest weather level whose worst headroom was there, given the actual load.

    Returns: (origin, start, bucket); NaN where an hour of the window is not known, the highest level plus 1 where no
        level was high enough.
    """
    needed = np.full((len(hours.grid_load_mw), *windows.end_h.shape), np.nan)
    _write_weather_levels(needed, hours, levels, windows.end_h, ROUNDING_MW)
    return needed


def needed_load_levels(
    hours: WindowHours, levels: FloatArray, weather: NDArray[np.int64], needed_weather: FloatArray, windows: WindowGrid
) -> FloatArray:
    """Return the lowest load level whose worst headroom was there, at the weather level that the window required.

    A window whose weather was worse than its level has no score: no load level can help it.

    Args:
        weather: (origin, start, bucket) index of the level that the window required.
        needed_weather: result of `needed_weather_levels`.
    Returns: as `needed_weather_levels`.
    """
    needed = np.full(needed_weather.shape, np.nan)
    _write_load_levels(needed, hours, levels, weather, needed_weather, windows.end_h, ROUNDING_MW)
    return needed


@compiled
def _write_weather_levels(
    needed: FloatArray, hours: WindowHours, levels: FloatArray, end_h: IntArray, rounding_mw: float
) -> None:
    origins, starts, buckets = needed.shape
    for origin in range(origins):
        for start in range(starts):
            for bucket in range(buckets):
                end = end_h[start, bucket]
                actual_mw = _actual_headroom_mw(hours, origin, start, end)
                for level in range(len(levels)):
                    stated_mw = np.inf
                    for hour in range(start, end):
                        safe_mw = min(hours.safe_load_mw[level, origin, hour], hours.grid_load_mw[origin, hour])
                        stated_mw = min(stated_mw, safe_mw - hours.actual_load_mw[origin, hour])
                        if np.isnan(safe_mw):
                            actual_mw = np.nan
                    if np.isnan(actual_mw):
                        break
                    if max(stated_mw, 0.0) <= actual_mw + rounding_mw:
                        needed[origin, start, bucket] = levels[level]
                        break
                    needed[origin, start, bucket] = levels[-1] + _ABOVE_HIGHEST_LEVEL


@compiled
def _write_load_levels(
    needed: FloatArray,
    hours: WindowHours,
    levels: FloatArray,
    weather: NDArray[np.int64],
    needed_weather: FloatArray,
    end_h: IntArray,
    rounding_mw: float,
) -> None:
    origins, starts, buckets = needed.shape
    for origin in range(origins):
        for start in range(starts):
            for bucket in range(buckets):
                index = weather[origin, start, bucket]
                # A comparison with NaN is false, so a window without a needed weather level has no score either.
                if index >= len(levels) or not needed_weather[origin, start, bucket] <= levels[index]:
                    continue
                end = end_h[start, bucket]
                actual_mw = _actual_headroom_mw(hours, origin, start, end)
                needed[origin, start, bucket] = levels[-1] + _ABOVE_HIGHEST_LEVEL
                for level in range(len(levels)):
                    stated_mw = np.inf
                    for hour in range(start, end):
                        at_grid = max(level, hours.grid_load_level)
                        stated_mw = min(
                            stated_mw,
                            hours.safe_load_mw[index, origin, hour] - hours.load_mw[level, origin, hour],
                            hours.grid_load_mw[origin, hour] - hours.load_mw[at_grid, origin, hour],
                        )
                    if max(stated_mw, 0.0) <= actual_mw + rounding_mw:
                        needed[origin, start, bucket] = levels[level]
                        break


@compiled
def _actual_headroom_mw(hours: WindowHours, origin: int, start: int, end: int) -> float:
    """Return the worst actual headroom of a window, at least zero; NaN if an hour is not known."""
    worst_mw = np.inf
    for hour in range(start, end):
        headroom_mw = hours.actual_safe_mw[origin, hour] - hours.actual_load_mw[origin, hour]
        if np.isnan(headroom_mw):
            return np.nan
        worst_mw = min(worst_mw, headroom_mw)
    return max(worst_mw, 0.0)
