"""An observation that is too far from the outlook of its hour."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, moves_a_decision, newest_outlook
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# Errors are compared within classes of this many leads; the last class has all longer leads.
_LEADS_PER_CLASS_H = 6
_CLASSES = 7
# An error is large if it is above this factor times the largest error of its class so far. The early factor applies
# until _EARLY_H errors are known.
_FACTOR, _EARLY_FACTOR, _EARLY_H = 1.6, 2.2, 120 * HOURS_PER_DAY
# The largest error counts as at least this share of the typical departure (RMS) from the usual level.
_FLOOR = 0.5
# Weights of a new value in the usual level of its hour of day, and in the mean squared departure.
_WEIGHT, _SPREAD_WEIGHT = 0.1, 0.01


class AgainstOutlook(Rule):
    """The value is much farther from the newest outlook than any value before, at about the same lead.

    The value is held if it is farther from its usual level than the outlook is. Otherwise the outlook is taken to be
    wrong.
    """

    reason: ClassVar[str] = "much farther from the outlook than any value before"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of the values that the outlooks contradict."""
        if view.outlooks is None:
            return {}
        issued_h = ((view.outlooks.issued_utc - view.time_utc[0]) / np.timedelta64(1, "h")).astype(np.int64)
        flags = {}
        for column, outlook in view.outlooks.values.items():
            if column not in view.values or not moves_a_decision(column):
                continue
            values, released = view.values[column], view.released[column]
            flags[column] = np.zeros(values.shape, dtype=np.bool_)
            for row, region in enumerate(view.outlooks.regions):
                if region in view.regions:
                    at = view.regions.index(region)
                    flags[column][at] = _impossible(values[at], released[at], view.hour_of_day, outlook[row], issued_h)
        return flags


@compiled
def _impossible(
    values: FloatArray, released: Flags, hour_of_day: IntArray, outlook: FloatArray, issued_h: IntArray
) -> Flags:
    """Return the (hour,) flags of one region.

    Args:
        values, released, hour_of_day: (hour,).
        outlook: (issue, step).
        issued_h: (issue,) hours after the first hour.
    """
    flags = np.zeros(len(values), dtype=np.bool_)
    level = np.full(HOURS_PER_DAY, np.nan)
    largest, known = np.zeros(_CLASSES), np.zeros(_CLASSES, dtype=np.int64)
    variance, newest = 0.0, -1
    for hour in range(len(values)):
        while newest + 1 < len(issued_h) and issued_h[newest + 1] <= hour:
            newest += 1
        value, clock_hour = values[hour], hour_of_day[hour]
        if np.isnan(value):
            continue
        usual = value if np.isnan(level[clock_hour]) else level[clock_hour]
        expected, lead = newest_outlook(outlook, issued_h, hour, newest)
        if not np.isnan(expected):
            index = min(lead // _LEADS_PER_CLASS_H, _CLASSES - 1)
            error = abs(value - expected)
            factor = _EARLY_FACTOR if known.sum() < _EARLY_H else _FACTOR
            is_large = error > factor * max(largest[index], _FLOOR * np.sqrt(variance))
            is_judged = known[index] >= SHORT_HISTORY_H and not released[hour]
            if is_judged and is_large and abs(value - usual) > abs(expected - usual):
                flags[hour] = True
                continue
            if not is_large or not is_judged:
                largest[index] = max(largest[index], error)
                known[index] += 1
        departure = value - usual
        level[clock_hour] = usual + _WEIGHT * departure
        variance += _SPREAD_WEIGHT * (departure * departure - variance)
    return flags
