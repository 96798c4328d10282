"""Places whole jobs in windows, priority by priority, at prices that follow what is left.

1. The jobs are placed in rounds, the largest first, each in its cheapest window with room. Before each round, the
   prices react to the jobs and the capacity that are left.
2. In some more rounds, jobs leave places whose price has risen, and jobs without a place take the room.
3. At the end only real costs count: each job moves if that is cheaper, and each job that still fits gets a place.
4. If the jobs are few, some take the place of another job that moves or waits.
"""

from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.planner.capacity_prices import SETTLED, CapacityPrices, move_prices, write_wanted
from fleet.planner.exchange import FEW, exchange
from fleet.planner.step_case import (
    NOWHERE,
    Places,
    StepCase,
    cheapest_room,
    has_room,
    take,
    window_usd,
    write_totals,
)
from fleet.units import FloatArray

# The prices are good prices already, so they move in small steps and follow only the last few rounds.
_SIZE, _MEMORY = 0.01, 0.8
_LEAST_JOBS_IN_A_ROUND = 4
# The first rounds place more jobs than the last ones, because a round takes time for each job that is left.
_CURVE = 1.5
# A saving below this share of a job's penalty is a rounding error and moves no job.
_LEAST_SAVING = 1e-9


class Effort(NamedTuple):
    """How many rounds a plan may take.

    fills: rounds in which the jobs get their first places.
    reactions: rounds in which all jobs may move.
    """

    fills: int
    reactions: int


class _Memory(NamedTuple):
    """Working memory of the rounds.

    prices: prices that react.
    scale: (resource,) from `scale_usd`.
    free: (resource, region, step) capacity that is left.
    wanted: (resource, region, step).
    priced: (resource, region, step + 1) running totals with the prices.
    """

    prices: CapacityPrices
    scale: FloatArray
    free: FloatArray
    wanted: FloatArray
    priced: FloatArray


@compiled
def place_jobs(case: StepCase, prices: CapacityPrices, scale: FloatArray, effort: Effort, places: Places) -> None:
    """Write the places. No resource of a region and step is used beyond its free capacity.

    Args:
        prices: of the first round; they are not changed.
        scale: (resource,) from `scale_usd`.
        places: written; no job has a place before.
    """
    resources, regions, steps = case.free.shape
    free, wanted = case.free.copy(), np.empty(case.free.shape)
    priced, real = np.empty((resources, regions, steps + 1)), np.empty((resources, regions, steps + 1))
    write_totals(case, np.zeros(case.free.shape), real)
    begin = 0
    for end in case.priority_end:
        own = CapacityPrices(prices.price.copy(), prices.mean.copy(), prices.square.copy())
        memory = _Memory(own, scale, free, wanted, priced)
        rounds = max(min(effort.fills, (end - begin) // _LEAST_JOBS_IN_A_ROUND), 1)
        done = begin
        for number in range(rounds):
            _react(case, begin, memory, places)
            left = (1 - (number + 1) / rounds) ** _CURVE
            until = end - int((end - begin) * left)
            _settle(case, priced, done, until, False, free, places)
            done = until
        for _ in range(effort.reactions):
            _react(case, begin, memory, places)
            _settle(case, priced, begin, end, False, free, places)
        _settle(case, real, begin, end, True, free, places)
        if end - begin <= FEW:
            exchange(case, real, begin, end, free, places)
        begin = end


@compiled
def _react(case: StepCase, begin: int, memory: _Memory, places: Places) -> None:
    """Write the running totals with the present prices, then move the prices for the next round."""
    write_totals(case, memory.prices.price, memory.priced)
    write_wanted(case, memory.priced, places.region, begin, memory.wanted)
    move_prices(memory.prices, memory.wanted, np.maximum(memory.free, 0.0), SETTLED, _SIZE, memory.scale, _MEMORY)


@compiled
def _settle(
    case: StepCase, totals: FloatArray, begin: int, end: int, at_any_cost: bool, free: FloatArray, places: Places
) -> None:
    """Move each job to its cheapest window with room. A job without a place may get one.

    Args:
        totals: costs that count.
        at_any_cost: a job without a place may also take a window that costs more than its penalty.
        free: capacity that is left, written.
        places: written.
    """
    usd, region_of, start_of = np.empty(totals.shape[1:]), places.region, places.start
    for job in range(begin, end):
        region, start = region_of[job], start_of[job]
        present = np.inf if at_any_cost else case.unserved_usd[job]
        if region != NOWHERE:
            take(case, job, free, region, start, -1.0)
            present = window_usd(case, job, totals, region, start)
        tolerance = _LEAST_SAVING * case.unserved_usd[job]
        _, new_region, new_start = cheapest_room(case, job, totals, free, (present, start), tolerance, usd)
        if new_region != NOWHERE:
            region, start = new_region, new_start
        if region != NOWHERE:
            take(case, job, free, region, start, 1.0)
            region_of[job], start_of[job] = region, start


@compiled
def keep_places(case: StepCase, kept: Places, free: FloatArray, places: Places) -> None:
    """Give each job the place that it has already, if it still fits beside the jobs before it.

    Args:
        free: capacity that is left, written.
        places: written.
    """
    for job in range(len(kept.region)):
        region, start = kept.region[job], kept.start[job]
        if region != NOWHERE and has_room(case, job, free, region, start):
            take(case, job, free, region, start, 1.0)
            places.region[job], places.start[job] = region, start


@compiled
def objective_usd(case: StepCase, places: Places) -> float:
    """Return the cost of energy and transfer of the placed jobs, plus the penalties of the other jobs."""
    resources, regions, steps = case.free.shape
    real = np.empty((resources, regions, steps + 1))
    write_totals(case, np.zeros(case.free.shape), real)
    total_usd = 0.0
    for job in range(len(places.region)):
        region, start = places.region[job], places.start[job]
        total_usd += case.unserved_usd[job] if region == NOWHERE else window_usd(case, job, real, region, start)
    return total_usd
