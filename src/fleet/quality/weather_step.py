"""A change of temperature or dew point that no weather makes."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, is_temperature
from fleet.units import HOURS_PER_DAY, FloatArray

# Steps over more hours than these are compared with the largest step over these.
_LONGEST_GAP_H = 48
_FACTOR = 1.5
# The largest step of a few weeks is far below that of a year.
_EARLY_FACTOR, _EARLY_H = 2.0, 90 * HOURS_PER_DAY
_FLOOR_K = 8.0
# The dew point falls faster than the temperature where dry air arrives.
_DEW_POINT_FLOOR_K = 12.0


class WeatherStep(Rule):
    """The step from the last believed value is far larger than every step over as many hours before."""

    reason: ClassVar[str] = "a step that no weather makes"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of values after such a step, until the values return to what weather can reach."""
        return {
            column: _stepped(
                values, view.released[column], _DEW_POINT_FLOOR_K if column.startswith("dew") else _FLOOR_K
            )
            for column, values in view.values.items()
            if is_temperature(column)
        }


@compiled
def _stepped(values: FloatArray, released: Flags, floor: float) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    for region in range(regions):
        largest = np.zeros(_LONGEST_GAP_H + 1)
        last, count = -1, 0
        for hour in range(hours):
            value = values[region, hour]
            if np.isnan(value):
                continue
            if count >= SHORT_HISTORY_H and not released[region, hour]:
                gap = min(hour - last, _LONGEST_GAP_H)
                limit = max(floor, (_EARLY_FACTOR if count < _EARLY_H else _FACTOR) * largest[: gap + 1].max())
                if abs(value - values[region, last]) > limit:
                    flags[region, hour] = True
                    continue
            for gap in range(1, min(_LONGEST_GAP_H, hour) + 1):
                if not flags[region, hour - gap]:
                    step = abs(value - values[region, hour - gap])
                    if step > largest[gap]:
                        largest[gap] = step
            last = hour
            count += 1
    return flags
