"""What a megawatt in a region-hour is worth to the jobs that compete for it: the dual of the linear programme."""

from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.placement.best_response import accumulate, answer, priced_windows
from fleet.placement.capacity import Jobs
from fleet.placement.relaxation import Programme
from fleet.units import FloatArray

# Ascent by the projected subgradient, with momentum and steps in units of each price's own recent subgradients (as
# Adam does, Kingma and Ba 2015), that shrink geometrically. A step is in proportion to the price: where long jobs meet
# one scarce hour, it may rise to a day's penalty. A price that is zero moves in proportion to the penalty.
_LAST_STEP = 3e-3
_AT_ZERO = 0.3
_MEMORY = 0.9
# A round takes as long as there are groups and starts, whatever the number of jobs: where that is little beside placing
# the jobs, there are more rounds.
_FEWEST_ROUNDS, _MOST_ROUNDS = 80, 400
_ROUNDS_PER_JOB_IN_A_START = 30
_ROLLING_ROUNDS = 40


class Prices(NamedTuple):
    """usd_per_mwh: (row, region, hour) of IT energy. bound_usd: what no plan undercuts."""

    usd_per_mwh: FloatArray
    bound_usd: float


def rounds_worth(programme: Programme, jobs: Jobs) -> int:
    """Rounds that cost little beside placing the jobs."""
    if jobs.rolling:
        return _ROLLING_ROUNDS
    jobs_in_a_start = len(jobs.length) / (len(programme.length) * programme.usd_per_mw.shape[2])
    return min(_FEWEST_ROUNDS + int(_ROUNDS_PER_JOB_IN_A_START * jobs_in_a_start), _MOST_ROUNDS)


def prices_of(programme: Programme, jobs: Jobs, rounds: int) -> Prices:
    """The best prices that so many rounds find."""
    price = np.zeros(programme.capacity_mw.shape)
    bound = _ascend(programme, rounds, scale_usd_per_mwh(programme), price)
    # Groups know transfers on their mean alone, and a mean may promise too much.
    return Prices(price, bound_usd(programme, jobs, price) if jobs.transfer_usd.any() else bound)


def bound_usd(programme: Programme, jobs: Jobs, price: FloatArray) -> float:
    """What no plan undercuts, by (row, region, hour) prices, whatever they are: every job alone at these prices, less
    what all capacity would fetch.
    """
    usd_per_mw = np.empty(programme.usd_per_mw.shape)
    priced_windows(programme, price, usd_per_mw)
    return _alone(programme, jobs, usd_per_mw) - float((price * programme.capacity_mw).sum())


def scale_usd_per_mwh(programme: Programme) -> float:
    """How far a price may begin to move: where no penalty is due, the largest cost says."""
    if programme.penalty_usd_per_mwh > 0:
        return programme.penalty_usd_per_mwh
    usd_per_mwh = np.abs(programme.usd_per_mw / programme.length_h[:, None, None])
    return float(usd_per_mwh[np.isfinite(usd_per_mwh)].max(initial=0.0))


@compiled
def _alone(programme: Programme, jobs: Jobs, usd_per_mw: FloatArray) -> float:
    """What all jobs cost at (length, region, start) costs of a megawatt, each where it is cheapest for it."""
    total = 0.0
    for job in range(len(jobs.length)):
        i, of_set, power = jobs.length[job], jobs.region_set[job], jobs.power_mw[job]
        least = programme.penalty_usd_per_mwh * programme.length_h[i] * power
        for at in range(jobs.member_from[of_set], jobs.member_from[of_set + 1]):
            away = 0.0 if jobs.member[at] == jobs.home[job] else jobs.transfer_usd[job]
            for s in range(jobs.first[job], jobs.last[job] + 1):
                least = min(least, power * usd_per_mw[i, jobs.member[at], s] + away)
        total += least
    return total


@compiled
def _ascend(programme: Programme, rounds: int, scale_usd_per_mwh: float, best_price: FloatArray) -> float:
    """Writes the best prices; gives their bound."""
    capacity, demand = programme.capacity_mw, programme.demand_mw
    groups, firsts, lasts = demand.shape
    up_to = np.zeros((groups, firsts + 1, lasts + 1))
    for g in range(groups):
        accumulate(demand[g], up_to[g])
    starts = programme.usd_per_mw.shape[2]
    region, least = np.empty((groups, starts), dtype=np.int64), np.empty((groups, starts))
    usd_per_mw = np.empty(programme.usd_per_mw.shape)
    price, used = np.zeros(capacity.shape), np.empty(capacity.shape)
    mean, square = np.zeros(price.size), np.zeros(price.size)
    best = -np.inf
    for t in range(rounds):
        priced_windows(programme, price, usd_per_mw)
        bound = answer(programme, up_to, usd_per_mw, region, least, used) - (price * capacity).sum()
        if bound > best:
            best = bound
            best_price[:] = price
        excess = (used - capacity).reshape(-1)
        move(price.reshape(-1), excess, mean, square, t, _LAST_STEP ** (t / rounds), scale_usd_per_mwh)
    return best


@compiled
def move(
    price: FloatArray,
    excess_mw: FloatArray,
    mean: FloatArray,
    square: FloatArray,
    moves: int,
    step: float,
    scale_usd_per_mwh: float,
    memory: float = _MEMORY,
) -> None:
    """Writes price, and the running mean and square of the excess after so many moves before; all of one shape."""
    fresh = 1 - memory ** (moves + 1)
    for n in range(len(price)):
        # A price that is zero cannot fall: what is not used there says nothing.
        excess = 0.0 if price[n] <= 0 and excess_mw[n] < 0 else excess_mw[n]
        mean[n] = memory * mean[n] + (1 - memory) * excess
        square[n] = memory * square[n] + (1 - memory) * excess * excess
        if square[n] > 0:
            direction = mean[n] / fresh / np.sqrt(square[n] / fresh)
            price[n] = np.maximum(price[n] + step * (price[n] + _AT_ZERO * scale_usd_per_mwh) * direction, 0.0)
