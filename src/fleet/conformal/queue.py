"""The delay queue: what was issued for the scores that become known now."""

import numpy as np

from fleet.conformal.base import IntArray
from fleet.units import FloatArray


class Queue:
    """Issued margins in time order, behind those of earlier calls, and found again when their scores are due.

    before: (tick, region, lead) the last ones of earlier calls; ticks: how many are to come.
    """

    def __init__(self, before: FloatArray, ticks: int, delay: IntArray) -> None:
        self._before = len(before)
        self._keep = int(delay.max(initial=1))
        self.issued = np.concatenate([before, np.empty((ticks, *before.shape[1:]), dtype=before.dtype)])
        series = before[0].size if len(before) else int(np.prod(before.shape[1:]))
        # Where in the flat queue the margin stands that a series' due score was promised against, from tick 0 on.
        back = np.broadcast_to(delay, before.shape[1:]).ravel()
        self._at = (self._before - back) * series + np.arange(series)
        self._series = series
        self._shape = before.shape[1:]

    @classmethod
    def empty(cls, shape: tuple[int, ...], delay: IntArray, dtype: np.dtype[np.floating]) -> FloatArray:
        """What stands before the first call: nothing was promised."""
        return np.full((int(delay.max(initial=1)), *shape), np.nan, dtype=dtype)

    def promised(self, tick: int) -> FloatArray:
        """(region, lead) margins against which the scores due at this tick count; NaN where none was issued."""
        return np.take(self.issued, self._at + tick * self._series).reshape(self._shape)

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
