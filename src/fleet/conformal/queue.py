"""A queue of issued margins: at each tick, it returns the margins to compare with the scores that become known."""

import numpy as np

from fleet.units import FloatArray, IntArray


class MarginQueue:
    """Holds issued margins in time order until the scores of their forecasts become known.

    Args:
        earlier: (tick, ..., lead) `waiting` of the previous queue; `empty` in the first call.
        ticks: number of ticks to come.
        delay: (lead,) ticks after which a score becomes known.
    """

    def __init__(self, earlier: FloatArray, ticks: int, delay: IntArray) -> None:
        self._earlier = len(earlier)
        self._keep = int(delay.max(initial=1))
        self._margins = np.empty((len(earlier) + ticks, *earlier.shape[1:]), dtype=earlier.dtype)
        self._margins[: len(earlier)] = earlier
        # For each series and lead: the flat index of its margin among the margins of the last `earlier` ticks.
        series = np.arange(earlier[0].size).reshape(earlier.shape[1:])
        self._flat_index = (self._earlier - delay) * series.size + series

    @classmethod
    def empty(cls, shape: tuple[int, ...], delay: IntArray, dtype: np.dtype[np.floating]) -> FloatArray:
        """Return `earlier` for the first call: all NaN, because no margin was issued.

        Args:
            shape: (..., lead).
        """
        return np.full((int(delay.max(initial=1)), *shape), np.nan, dtype=dtype)

    def issued_for(self, tick: int) -> FloatArray:
        """Return the (..., lead) margins to compare with the scores of this tick; NaN where none was issued."""
        # Every index is in range. mode="clip" only skips the range check.
        return self._margins[tick : tick + self._earlier].take(self._flat_index, mode="clip")

    def issue(self, tick: int, margin: FloatArray) -> None:
        """Store the (..., lead) margins of a tick."""
        self._margins[self._earlier + tick] = margin

    @property
    def issued(self) -> FloatArray:
        """The (tick, ..., lead) margins that were issued since the queue was made."""
        return self._margins[self._earlier :]

    @property
    def waiting(self) -> FloatArray:
        """A copy of the (tick, ..., lead) margins whose scores may still become known."""
        return self._margins[len(self._margins) - self._keep :].copy()
