"""Carbon, water and cost per MW of the windows ahead of one origin."""

import numpy as np
from numpy.typing import NDArray

from fleet.decisions.place_options import Choice
from fleet.domain.conditions import Conditions
from fleet.placement.offer import running_sum
from fleet.units import FloatArray


class WindowRates:
    """Carbon, water and cost per MW of windows. They are kept, because many jobs use the same window.

    Args:
        ahead: the hours ahead of the origin.
        horizon: number of starts.
    """

    def __init__(self, ahead: Conditions, horizon: int) -> None:
        rates = np.stack([ahead.carbon_kg_per_mwh, ahead.water_l_per_mwh, ahead.cost_usd_per_mwh])
        # (quantity, region, hour + 1). Unknown hours are counted separately: in a running sum, one NaN would make every
        # later hour unknown.
        self._sums = running_sum(np.nan_to_num(rates))
        self._unknown = running_sum(np.asarray(np.isnan(rates), dtype=np.float64))
        self._horizon = horizon
        self._usd_of_duration: dict[int, tuple[FloatArray, NDArray[np.bool_]]] = {}
        self._of_window: dict[tuple[int, int, int], tuple[float, ...]] = {}

    def usd_per_mw(self, duration_h: int) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Return the (region, start) cost of one megawatt in windows of a duration, and whether it is unknown."""
        if duration_h not in self._usd_of_duration:
            usd, unknown = self._sums[2], self._unknown[2]
            first, last = slice(0, self._horizon), slice(duration_h, duration_h + self._horizon)
            self._usd_of_duration[duration_h] = usd[:, last] - usd[:, first], unknown[:, last] > unknown[:, first]
        return self._usd_of_duration[duration_h]

    def of_window(self, choice: Choice, duration_h: int) -> tuple[float, ...]:
        """Return carbon, water and cost per MW in one window; NaN where not known."""
        key = *choice, duration_h
        if key not in self._of_window:
            (region, start), end = choice, choice[1] + duration_h
            rates = self._sums[:, region, end] - self._sums[:, region, start]
            rates[self._unknown[:, region, end] > self._unknown[:, region, start]] = np.nan
            self._of_window[key] = tuple(rates.tolist())
        return self._of_window[key]
