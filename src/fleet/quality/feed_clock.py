"""Finds answers of a source whose clock is wrong: local time called UTC, or the end of an hour taken for its start.

These checks judge a whole answer before it is stored. The rules of this folder judge each stored hour.
"""

import numpy as np

from fleet.domain.clock import HourArray, hour_of_day
from fleet.units import HOURS_PER_DAY, FloatArray

_MOST_SHIFT_H = 14
_LEAST_COMMON_H = 48
# A shift is found if it leaves less than this share of the squared difference.
_LEFT_OVER = 0.25
# Smaller differences than this share of the variance are roundings.
_SAME = 1e-4
_LEAST_DAYS = 5
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
    common = stored[np.isfinite(stored) & np.isfinite(supplied)]
    if len(common) < _LEAST_COMMON_H:
        return 0
    squares = {
        shift: _mean_square(_moved(supplied, shift) - stored) for shift in range(-_MOST_SHIFT_H, _MOST_SHIFT_H + 1)
    }
    if squares[0] <= _SAME * float(np.var(common)):
        return 0
    best = min(squares, key=lambda shift: (squares[shift], abs(shift)))
    return best if squares[best] < _LEFT_OVER * squares[0] else 0


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


def _mean_square(difference: FloatArray) -> float:
    known = np.isfinite(difference)
    return float(np.mean(difference[known] ** 2)) if known.sum() >= _LEAST_COMMON_H / 2 else float("inf")
