"""The places that a job could have, at the bound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.units import FloatArray

# Larger than any cost and any power.
MAX_USD = float(np.finfo(np.float64).max)

# Region, and hours from the first hour ahead to the start.
Choice = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class PlaceOptions:
    """The places that a job could have, at the bound. Arrays are (region, start).

    allowed: the job may run there.
    room_mw: headroom that remains if the job runs there. If it is negative, the job exceeds a limit.
    cost_usd: cost of the whole run; NaN where it is not known.
    """

    allowed: NDArray[np.bool_]
    room_mw: FloatArray
    cost_usd: FloatArray

    @property
    def is_unpriced(self) -> bool:
        """True if some allowed places have headroom, but none of these has a known cost."""
        has_room = self.allowed & (self.room_mw >= 0)
        return bool(has_room.any() and np.isnan(self.cost_usd[has_room]).all())

    @property
    def least_unsafe(self) -> Choice:
        """The allowed place that lacks the least headroom."""
        # Without a bound, room_mw is -inf in allowed places too. A finite value ranks these above places that are not
        # allowed.
        room = np.where(self.allowed, np.maximum(self.room_mw, -MAX_USD), -np.inf)
        region, start = np.unravel_index(room.argmax(), room.shape)
        return int(region), int(start)
