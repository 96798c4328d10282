"""The delay queue: what was issued for the scores that become known now."""

import numpy as np

from fleet.units import FloatArray, IntArray


class Queue:
    """Issued margins in time order, behind those of earlier calls, and found again when their scores are due.

    before: (tick, region, lead) the last ones of earlier calls; ticks: how many are to come.
    """

    def __init__(self, before: FloatArray, ticks: int, delay: IntArray) -> None:
        self._before = len(before)
        self._keep = int(delay.max(initial=1))
        self.issued = np.empty((len(before) + ticks, *before.shape[1:]), dtype=before.dtype)
        self.issued[: len(before)] = before
        # Where the margin stands that a series' due score was promised against, among all that were issued lately.
        series = np.arange(before[0].size).reshape(before.shape[1:])
        self._at = (self._before - delay) * series.size + series

    @classmethod
    def empty(cls, shape: tuple[int, ...], delay: IntArray, dtype: np.dtype[np.floating]) -> FloatArray:
        """What stands before the first call: nothing was promised."""
        return np.full((int(delay.max(initial=1)), *shape), np.nan, dtype=dtype)

    def promised(self, tick: int) -> FloatArray:
        """(region, lead) margins against which the scores due at this tick count; NaN where none was issued."""
        # Every place is within; clipping spares the check.
        return self.issued[tick : tick + self._before].take(self._at, mode="clip")

    def issue(self, tick: int, margin: FloatArray) -> None:
        self.issued[self._before + tick] = margin

    @property
    def since_then(self) -> FloatArray:
        """(tick, region, lead) of this call."""
        return self.issued[self._before :]

    @property
    def waiting(self) -> FloatArray:
        """Those whose scores may still be due."""
        return self.issued[len(self.issued) - self._keep :].copy()
