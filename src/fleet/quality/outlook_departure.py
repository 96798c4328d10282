"""An outlook that is too far from the observations before it."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, moves_a_decision
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# The mean of these first hours of an issue is compared with the latest observation.
_FIRST_STEPS = 3
# An issue is doubted if its distance from the latest observation is above this factor times the largest distance so
# far. The early factor applies until _EARLY_ISSUES issues are believed.
_FACTOR, _EARLY_FACTOR, _EARLY_ISSUES = 2.0, 2.5, 360
# A value is held if its departure from the usual level is above this factor times the largest departure so far.
_FAR_FACTOR = 2.5
# The largest distance and the largest departure count as at least these multiples of the typical departure (RMS) of the
# observations.
_START_FLOOR, _VALUE_FLOOR = 1.5, 4.0
# Believed issues before the first judgement.
_LEAST_ISSUES = 40
# Weights of a new value in the usual level of its hour of day, and in the mean squared departure.
_WEIGHT, _SPREAD_WEIGHT = 0.1, 0.01


class OutlookDeparture(Rule):
    """The issue begins too far from the latest observation, or one of its values is too far from the usual level.

    An issue normally begins near the latest observation. If it begins much farther from it than any issue before, the
    whole issue is held, unless the observation is farther from its usual level than the issue is. A single value is
    held if its departure from the usual level is much larger than all departures so far.
    """

    reason: ClassVar[str] = "the outlook departs too far from the observations before it"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return no flags: this rule judges outlooks."""
        return {}

    def doubtful_outlooks(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of the outlooks of columns that are observed too."""
        if view.outlooks is None:
            return {}
        first_utc = view.time_utc[0]
        issued_h = ((view.outlooks.issued_utc - first_utc) / np.timedelta64(1, "h")).astype(np.int64)
        flags = {}
        for column, outlook in view.outlooks.values.items():
            if column in view.values and moves_a_decision(column):
                grid = np.zeros(outlook.shape, dtype=np.bool_)
                for row, region in enumerate(view.outlooks.regions):
                    if region in view.regions:
                        observed = view.values[column][view.regions.index(region)]
                        grid[row] = _departing(observed, view.hour_of_day, outlook[row], issued_h)
                flags[column] = grid
        return flags


@compiled
def _start_distance(issue: FloatArray, level: FloatArray, clock_hour: int, anomaly: float) -> float:
    """Return the distance between the mean anomaly of the first hours of an issue and another anomaly; NaN if unknown.

    An anomaly is a value minus the usual level of its hour of day.
    """
    total, count = 0.0, 0
    for step in range(min(_FIRST_STEPS, len(issue))):
        difference = issue[step] - level[(clock_hour + step) % HOURS_PER_DAY] - anomaly
        if not np.isnan(difference):
            total, count = total + difference, count + 1
    return abs(total / count) if count else np.nan


@compiled
def _far_values(issue: FloatArray, level: FloatArray, clock_hour: int, limit: float) -> tuple[Flags, float]:
    """Return the flags of values farther than the limit from the usual level, and the largest other departure."""
    flags, furthest = np.zeros(len(issue), dtype=np.bool_), 0.0
    for step in range(len(issue)):
        departure = abs(issue[step] - level[(clock_hour + step) % HOURS_PER_DAY])
        if departure > limit:
            flags[step] = True
        elif departure > furthest:
            furthest = departure
    return flags, furthest


@compiled
def _departing(observed: FloatArray, hour_of_day: IntArray, outlook: FloatArray, issued_h: IntArray) -> Flags:
    """Return the (issue, step) flags of one region.

    Args:
        observed: (hour,); NaN where missing.
        hour_of_day: (hour,).
        outlook: (issue, step).
        issued_h: (issue,) hours after the first observed hour.
    """
    flags = np.zeros(outlook.shape, dtype=np.bool_)
    level = np.full(HOURS_PER_DAY, np.nan)
    variance, anomaly, last, count, hour = 0.0, np.nan, -1, 0, 0
    furthest, largest_distance, believed = 0.0, 0.0, 0
    for issue in range(len(issued_h)):
        # 1. Learn from the observations before the issue.
        while hour < min(issued_h[issue], len(observed)):
            value, clock_hour = observed[hour], hour_of_day[hour]
            if not np.isnan(value):
                if np.isnan(level[clock_hour]):
                    level[clock_hour] = value
                anomaly, last = value - level[clock_hour], hour
                level[clock_hour] += _WEIGHT * anomaly
                variance += _SPREAD_WEIGHT * (anomaly * anomaly - variance)
                furthest = max(furthest, abs(anomaly))
                count += 1
            hour += 1
        if issued_h[issue] < 1 or np.isnan(level).any():
            continue
        clock_hour = (hour_of_day[0] + issued_h[issue]) % HOURS_PER_DAY
        spread = np.sqrt(variance)
        factor = _EARLY_FACTOR if believed < _EARLY_ISSUES else _FACTOR
        # 2. Compare the first hours of the issue with the latest observation, and all its values with the usual level.
        is_recent = issued_h[issue] - last <= 2
        distance = _start_distance(outlook[issue], level, clock_hour, anomaly) if is_recent else np.nan
        limit = _FAR_FACTOR * max(furthest, _VALUE_FLOOR * spread)
        far, most = _far_values(outlook[issue], level, clock_hour, limit)
        is_judged = count >= SHORT_HISTORY_H and believed >= _LEAST_ISSUES
        own = _start_distance(outlook[issue], level, clock_hour, 0.0)
        is_off = distance > factor * max(largest_distance, _START_FLOOR * spread) and own > abs(anomaly)
        if is_judged and is_off:
            flags[issue] = True
            continue
        if is_judged:
            flags[issue] = far
        elif not np.isnan(most):
            furthest = max(furthest, most)
        if not np.isnan(distance):
            believed += 1
            if own > abs(anomaly) or distance <= factor * largest_distance or not is_judged:
                largest_distance = max(largest_distance, distance)
    return flags
