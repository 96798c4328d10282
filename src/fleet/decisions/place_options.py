"""The places that a job could have, at the bound."""

from dataclasses import dataclass
from functools import cached_property

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

    @cached_property
    def is_unpriced(self) -> bool:
        """True if some allowed places have headroom, but none of these has a known cost."""
        has_room = self.allowed & (self.room_mw >= 0)
        return bool(has_room.any() and np.isnan(self.cost_usd[has_room]).all())

    @cached_property
    def least_unsafe(self) -> Choice:
        """The allowed place that lacks the least headroom."""
        # Without a bound, room_mw is -inf in allowed places too. A finite value ranks these above places that are not
        # allowed.
        room = np.where(self.allowed, np.maximum(self.room_mw, -MAX_USD), -np.inf)
        region, start = np.unravel_index(room.argmax(), room.shape)
        return int(region), int(start)

    def best_elsewhere(self, choice: Choice | None) -> list[Choice]:
        """Return the best start in each region except the chosen one.

        The best start of a region is the cheapest safe start. If none is safe, it is the start that lacks the least
        headroom. Safe regions come first, in order of cost. The others follow, in order of the headroom that they lack.
        """
        # An unknown cost comes after all known costs.
        ranked = np.where(np.isnan(self.cost_usd), MAX_USD, self.cost_usd)
        cost = np.where(self.allowed & (self.room_mw >= 0), ranked, np.inf)
        best = cost.argmin(axis=1)
        region = np.arange(len(best))
        is_unsafe = np.isinf(cost[region, best])
        if is_unsafe.any():
            room_mw = np.where(self.allowed, self.room_mw, -np.inf)
            best = np.where(is_unsafe, room_mw.argmax(axis=1), best)
        room_mw = self.room_mw[region, best]
        order = np.lexsort((np.where(is_unsafe, -room_mw, cost[region, best]), is_unsafe)).tolist()
        return [
            (row, int(best[row])) for row in order if (choice is None or row != choice[0]) and self.allowed[row].any()
        ]
