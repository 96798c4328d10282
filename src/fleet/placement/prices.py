"""The price of one megawatt in each region-hour, from the dual of the linear programme.

The price says how much the jobs that compete for the region-hour would pay for one more megawatt.
"""

from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.placement.best_response import accumulate_all, empty_response, respond, write_priced_windows
from fleet.placement.relaxation import Programme
from fleet.placement.search import Jobs
from fleet.units import FloatArray

# Projected subgradient ascent with momentum. As in Adam (Kingma and Ba 2015), the subgradient of each price is divided
# by the size of its recent values. The steps shrink geometrically. A step is proportional to the price plus a share of
# the penalty: the price, because a scarce hour that many long jobs need may cost as much as a day's penalty, and the
# share, because a price of zero must be able to rise.
_LAST_STEP = 3e-3
_STEP_AT_ZERO = 0.3
_MEMORY = 0.9
# The time of a round depends on the number of groups and starts, not on the number of jobs. Placing the jobs takes
# longer with more jobs. So with more jobs, more rounds add little to the total time.
_FEWEST_ROUNDS, _MOST_ROUNDS = 80, 400
_ROUNDS_PER_JOB_IN_A_START = 30
_ROLLING_ROUNDS = 40


class Prices(NamedTuple):
    """Prices of capacity, and the lower bound that follows from them.

    usd_per_mwh: (row, region, hour) price of IT energy.
    bound_usd: lower bound of the objective of every plan.
    """

    usd_per_mwh: FloatArray
    bound_usd: float


class Momentum(NamedTuple):
    """Recent subgradients of each price: the exponential mean, and the exponential mean of their squares.

    mean_mw, square_mw2: (price,).
    """

    mean_mw: FloatArray
    square_mw2: FloatArray


def price_rounds(programme: Programme, jobs: Jobs) -> int:
    """Return the number of rounds of ascent that take little time in comparison with placing the jobs."""
    if jobs.rolling:
        return _ROLLING_ROUNDS
    jobs_in_a_start = len(jobs.length) / (len(programme.length) * programme.usd_per_mw.shape[2])
    return min(_FEWEST_ROUNDS + int(_ROUNDS_PER_JOB_IN_A_START * jobs_in_a_start), _MOST_ROUNDS)


def prices_of(programme: Programme, jobs: Jobs, rounds: int) -> Prices:
    """Return the prices with the highest lower bound among those of `rounds` rounds of ascent."""
    price = np.zeros(programme.capacity_mw.shape)
    bound = _ascend(programme, rounds, scale_usd_per_mwh(programme), price)
    # A group uses the mean transfer cost of its jobs, so `bound` can be too high. `bound_usd` uses the transfer cost
    # of each job.
    return Prices(price, bound_usd(programme, jobs, price) if jobs.transfer_usd.any() else bound)


def bound_usd(programme: Programme, jobs: Jobs, price: FloatArray) -> float:
    """Return a lower bound of the objective of every plan. Any (row, region, hour) prices give a valid bound.

    The bound is the cost of all jobs if each runs alone at these prices, minus the value of all capacity at these
    prices.
    """
    usd_per_mw = np.empty(programme.usd_per_mw.shape)
    write_priced_windows(programme, price, usd_per_mw)
    return _cost_of_each_alone(programme, jobs, usd_per_mw) - float((price * programme.capacity_mw).sum())


def scale_usd_per_mwh(programme: Programme) -> float:
    """Return the scale of the steps of a price: the penalty, or the largest cost if there is no penalty."""
    if programme.penalty_usd_per_mwh > 0:
        return programme.penalty_usd_per_mwh
    usd_per_mwh = np.abs(programme.usd_per_mw / programme.length_h[:, None, None])
    return float(usd_per_mwh[np.isfinite(usd_per_mwh)].max(initial=0.0))


@compiled
def _cost_of_each_alone(programme: Programme, jobs: Jobs, usd_per_mw: FloatArray) -> float:
    """Return the cost of all jobs if each takes its cheapest window, given (length, region, start) costs per MW."""
    total_usd = 0.0
    for job in range(len(jobs.length)):
        length, region_set, power = jobs.length[job], jobs.region_set[job], jobs.power_mw[job]
        least = programme.penalty_usd_per_mwh * programme.length_h[length] * power
        for entry in range(jobs.member_from[region_set], jobs.member_from[region_set + 1]):
            region = jobs.member[entry]
            away_usd = 0.0 if region == jobs.home[job] else jobs.transfer_usd[job]
            for start in range(jobs.first[job], jobs.last[job] + 1):
                least = min(least, power * usd_per_mw[length, region, start] + away_usd)
        total_usd += least
    return total_usd


@compiled
def _ascend(programme: Programme, rounds: int, scale_usd_per_mwh: float, best_price: FloatArray) -> float:
    """Write the best prices, and return their bound."""
    capacity = programme.capacity_mw
    demand_before_mw, response = accumulate_all(programme.demand_mw), empty_response(programme)
    usd_per_mw, price = np.empty(programme.usd_per_mw.shape), np.zeros(capacity.shape)
    momentum = Momentum(np.zeros(price.size), np.zeros(price.size))
    best_bound = -np.inf
    for number in range(rounds):
        write_priced_windows(programme, price, usd_per_mw)
        bound = respond(programme, demand_before_mw, usd_per_mw, response) - (price * capacity).sum()
        if bound > best_bound:
            best_bound = bound
            best_price[:] = price
        excess = (response.used_mw - capacity).reshape(-1)
        step = _LAST_STEP ** (number / rounds)
        move(price.reshape(-1), excess, momentum, number, step, scale_usd_per_mwh)
    return best_bound


@compiled
def move(
    price: FloatArray,
    excess_mw: FloatArray,
    momentum: Momentum,
    moves: int,
    step: float,
    scale_usd_per_mwh: float,
    memory: float = _MEMORY,
) -> None:
    """Move each price one step in the direction of its recent excess.

    Args:
        price: (price,) USD per MWh, written.
        excess_mw: (price,) used power minus capacity.
        momentum: written.
        moves: number of earlier moves.
        step: size of the step, as a share of the price plus _STEP_AT_ZERO of the scale.
        scale_usd_per_mwh: scale of the steps, from the function of this name.
        memory: weight of earlier moves in the momentum.
    """
    mean, square = momentum.mean_mw, momentum.square_mw2
    weight = 1 - memory ** (moves + 1)
    for index in range(len(price)):
        # A price of zero cannot fall, so unused capacity carries no information there.
        excess = 0.0 if price[index] <= 0 and excess_mw[index] < 0 else excess_mw[index]
        mean[index] = memory * mean[index] + (1 - memory) * excess
        square[index] = memory * square[index] + (1 - memory) * excess * excess
        if square[index] > 0:
            direction = mean[index] / weight / np.sqrt(square[index] / weight)
            largest_step = price[index] + _STEP_AT_ZERO * scale_usd_per_mwh
            price[index] = np.maximum(price[index] + step * largest_step * direction, 0.0)
