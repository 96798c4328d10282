"""Computes the window that each job would choose at given prices if it ran alone. This is the inner step of the dual.

A job takes its cheapest start, and the earliest of equally cheap starts. So a job of a group takes start s if two
conditions hold. Its earliest allowed start lies after the last start before s that costs no more. Its latest allowed
start lies before the next start after s that costs less. Sums over the demand give the power of all these jobs at once.
So the computing time of a group depends on the number of starts, not on the number of jobs and classes.
"""

from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.placement.offer import NOWHERE
from fleet.placement.relaxation import Programme
from fleet.units import FloatArray, IntArray


class BestResponse(NamedTuple):
    """The choices of the jobs at given prices. `respond` writes all arrays.

    region: (group, start) the region of the group's jobs that take this start; NOWHERE if no job takes this start.
    usd_per_mw: (group, start) the least cost of one megawatt at this start.
    used_mw: (row, region, hour) power of all choices whose window requires the level of the row or a higher level.
    """

    region: IntArray
    usd_per_mw: FloatArray
    used_mw: FloatArray


@compiled
def empty_response(programme: Programme) -> BestResponse:
    """Return arrays of the right shapes; their values are not set."""
    shape = len(programme.length), programme.usd_per_mw.shape[2]
    return BestResponse(np.empty(shape, dtype=np.int64), np.empty(shape), np.empty(programme.capacity_mw.shape))


@compiled
def write_priced_windows(programme: Programme, price: FloatArray, usd_per_mw: FloatArray) -> None:
    """Write the cost of one megawatt in each window, including the prices.

    A window pays the prices of its own row and of the rows of all lower levels.

    Args:
        price: (row, region, hour) USD per MWh.
        usd_per_mw: (length, region, start), written.
    """
    unpriced_usd_per_mw, row_of, length_h = programme.usd_per_mw, programme.row, programme.length_h
    rows, regions, hours = price.shape
    lengths, _, starts = row_of.shape
    paid = np.zeros((rows, hours + 1))
    for region in range(regions):
        for row in range(rows):
            total = 0.0
            for hour in range(hours):
                total += price[row, region, hour]
                paid[row, hour + 1] = total + (paid[row - 1, hour + 1] if row > 0 else 0.0)
        for length in range(lengths):
            for start in range(starts):
                row = row_of[length, region, start]
                cost = unpriced_usd_per_mw[length, region, start] + paid[row, start + length_h[length]]
                usd_per_mw[length, region, start] = cost - paid[row, start]


@compiled
def accumulate(demand_mw: FloatArray, demand_before_mw: FloatArray) -> None:
    """Write the cumulative sums of one group's (first, last) demand; shape (first + 1, last + 1)."""
    firsts, lasts = demand_mw.shape
    for first in range(firsts):
        sum_mw = 0.0
        for last in range(lasts):
            sum_mw += demand_mw[first, last]
            demand_before_mw[first + 1, last + 1] = demand_before_mw[first, last + 1] + sum_mw


@compiled
def accumulate_all(demand_mw: FloatArray) -> FloatArray:
    """Return the cumulative sums of the (group, first, last) demand; shape (group, first + 1, last + 1)."""
    groups, firsts, lasts = demand_mw.shape
    demand_before_mw = np.zeros((groups, firsts + 1, lasts + 1))
    for group in range(groups):
        accumulate(demand_mw[group], demand_before_mw[group])
    return demand_before_mw


@compiled
def respond(
    programme: Programme, demand_before_mw: FloatArray, usd_per_mw: FloatArray, response: BestResponse
) -> float:
    """Write the best response of all jobs. Return its cost in USD, including the penalties.

    Args:
        demand_before_mw: (group, first + 1, last + 1) sums of the demand that is not placed yet.
        usd_per_mw: (length, region, start) cost of one megawatt, including prices.
        response: written.
    """
    length_of, set_of, home_of, row_of = programme.length, programme.region_set, programme.home, programme.row
    length_h, transfer_usd_per_mw, used_mw = programme.length_h, programme.transfer_usd_per_mw, response.used_mw
    starts, hours = usd_per_mw.shape[2], used_mw.shape[2]
    firsts_before, lasts_before = _count_before(programme, starts)
    away_usd_per_mw, away_region, least_usd_per_mw = (
        np.empty(starts),
        np.empty(starts, dtype=np.int64),
        np.empty(starts),
    )
    earlier, later = np.empty(starts, dtype=np.int64), np.empty(starts, dtype=np.int64)
    used_mw[:] = 0.0
    total_usd = 0.0
    length = region_set = -1
    for group in range(len(length_of)):
        if length_of[group] != length or set_of[group] != region_set:
            length, region_set = length_of[group], set_of[group]
            _find_cheapest_regions(programme, region_set, usd_per_mw[length], away_usd_per_mw, away_region)
        home = home_of[group]
        for start in range(starts):
            least_usd_per_mw[start] = away_usd_per_mw[start] + transfer_usd_per_mw[group]
        if home != NOWHERE:
            for start in range(starts):
                least_usd_per_mw[start] = min(least_usd_per_mw[start], usd_per_mw[length, home, start])
        _find_cheaper_starts(least_usd_per_mw, earlier, later)
        penalty = programme.penalty_usd_per_mwh * length_h[length]
        unserved_mw = demand_before_mw[group, -1, -1]
        for start in range(starts):
            response.region[group, start], response.usd_per_mw[group, start] = NOWHERE, least_usd_per_mw[start]
            if least_usd_per_mw[start] >= penalty:
                continue
            low, high = firsts_before[earlier[start] + 1], firsts_before[start + 1]
            early, late = lasts_before[start], lasts_before[later[start]]
            power_mw = demand_before_mw[group, high, late] - demand_before_mw[group, low, late]
            power_mw -= demand_before_mw[group, high, early] - demand_before_mw[group, low, early]
            if power_mw <= 0:
                continue
            unserved_mw -= power_mw
            total_usd += power_mw * least_usd_per_mw[start]
            is_home = home != NOWHERE and usd_per_mw[length, home, start] <= least_usd_per_mw[start]
            region = home if is_home else away_region[start]
            response.region[group, start] = region
            row, end = row_of[length, region, start], start + length_h[length]
            used_mw[row, region, start] += power_mw
            if end < hours:
                used_mw[row, region, end] -= power_mw
        total_usd += unserved_mw * penalty
    _sum_over_hours_and_rows(used_mw)
    return total_usd


@compiled
def _find_cheapest_regions(
    programme: Programme, region_set: int, usd_per_mw: FloatArray, least_usd_per_mw: FloatArray, region: IntArray
) -> None:
    """Write for each start the cheapest region of a set and its cost, given (region, start) costs of one megawatt."""
    member, member_from = programme.member, programme.member_from
    least_usd_per_mw[:] = np.inf
    for entry in range(member_from[region_set], member_from[region_set + 1]):
        candidate = member[entry]
        for start in range(len(region)):
            is_cheaper = usd_per_mw[candidate, start] < least_usd_per_mw[start]
            least_usd_per_mw[start] = usd_per_mw[candidate, start] if is_cheaper else least_usd_per_mw[start]
            region[start] = candidate if is_cheaper else region[start]


@compiled
def _count_before(programme: Programme, starts: int) -> tuple[IntArray, IntArray]:
    """Return, before each start, how many first starts and how many last starts the programme has; (start + 1,)."""
    firsts_before, lasts_before = np.zeros(starts + 1, dtype=np.int64), np.zeros(starts + 1, dtype=np.int64)
    for start in range(starts + 1):
        firsts_before[start] = (programme.first_start < start).sum()
        lasts_before[start] = (programme.last_start < start).sum()
    return firsts_before, lasts_before


@compiled
def _find_cheaper_starts(cost: FloatArray, earlier: IntArray, later: IntArray) -> None:
    """Write for each start the two nearest starts that a job prefers if its allowed range includes them.

    Args:
        cost: (start,).
        earlier: (start,), written: the last earlier start that costs no more; -1 if there is none.
        later: (start,), written: the first later start that costs less; the number of starts if there is none.
    """
    starts = len(cost)
    for start in range(starts):
        other = start - 1
        while other >= 0 and cost[other] > cost[start]:
            later[other] = start
            other = earlier[other]
        earlier[start] = other
        later[start] = starts


@compiled
def _sum_over_hours_and_rows(used_mw: FloatArray) -> None:
    """Turn (row, region, hour) changes of power into used power: sum over earlier hours and over higher rows."""
    rows, regions, hours = used_mw.shape
    for region in range(regions):
        for row in range(rows):
            for hour in range(1, hours):
                used_mw[row, region, hour] += used_mw[row, region, hour - 1]
        for row in range(rows - 2, -1, -1):
            for hour in range(hours):
                used_mw[row, region, hour] += used_mw[row + 1, region, hour]
