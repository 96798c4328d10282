"""Places whole jobs in windows, round by round, at prices that each round updates.

At the best prices many windows cost the same, and the prices do not say which of them a job takes. So the jobs are
placed in rounds, the largest jobs first. After each round, the prices react to the capacity and the jobs that are left.
If one round places too many jobs in a window, its price rises, and the next jobs take other windows. Over all rounds,
the jobs divide among the windows about as in the optimum of the linear programme (`relaxation.py`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.placement.best_response import (
    BestResponse,
    accumulate,
    accumulate_all,
    empty_response,
    respond,
    write_priced_windows,
)
from fleet.placement.capacity import fits, is_open
from fleet.placement.improve import finish_priority
from fleet.placement.job_order import largest_first
from fleet.placement.offer import NOWHERE, Batch, Plan
from fleet.placement.prices import Momentum, move, scale_usd_per_mwh
from fleet.placement.relaxation import ClassPosition, Programme
from fleet.placement.search import Placement, Search, cheapest
from fleet.placement.windows import Windows
from fleet.units import FloatArray, IntArray

# With more regions, each one has room for a smaller share of the jobs. So a round must hold fewer jobs, and more rounds
# are needed.
_ROUNDS, _ROUNDS_PER_REGION, _LEAST_JOBS_IN_A_ROUND = 100, 1, 4
_ROLLING_ROUNDS = 5
# The prices are the best prices already, so they move in small steps and follow only the last few rounds.
_STEP, _MEMORY = 0.01, 0.8


class Rounds(NamedTuple):
    """The jobs in the order in which they are placed, divided into rounds.

    job: (position,) index of each job.
    end: (round,) the position at which each round ends, ascending.
    ends_priority: (round,) True if a priority ends with the round.
    """

    job: IntArray
    end: IntArray
    ends_priority: NDArray[np.bool_]


def place_in_rounds(
    programme: Programme, position: ClassPosition, batch: Batch, search: Search, usd_per_mwh: FloatArray
) -> Plan:
    """Place the jobs in rounds, and reserve the capacity of each job that is placed.

    If no window in which a job fits costs less than the penalty, prices included, the job waits until the other jobs of
    its priority are placed. Then it takes the cheapest window in which it fits, even if the window costs more than the
    penalty. After that, jobs of a lower priority are placed.

    Args:
        usd_per_mwh: (row, region, hour) prices of the first round.
    """
    order, regions = largest_first(batch), len(search.capacity.most_jobs)
    count = len(order.job)
    rounds = min(_ROUNDS + _ROUNDS_PER_REGION * regions, -(-count // _LEAST_JOBS_IN_A_ROUND))
    if search.jobs.rolling:
        rounds = _ROLLING_ROUNDS
    end = np.union1d(np.arange(1, rounds + 1) * count // rounds, order.priority_end)
    placement = Placement.empty(len(batch))
    _place(
        Rounds(order.job, end, np.isin(end, order.priority_end)),
        programme,
        position,
        search,
        usd_per_mwh.copy(),
        scale_usd_per_mwh(programme),
        placement,
    )
    return placement.plan()


@compiled
def _place(
    rounds: Rounds,
    programme: Programme,
    position: ClassPosition,
    search: Search,
    price: FloatArray,
    scale_usd_per_mwh: float,
    placement: Placement,
) -> None:
    """Write the placement, and the (row, region, hour) price of the last round."""
    demand, capacity, windows = programme.demand_mw.copy(), search.capacity, search.windows
    demand_before_mw, response = accumulate_all(demand), empty_response(programme)
    priced = Windows(windows.length_h, np.empty(programme.usd_per_mw.shape), windows.level_index)
    priced_search = Search(search.jobs, priced, capacity)
    momentum = Momentum(np.zeros(price.size), np.zeros(price.size))
    reserved_before_mw = capacity.reserved_mw.copy()
    begin = priority_begin = 0
    for number in range(len(rounds.end)):
        end = rounds.end[number]
        write_priced_windows(programme, price, priced.usd_per_mw)
        respond(programme, demand_before_mw, priced.usd_per_mw, response)
        left_mw = np.maximum(programme.capacity_mw - (capacity.reserved_mw - reserved_before_mw), 0.0)
        excess = response.used_mw - left_mw
        move(price.reshape(-1), excess.reshape(-1), momentum, number, _STEP, scale_usd_per_mwh, _MEMORY)
        some_jobs = rounds.job[begin:end]
        _place_round(some_jobs, position, priced_search, response, programme.penalty_usd_per_mwh, demand, placement)
        for group in np.unique(position.group[some_jobs]):
            accumulate(demand[group], demand_before_mw[group])
        begin = end
        if rounds.ends_priority[number]:
            # Prices keep capacity free for later jobs. After the last job, only the real costs count.
            real_windows = windows if end == len(rounds.job) else priced
            some_jobs = rounds.job[priority_begin:end]
            finish_priority(some_jobs, priced_search, real_windows, programme.penalty_usd_per_mwh, placement)
            priority_begin = end


@compiled
def _place_round(
    some_jobs: IntArray,
    position: ClassPosition,
    search: Search,
    response: BestResponse,
    penalty_usd_per_mwh: float,
    demand_mw: FloatArray,
    placement: Placement,
) -> None:
    """Place the jobs of one round.

    A group is the jobs of one duration, region set and home. Each job takes the cheapest of its allowed starts, in the
    region that its group chose for that start. If the job does not fit there, it takes the cheapest window in which it
    fits. A window must cost less than the penalty. For a job whose data transfer costs money, or that already holds a
    region and start, all windows are compared.

    Args:
        search: costs of its windows include the prices.
        demand_mw: (group, first, last), written: the power of these jobs is subtracted.
        placement: written.
    """
    jobs, windows, capacity = search.jobs, search.windows, search.capacity
    # Reading a field of a tuple inside a loop is slow, so the loop's arrays are read here.
    group_of, first_of, last_of = position.group, position.first, position.last
    length_of, power_mw, first, last = jobs.length, jobs.power_mw, jobs.first, jobs.last
    kept_region, transfer_usd, share = jobs.kept_region, jobs.transfer_usd, jobs.share
    length_h, level_index = windows.length_h, windows.level_index
    spare_mw, reserved_mw, most_jobs = capacity.spare_mw, capacity.reserved_mw, capacity.most_jobs
    response_region, usd_per_mw = response.region, response.usd_per_mw
    for job in some_jobs:
        group, length, power = group_of[job], length_of[job], power_mw[job]
        hours = length_h[length]
        usd_below = penalty_usd_per_mwh * hours * power
        demand_mw[group, first_of[job], last_of[job]] -= power
        region = start = NOWHERE
        if kept_region[job] == NOWHERE and transfer_usd[job] == 0:
            least = usd_below / power
            for candidate in range(first[job], last[job] + 1):
                if usd_per_mw[group, candidate] < least:
                    least, start = usd_per_mw[group, candidate], candidate
            if start == NOWHERE:
                continue
            region = response_region[group, start]
            if region != NOWHERE:
                level = level_index[length, region, start]
                takes_more = is_open(most_jobs[region], share[job])
                if not takes_more or not fits(spare_mw[level, region], reserved_mw[region], start, hours, power):
                    region = NOWHERE
        if region == NOWHERE:
            _, region, start = cheapest(search, job, usd_below)
        if region != NOWHERE:
            for hour in range(start, start + hours):
                reserved_mw[region, hour] += power
            most_jobs[region] -= share[job]
            placement.region[job], placement.start[job] = region, start
