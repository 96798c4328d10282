"""A regular clock with a tick at every origin. It also has ticks at times without a forecast."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.errors import DataError
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Ticks:
    """Regular ticks and the place of each origin among them.

    utc: (tick,) times, `step_h` hours apart.
    position: (origin,) index of the tick of each origin.
    """

    utc: HourArray
    step_h: int
    position: NDArray[np.int64]

    @classmethod
    def from_origins(cls, origin_utc: HourArray, step_h: int | None = None) -> Self:
        """Return a clock that has a tick at every origin. Gaps between origins have ticks too.

        Args:
            step_h: hours between ticks; by default the largest step that has a tick at every origin.
        Raises: DataError if two origins are equal or not in time order.
        """
        hour = origin_utc.astype("datetime64[h]").astype(np.int64)
        gap_h = np.diff(hour)
        if (gap_h < 1).any():
            index = int(np.argmax(gap_h < 1))
            raise DataError(
                f"origin {clock.iso(origin_utc[index + 1])} follows {clock.iso(origin_utc[index])}, "
                "expected origins in time order, each once: sort them and remove duplicates"
            )
        step_h = step_h or (int(np.gcd.reduce(gap_h)) if gap_h.size else 1)
        position = (hour - hour[:1]) // step_h
        count = int(position[-1]) + 1 if len(position) else 0
        utc = origin_utc[:1] + np.arange(count) * np.timedelta64(step_h, "h")
        return cls(utc=utc, step_h=step_h, position=position)

    def delay(self, delay_h: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a delay in ticks, rounded up, from a delay in hours."""
        return np.asarray(-(-delay_h // self.step_h))

    def on_ticks(self, values: FloatArray) -> FloatArray:
        """Return values per tick, (tick, ...), from values per origin, (origin, ...). NaN at ticks without origin."""
        if len(values) == len(self.utc):
            return values
        by_tick = np.full((len(self.utc), *values.shape[1:]), np.nan, dtype=values.dtype)
        by_tick[self.position] = values
        return by_tick
