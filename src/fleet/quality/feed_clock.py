"""Finds answers of a source whose clock is wrong: local time called UTC, or the end of an hour taken for its start.

These checks judge a whole answer before it is stored. The rules of this folder judge each stored hour.
"""

import numpy as np

from fleet.domain.clock import HourArray, hour_of_day
from fleet.units import HOURS_PER_DAY, FloatArray

_MOST_SHIFT_H = 14
_LEAST_COMMON_H = 48
# A shift is found if it leaves less than this share of what no shift leaves unexplained.
_LEFT_OVER = 0.25
# A smaller unexplained share of the variance is rounding.
_SAME = 1e-4
_LEAST_DAYS = 10
# Air is usually warmest at this hour of solar time.
_WARMEST_SOLAR_H = 15.0
_MOST_OFF_H = 4.0
_LEAST_SWING_K = 2.0


def shift_of(stored: FloatArray, supplied: FloatArray) -> int:
    """Return by how many hours supplied values are late compared with stored ones; 0 if no shift is found.

    Args:
        stored: (hour,) NaN where missing.
        supplied: (hour,) the same hours.
    """
    if np.count_nonzero(np.isfinite(stored) & np.isfinite(supplied)) < _LEAST_COMMON_H:
        return 0
    left = {shift: _unexplained(_moved(supplied, shift), stored) for shift in range(-_MOST_SHIFT_H, _MOST_SHIFT_H + 1)}
    if left[0] <= _SAME:
        return 0
    best = min(left, key=lambda shift: (left[shift], abs(shift)))
    return best if left[best] < _LEFT_OVER * left[0] else 0


def warmest_hour_off(temperature_c: FloatArray, time_utc: HourArray, longitude_deg: float) -> float:
    """Return how many hours the daily course is from that of the sun; 0 if that is less than 4 h or cannot be told.

    Args:
        temperature_c: (hour,) NaN where missing.
        longitude_deg: of the place, positive to the east.
    Assumes: the air is warmest at about 15 h of solar time.
    """
    known = np.isfinite(temperature_c)
    if known.sum() < _LEAST_DAYS * HOURS_PER_DAY:
        return 0.0
    angle = 2 * np.pi * hour_of_day(time_utc)[known] / HOURS_PER_DAY
    wave = 2 * np.mean((temperature_c[known] - temperature_c[known].mean()) * np.exp(1j * angle))
    if abs(wave) < _LEAST_SWING_K:
        return 0.0
    warmest_utc_h = float(np.angle(wave)) / (2 * np.pi) * HOURS_PER_DAY
    expected_utc_h = _WARMEST_SOLAR_H - longitude_deg / 360 * HOURS_PER_DAY
    off_h = (warmest_utc_h - expected_utc_h + HOURS_PER_DAY / 2) % HOURS_PER_DAY - HOURS_PER_DAY / 2
    return off_h if abs(off_h) >= _MOST_OFF_H else 0.0


def _moved(values: FloatArray, shift: int) -> FloatArray:
    """Return the values `shift` hours earlier, NaN at the end that has none."""
    moved = np.full(len(values), np.nan)
    if shift >= 0:
        moved[: len(values) - shift] = values[shift:]
    else:
        moved[-shift:] = values[:shift]
    return moved


def _unexplained(supplied: FloatArray, stored: FloatArray) -> float:
    """Return the share of the variance that a straight line from one series to the other leaves; 1 if it is unknown.

    A line, because two sources may differ by a constant or a factor, such as direct and life-cycle carbon.
    """
    known = np.isfinite(supplied) & np.isfinite(stored)
    if known.sum() < _LEAST_COMMON_H / 2:
        return 1.0
    left, right = supplied[known] - supplied[known].mean(), stored[known] - stored[known].mean()
    scale = float((left @ left) * (right @ right))
    return 1.0 - float(left @ right) ** 2 / scale if scale > 0 else 1.0
