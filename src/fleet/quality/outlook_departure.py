"""An outlook that the observations before it do not allow."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, moves_a_decision
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# Hours of an issue that are compared with the latest observation.
_FIRST_STEPS = 3
# A departure counts in multiples of the largest so far; the floors are in usual departures of the observations.
_FACTOR, _EARLY_FACTOR, _EARLY_ISSUES = 2.0, 2.5, 360
_FAR_FACTOR = 2.5
_START_FLOOR, _VALUE_FLOOR = 1.5, 4.0
_LEAST_ISSUES = 40
_WEIGHT, _SPREAD_WEIGHT = 0.1, 0.01


class OutlookDeparture(Rule):
    """The issue begins far from the latest observation, or a value of it is far from all that was observed.

    An issue begins near the present weather. One that begins farther from it than any issue before is held whole,
    unless the observation is the one that left its usual level. A single value is held if it
    is far outside the departures seen so far. An issue is judged from observations before it and from issues before it.
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
def _start_gap(issue: FloatArray, level: FloatArray, clock_hour: int, anomaly: float) -> float:
    """Return how far the first hours of an issue are from the latest anomaly; NaN if unknown."""
    total, count = 0.0, 0
    for step in range(min(_FIRST_STEPS, len(issue))):
        gap = issue[step] - level[(clock_hour + step) % HOURS_PER_DAY] - anomaly
        if not np.isnan(gap):
            total, count = total + gap, count + 1
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
    """Judge the issues of one region.

    Args:
        observed: (hour,); NaN where missing.
        hour_of_day: (hour,).
        outlook: (issue, step).
        issued_h: (issue,) hours after the first observed hour.
    """
    flags = np.zeros(outlook.shape, dtype=np.bool_)
    level = np.full(HOURS_PER_DAY, np.nan)
    variance, anomaly, last, count, hour = 0.0, np.nan, -1, 0, 0
    furthest, largest_gap, believed = 0.0, 0.0, 0
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
        # 2. Compare its beginning with the latest observation, and its values with the usual level.
        gap = _start_gap(outlook[issue], level, clock_hour, anomaly) if issued_h[issue] - last <= 2 else np.nan
        limit = _FAR_FACTOR * max(furthest, _VALUE_FLOOR * spread)
        far, most = _far_values(outlook[issue], level, clock_hour, limit)
        is_judged = count >= SHORT_HISTORY_H and believed >= _LEAST_ISSUES
        own = _start_gap(outlook[issue], level, clock_hour, 0.0)
        is_off = gap > factor * max(largest_gap, _START_FLOOR * spread) and own > abs(anomaly)
        if is_judged and is_off:
            flags[issue] = True
            continue
        if is_judged:
            flags[issue] = far
        elif not np.isnan(most):
            furthest = max(furthest, most)
        if not np.isnan(gap):
            believed += 1
            if own > abs(anomaly) or gap <= factor * largest_gap or not is_judged:
                largest_gap = max(largest_gap, gap)
    return flags
