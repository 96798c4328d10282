"""A number that stands for a missing value, such as -999 or 0."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.quality.base import SHORT_HISTORY_H, Flags, Rule, View, is_carbon, is_load, is_price
from fleet.units import FloatArray

_CODES = np.array(
    [-9999.0, -999.0, -999.9, -99.0, -99.9, -9.99, 88.8, 99.0, 99.9, 99.99, 999.0, 999.9, 9999.0, 99999.0, 32767.0]
)
# A code must be outside the range of the series so far by more than this share of the range.
_OUTSIDE = 0.25
# An exact zero is doubted only if the lowest value so far is above this share of the mean.
_FAR_FROM_ZERO = 0.04


class Filler(Rule):
    """A code for "missing", far outside the range of the series so far.

    In a load, carbon or price that never came near zero, an exact zero is a filler too.
    """

    reason: ClassVar[str] = "a filler for a missing value, far outside what the series did"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of fillers."""
        return {
            column: _fillers(values, view.released[column], is_load(column) or is_carbon(column) or is_price(column))
            for column, values in view.values.items()
        }


@compiled
def _fillers(values: FloatArray, released: Flags, zero_is_doubtful: bool) -> Flags:
    regions, hours = values.shape
    flags = np.zeros((regions, hours), dtype=np.bool_)
    for region in range(regions):
        low, high, total, count = np.inf, -np.inf, 0.0, 0
        for hour in range(hours):
            value = values[region, hour]
            if np.isnan(value):
                continue
            if count >= SHORT_HISTORY_H and not released[region, hour]:
                is_doubtful = False
                if value == 0.0:
                    is_doubtful = zero_is_doubtful and low > _FAR_FROM_ZERO * total / count
                elif value < low - _OUTSIDE * (high - low) or value > high + _OUTSIDE * (high - low):
                    for code in _CODES:
                        is_doubtful = is_doubtful or abs(value - code) < 1e-3
                if is_doubtful:
                    flags[region, hour] = True
                    continue
            low, high = min(low, value), max(high, value)
            total += value
            count += 1
    return flags
