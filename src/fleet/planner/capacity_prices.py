"""Prices of scarce capacity, from the dual of the linear programme in which a job may be split over windows.

Any prices of at least zero give a lower bound of the objective of every plan: the cost of each job if it runs alone at
these prices, minus the value of the free capacity.
"""

from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.placement.prices import Momentum, move
from fleet.planner.step_case import NOWHERE, StepCase, cheapest_alone, use_of, write_totals
from fleet.units import FloatArray, IntArray

_MEMORY = 0.9
# After this many moves, the momentum no longer depends on how it began.
SETTLED = 1_000


class CapacityPrices(NamedTuple):
    """Prices, and how they have moved. The compiled loops write them.

    price: (resource, region, step) USD per unit and step.
    mean, square: recent excess of each price, as in `Momentum`.
    """

    price: FloatArray
    mean: FloatArray
    square: FloatArray

    @classmethod
    def zero(cls, shape: tuple[int, ...]) -> "CapacityPrices":
        """Return prices of zero that have not moved."""
        return cls(np.zeros(shape), np.zeros(shape), np.zeros(shape))

    def ahead(self, passed: int, steps: int) -> "CapacityPrices":
        """Return a copy for later steps: without the steps that have passed, and zero in steps that are new."""
        later = CapacityPrices.zero((*self.price.shape[:2], steps))
        for old, new in zip(self, later, strict=True):
            kept = old[..., passed : passed + steps]
            new[..., : kept.shape[-1]] = kept
        return later


def scale_usd(case: StepCase) -> FloatArray:
    """Return the (resource,) scale of the moves of a price: the penalties of all jobs over their use."""
    use = (case.use * case.steps[:, None]).sum(axis=0)
    return np.asarray(np.divide(case.unserved_usd.sum(), use, out=np.zeros(len(use)), where=use > 0))


@compiled
def write_wanted(case: StepCase, totals: FloatArray, region: IntArray, begin: int, wanted: FloatArray) -> float:
    """Write how much the jobs from `begin` on that have no place would use, if each ran alone in its cheapest window.

    Args:
        totals: from `write_totals`.
        region: (job,) NOWHERE for a job without a place.
        wanted: (resource, region, step), written.
    Returns: the cost of these jobs, penalties included.
    """
    resources, regions, steps = wanted.shape
    usd = np.empty((regions, steps + 1))
    wanted[:] = 0.0
    total_usd = 0.0
    for job in range(begin, len(region)):
        if region[job] != NOWHERE:
            continue
        least_usd, place, start = cheapest_alone(case, job, totals, usd)
        total_usd += least_usd
        if place != NOWHERE:
            end = start + case.steps[job]
            for resource in range(resources):
                use = use_of(case, job, place, resource)
                wanted[resource, place, start] += use
                if end < steps:
                    wanted[resource, place, end] -= use
    for resource in range(resources):
        for place in range(regions):
            for step in range(1, steps):
                wanted[resource, place, step] += wanted[resource, place, step - 1]
    return total_usd


@compiled
def move_prices(
    prices: CapacityPrices,
    wanted: FloatArray,
    room: FloatArray,
    moves: int,
    size: float,
    scale: FloatArray,
    memory: float,
) -> None:
    """Raise each price where more is wanted than there is, and lower it where capacity is left.

    Args:
        prices: written.
        wanted, room: (resource, region, step).
        moves: number of earlier moves.
        size, memory: as in `move`.
        scale: (resource,) from `scale_usd`.
    """
    for resource in range(len(scale)):
        momentum = Momentum(prices.mean[resource].reshape(-1), prices.square[resource].reshape(-1))
        excess = (wanted[resource] - room[resource]).reshape(-1)
        move(prices.price[resource].reshape(-1), excess, momentum, moves, size, scale[resource], memory)


@compiled
def ascend(
    case: StepCase, prices: CapacityPrices, scale: FloatArray, rounds: int, sizes: tuple[float, float], moves: int
) -> float:
    """Move the prices for some rounds, and return the highest lower bound.

    Args:
        prices: written.
        scale: (resource,) from `scale_usd`.
        sizes: sizes of the first and the last move; the sizes between them shrink geometrically.
        moves: number of earlier moves.
    """
    resources, regions, steps = case.free.shape
    totals, wanted = np.empty((resources, regions, steps + 1)), np.empty(case.free.shape)
    nowhere, room = np.full(len(case.steps), NOWHERE), np.maximum(case.free, 0.0)
    best_bound = -np.inf
    for number in range(rounds):
        write_totals(case, prices.price, totals)
        bound = write_wanted(case, totals, nowhere, 0, wanted) - (prices.price * room).sum()
        best_bound = max(best_bound, bound)
        size = sizes[0] * (sizes[1] / sizes[0]) ** (number / rounds)
        move_prices(prices, wanted, room, moves + number, size, scale, _MEMORY)
    return best_bound
