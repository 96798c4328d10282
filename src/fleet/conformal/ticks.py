"""A regular clock under the origins: one tick a step, also where no forecast was made."""

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
    """utc: (tick,), `step_h` apart. position: (origin,) the tick of each origin."""

    utc: HourArray
    step_h: int
    position: NDArray[np.int64]

    @classmethod
    def of(cls, origin_utc: HourArray) -> Self:
        """The widest clock that ticks at every origin. A clock that jumps ahead ticks on while nothing is forecast.

        Raises: DataError if time stands still or goes back.
        """
        hour = origin_utc.astype("datetime64[h]").astype(np.int64)
        apart = np.diff(hour)
        if (apart < 1).any():
            at = int(np.argmax(apart < 1))
            raise DataError(
                f"origin {clock.iso(origin_utc[at + 1])} follows {clock.iso(origin_utc[at])}, "
                "expected origins in time order, each once"
            )
        step_h = int(np.gcd.reduce(apart)) if apart.size else 1
        position = (hour - hour[:1]) // step_h
        count = int(position[-1]) + 1 if len(position) else 0
        utc = origin_utc[:1] + np.arange(count) * np.timedelta64(step_h, "h")
        return cls(utc=utc, step_h=step_h, position=position)

    def delay(self, delay_h: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ticks until something is known that takes so many hours, one at least."""
        return np.asarray(-(-delay_h // self.step_h))

    def spread(self, values: FloatArray) -> FloatArray:
        """(tick, ...) from (origin, ...): NaN at ticks without an origin."""
        if len(values) == len(self.utc):
            return values
        whole = np.full((len(self.utc), *values.shape[1:]), np.nan, dtype=values.dtype)
        whole[self.position] = values
        return whole
