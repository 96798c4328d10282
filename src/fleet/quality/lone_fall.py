"""A fall of the temperature that nothing else shows: no outlook, dew point, wind or pressure."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, is_temperature, newest_outlook, read_only
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# A fall is the part of the change within an hour that neither the newest outlook nor, without an outlook, the usual
# course of the day explains. It is judged if it is larger than this, and than this multiple of the typical one (RMS).
_LEAST_FALL_K, _SPREADS = 7.5, 6.5
# No front makes a fall of more than this multiple of the typical difference from the outlook.
_SPREADS_OF_NO_FRONT = 15.0
# Signs of a real front or storm, as changes within the same hour: the dew point rises, or it falls by more than the
# temperature; wind or pressure rise. A rise is a sign if it is also larger than a multiple of the typical change (RMS)
# of its column, because a gusty place has such rises every day.
_LEAST_RISES = np.array([1.5, 3.0, 1.0])  # dew point in K, wind in m/s, pressure in hPa
_RISE_SPREADS = np.array([2.5, 2.5, 2.0])
_DRYING_K = 1.0
_PRESSURES = ("pressure_hpa", "sea_level_pressure_hpa")
# Without outlooks a hold ends after these hours. A cold front without a sign lasts for days, and no rule can tell it
# from a thermometer that stays low.
_LONGEST_H = 72
# A large change counts as at most this multiple of the typical one, so that a fault does not raise it much.
_MOST_SPREADS, _LEAST_SPREAD_K = 3.0, 0.5
# Weights of a new value in what is usual at its hour of day, and in the mean squared change.
_WEIGHT, _SPREAD_WEIGHT = 0.1, 0.01
_NONE = np.zeros((0, 0)), np.zeros(0, dtype=np.int64)


class LoneFall(Rule):
    """The temperature falls within an hour as no outlook foresees, and without a sign of a front.

    A thermometer that begins to read 10 K low makes such a fall, while the dew point, the wind and the pressure go on
    as before. The values are held until half of the fall is made up again: against the newest outlook, or without
    outlooks against the usual course of the day, and then for 72 h at most. What an outlook usually lacks at an hour of
    day is added to it: it may be the mean of a large area. A fall that is very large for the errors of the outlook is
    held also if it has a sign, or if the dew point is missing in its hour. Any other fall without a dew point passes.
    """

    reason: ClassVar[str] = "a fall within an hour that no outlook, dew point, wind or pressure shows"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of the temperatures that fell alone."""
        if "dew_point_c" not in view.values:
            return {}
        missing = read_only(np.full(len(view.time_utc), np.nan))
        pressure = next((name for name in _PRESSURES if name in view.values), "")
        flags = {}
        for column, values in view.values.items():
            if is_temperature(column) and not column.startswith(("dew", "wet")):
                flags[column] = np.zeros(values.shape, dtype=np.bool_)
                for row, region in enumerate(view.regions):
                    dew_point_c, wind_m_s, pressure_hpa = (
                        view.values[name][row] if name in view.values else missing
                        for name in ("dew_point_c", "wind_speed_m_s", pressure)
                    )
                    others, released = (dew_point_c, wind_m_s, pressure_hpa), view.released[column][row]
                    outlook, issued_h = _outlook_of(view, region, column)
                    flags[column][row] = _fallen(values[row], others, released, view.hour_of_day, outlook, issued_h)
        return flags


def _outlook_of(view: View, region: str, column: str) -> tuple[FloatArray, IntArray]:
    """Return (issue, step) outlooks of a region and the (issue,) hours of issue after the first hour; empty without."""
    outlooks = view.outlooks
    if outlooks is None or column not in outlooks.values or region not in outlooks.regions:
        return _NONE
    issued_h = ((outlooks.issued_utc - view.time_utc[0]) / np.timedelta64(1, "h")).astype(np.int64)
    return outlooks.values[column][outlooks.regions.index(region)], issued_h


@compiled
def _has_sign(
    temperature_c: FloatArray,
    others: tuple[FloatArray, FloatArray, FloatArray],
    hour: int,
    variance: FloatArray,
    is_warm: bool,
) -> bool:
    """Tell whether something shows that a fall is real, or the dew point is missing.

    Args:
        temperature_c: (hour,).
        others: dew point, wind and pressure, each (hour,); a missing value shows no front.
        variance: (column,) mean squared changes of the other columns within an hour.
        is_warm: the fall ends above the usual level, and no outlook tells why. It ends a warm spell then, as fronts do,
            unless a pressure that is known shows no front.
    """
    dew_point_k = others[0][hour] - others[0][hour - 1]
    has_sign = bool(np.isnan(dew_point_k) or dew_point_k < temperature_c[hour] - temperature_c[hour - 1] - _DRYING_K)
    has_sign |= is_warm and np.isnan(others[2][hour] - others[2][hour - 1])
    for column in range(len(variance)):
        has_sign |= others[column][hour] - others[column][hour - 1] >= _least_rise(column, variance[column])
    return has_sign


@compiled
def _least_rise(column: int, variance: float) -> float:
    """Return the least rise within an hour that is a sign.

    Args:
        column: position of one of the other columns.
        variance: its mean squared change within an hour.
    """
    return float(max(_LEAST_RISES[column], _RISE_SPREADS[column] * np.sqrt(variance)))


@compiled
def _learn_changes(others: tuple[FloatArray, FloatArray, FloatArray], hour: int, variance: FloatArray) -> None:
    """Add the changes of the other columns within an hour to their mean squares.

    Args:
        variance: (column,), written.
    """
    for column in range(len(variance)):
        change = others[column][hour] - others[column][hour - 1]
        if not np.isnan(change):
            most = _MOST_SPREADS / _RISE_SPREADS[column] * _least_rise(column, variance[column])
            variance[column] += _SPREAD_WEIGHT * (min(abs(change), most) ** 2 - variance[column])


@compiled
def _error(value: float, outlook: FloatArray, issued_h: IntArray, hour: int, newest: int) -> float:
    """Return a value minus the newest outlook of its hour; NaN without a recent outlook."""
    return value - newest_outlook(outlook, issued_h, hour, newest)[0]


@compiled
def _fallen(
    values: FloatArray,
    others: tuple[FloatArray, FloatArray, FloatArray],
    released: Flags,
    hour_of_day: IntArray,
    outlook: FloatArray,
    issued_h: IntArray,
) -> Flags:
    """Return the (hour,) flags of one region.

    Args:
        values, released, hour_of_day: (hour,).
        others: dew point, wind and pressure, each (hour,).
        outlook, issued_h: (issue, step) values, and (issue,) hours of issue after the first hour.
    """
    flags = np.zeros(len(values), dtype=np.bool_)
    level, usual_error = np.full(HOURS_PER_DAY, np.nan), np.zeros(HOURS_PER_DAY)
    # Mean squared changes that the usual course and the outlook leave, in this order.
    variance, other_variance = np.zeros(2), np.zeros(len(others))
    anomaly_before, error_before, last, newest, count = np.nan, np.nan, -1, -1, 0
    fall, since = 0.0, -1
    for hour in range(len(values)):
        newest_before = newest
        while newest + 1 < len(issued_h) and issued_h[newest + 1] <= hour:
            newest += 1
        value, clock_hour = values[hour], hour_of_day[hour]
        if np.isnan(value):
            continue
        if np.isnan(level[clock_hour]):
            level[clock_hour] = value
        anomaly = value - level[clock_hour]
        error = _error(value - usual_error[clock_hour], outlook, issued_h, hour, newest)
        if since >= 0:
            is_low = hour - since < _LONGEST_H and anomaly < anomaly_before - fall / 2
            if not np.isnan(error - error_before):
                is_low = error < error_before - fall / 2
            if is_low and not released[hour]:
                flags[hour] = True
                continue
        elif 0 <= last == hour - 1:
            # Both hours are compared with one issue: a new issue may differ from the one before.
            beyond = _error(value - usual_error[clock_hour], outlook, issued_h, hour, newest_before) - error_before
            kind, change = (0, anomaly - anomaly_before) if np.isnan(beyond) else (1, beyond)
            spread = max(np.sqrt(variance[kind]), _LEAST_SPREAD_K)
            is_fall = (
                -change > max(_LEAST_FALL_K, _SPREADS * spread) and count >= SHORT_HISTORY_H and not released[hour]
            )
            is_no_front, is_warm = kind == 1 and -change > _SPREADS_OF_NO_FRONT * spread, kind == 0 and anomaly >= 0
            if is_fall and (is_no_front or not _has_sign(values, others, hour, other_variance, is_warm)):
                fall, since, flags[hour] = -change, hour, True
                continue
            counted = min(abs(change), _MOST_SPREADS * spread)
            variance[kind] += _SPREAD_WEIGHT * (counted * counted - variance[kind])
            _learn_changes(others, hour, other_variance)
        level[clock_hour] += _WEIGHT * anomaly
        usual_error[clock_hour] += 0.0 if np.isnan(error) else _WEIGHT * error
        anomaly_before, error_before, last, since = anomaly, error, hour, -1
        count += 1
    return flags
