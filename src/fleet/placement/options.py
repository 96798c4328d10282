"""The contract of a policy: of the places and starts that a job may have, choose one or none."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fleet.units import FloatArray

Choice = tuple[int, int]

_COST_DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Options:
    """All arrays are (region, start); start s begins s hours after the first hour ahead of the origin.

    allowed: the job may run there and then, whatever the envelope says.
    room_mw: least headroom over the job's hours less its power, at the bound; below zero breaks the envelope.
    forecast_room_mw: the same, believing the forecast.
    cost_usd: expected cost of the whole run.
    home: the region in which it was submitted.
    """

    allowed: NDArray[np.bool_]
    room_mw: FloatArray
    forecast_room_mw: FloatArray
    cost_usd: FloatArray
    home: int

    @cached_property
    def ranked_cost_usd(self) -> FloatArray:
        """(region, start) cost to compare by: an unknown one comes after all others."""
        # Sums leave dust, and a millionth of a dollar is no reason to run later.
        cost = np.round(self.cost_usd, _COST_DECIMALS)
        return np.where(np.isfinite(cost), cost, np.finfo(np.float64).max)


class Policy(ABC):
    """Chooses where and when a job runs. Policies keep no state; reservations are already taken off the room.

    asks_bound: it approves nothing that the bound does not hold, so that a controller can govern it.
    """

    asks_bound: ClassVar[bool] = False

    @abstractmethod
    def choose(self, options: Options) -> Choice | None:
        """(region, start), or None to wait."""


def cheapest(options: Options, feasible: NDArray[np.bool_]) -> Choice | None:
    """The feasible option of least cost; the earliest start of the first region where costs tie."""
    if not feasible.any():
        return None
    region, start = np.unravel_index(comparable_cost(options, feasible).argmin(), feasible.shape)
    return int(region), int(start)


def comparable_cost(options: Options, feasible: NDArray[np.bool_]) -> FloatArray:
    """(region, start) cost to take the least of: infinite where not feasible, and just below that where unknown."""
    return np.where(feasible, options.ranked_cost_usd, np.inf)


def least_over_window(values: FloatArray, duration: int, starts: int) -> FloatArray:
    """(..., start): the least of (..., hour) values over `duration` hours from each start."""
    least, covered = values[..., : starts + duration - 1], 1
    # Windows of twice the length from pairs of windows: a handful of passes instead of one an hour.
    while covered < duration:
        step = min(covered, duration - covered)
        least = np.minimum(least[..., :-step], least[..., step:])
        covered += step
    return least


def sum_over_window(cumulative: FloatArray, duration: int, starts: int) -> FloatArray:
    """(region, start): sums over `duration` hours, from a (region, hour + 1) running sum that starts at zero."""
    return cumulative[:, duration : duration + starts] - cumulative[:, :starts]
