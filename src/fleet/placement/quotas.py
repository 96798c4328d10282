"""Solves the linear programme exactly: how many megawatts of each class run in which window.

A column of the programme is a class in a window. There may be a million columns, but some thousand are enough. The
first columns are those that cost nearly the least at good prices. Each solution then adds the columns that would make
it cheaper at the prices of that solution.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.placement.best_response import write_priced_windows
from fleet.placement.offer import NOWHERE
from fleet.placement.prices import Prices, bound_usd, prices_of, scale_usd_per_mwh
from fleet.placement.relaxation import Programme
from fleet.placement.search import Jobs
from fleet.units import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_PRICE_ROUNDS = 2_000
# A column costs at most this share of the penalty more than the cheapest window of its class.
_NEARLY = 2e-4
# The programme is solved when cost minus bound is at most this share of the cost. A few solutions are usually enough.
# The bound holds after any number of solutions.
_TOLERANCE, _MOST_SOLUTIONS = 1e-5, 8
_ROUNDING_USD_PER_MWH = 1e-7


class Classes(NamedTuple):
    """(class,) indices of each class in the demand of a programme, and its power."""

    group: IntArray
    first: IntArray
    last: IntArray
    power_mw: FloatArray


class Quotas(NamedTuple):
    """How many megawatts of each class run in which window.

    class_of: (group, first, last) the class at each position of `Programme.demand_mw`; NOWHERE without demand.
    begin: (class + 1,) class c has the quotas from begin[c] to begin[c + 1] - 1.
    region, start, power_mw: (quota,); region and start are NOWHERE for power that stays unserved.
    """

    class_of: IntArray
    begin: IntArray
    region: IntArray
    start: IntArray
    power_mw: FloatArray


class _Optimum(NamedTuple):
    """The optimum over some columns.

    power_mw: (column,).
    class_usd_per_mw: (class,) cost of one more megawatt of the class.
    usd_per_mwh: (row, region, hour) prices of capacity.
    cost_usd: the objective.
    """

    power_mw: FloatArray
    class_usd_per_mw: FloatArray
    usd_per_mwh: FloatArray
    cost_usd: float


def solve(programme: Programme, jobs: Jobs) -> tuple[Quotas, Prices]:
    """Return the quotas of the optimum, and the prices with the highest bound.

    If transfers cost nothing and _MOST_SOLUTIONS are enough, the bound of the prices equals the optimum to within
    _TOLERANCE.
    """
    prices = prices_of(programme, jobs, _PRICE_ROUNDS)
    position = np.nonzero(programme.demand_mw)
    group, first, last = map(np.ascontiguousarray, position)
    classes = Classes(group, first, last, programme.demand_mw[position])
    class_of = np.full(programme.demand_mw.shape, NOWHERE)
    class_of[position] = np.arange(len(classes.group))
    class_usd_per_mw = np.full(len(classes.group), np.inf)
    nearly = _NEARLY * scale_usd_per_mwh(programme)
    column, usd_per_mwh = np.empty((0, 3), dtype=np.int64), prices.usd_per_mwh
    priced = np.empty(programme.usd_per_mw.shape)
    for _ in range(_MOST_SOLUTIONS):
        write_priced_windows(programme, usd_per_mwh, priced)
        new_column = _columns(programme, classes, priced, class_usd_per_mw, nearly)
        column = np.unique(np.concatenate([column, new_column]), axis=0)
        power_mw, class_usd_per_mw, usd_per_mwh, cost_usd = _optimum(programme, classes, column)
        bound = bound_usd(programme, jobs, usd_per_mwh)
        if bound > prices.bound_usd:
            prices = Prices(usd_per_mwh, bound)
        if cost_usd - bound <= _TOLERANCE * abs(cost_usd):
            break
    is_used = power_mw > 0
    used_class, region, start = column[is_used].T
    begin = np.searchsorted(used_class, np.arange(len(classes.group) + 1))
    return Quotas(class_of, begin, region, start, power_mw[is_used]), prices


def _optimum(programme: Programme, classes: Classes, column: IntArray) -> _Optimum:
    """Solve the programme over some columns.

    If the columns allow no solution, the programme buys capacity, at a price that is higher than any job would pay.

    Args:
        column: (column, 3) class, region and start.
    """
    # These imports are slow, and only the exact plan needs them.
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    group, count, size = classes.group[column[:, 0]], len(column), programme.capacity_mw.size
    is_of_class = csr_array((np.ones(count), (column[:, 0], np.arange(count))), shape=(len(classes.group), count))
    more_than_any = 2 * scale_usd_per_mwh(programme) * programme.length_h[-1]
    solution = linprog(
        np.concatenate([_column_usd_per_mw(programme, group, column), np.full(size, more_than_any)]),
        A_ub=hstack([_column_hours(programme, group, column), -eye_array(size)], format="csr"),
        b_ub=programme.capacity_mw.ravel(),
        A_eq=hstack([is_of_class, csr_array((len(classes.group), size))], format="csr"),
        b_eq=classes.power_mw,
        method="highs-ipm",
    )
    usd_per_mwh = np.maximum(-solution.ineqlin.marginals.reshape(programme.capacity_mw.shape), 0.0)
    return _Optimum(solution.x[:count], solution.eqlin.marginals, usd_per_mwh, float(solution.fun))


def _column_usd_per_mw(programme: Programme, group: IntArray, column: IntArray) -> FloatArray:
    """Return (column,) cost of one megawatt: the cost of its window and transfer, or the penalty for unserved power."""
    _, region, start = column.T
    is_served, length = region != NOWHERE, programme.length[group]
    penalty = programme.penalty_usd_per_mwh * programme.length_h[length]
    usd_per_mw: FloatArray = np.where(is_served, programme.usd_per_mw[length, region, start], penalty)
    is_away = is_served & (region != programme.home[group])
    usd_per_mw += np.where(is_away, programme.transfer_usd_per_mw[group], 0)
    return usd_per_mw


def _column_hours(programme: Programme, group: IntArray, column: IntArray) -> "csr_array":
    """Return the (row-region-hour, column) matrix of ones where a column uses capacity.

    A column uses every hour of its window, in its own row and in the rows of all lower levels.
    """
    _, region, start = column.T
    length = programme.length[group]
    hours, count = programme.length_h[length], len(column)
    cells = np.where(region != NOWHERE, programme.row[length, region, start] + 1, 0) * hours
    owner = np.repeat(np.arange(count), cells)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(cells) - cells, cells)
    row, hour = nth // hours[owner], start[owner] + nth % hours[owner]
    cell = np.ravel_multi_index((row, region[owner], hour), programme.capacity_mw.shape)
    from scipy.sparse import csr_array  # as above

    return csr_array((np.ones(len(cell)), (cell, owner)), shape=(programme.capacity_mw.size, count))


@compiled
def _columns(
    programme: Programme,
    classes: Classes,
    usd_per_mw: FloatArray,
    class_usd_per_mw: FloatArray,
    nearly_usd_per_mwh: float,
) -> IntArray:
    """Find the columns that cost nearly the least in their class, and less than the class costs in the last solution.

    Args:
        usd_per_mw: (length, region, start) cost of one megawatt, including prices.
        class_usd_per_mw: (class,) cost of one more megawatt of the class in the last solution.
        nearly_usd_per_mwh: largest accepted difference between the cost of a column and the least cost.
    Returns: (column, 3) class, region and start; NOWHERE twice for power that stays unserved.
    """
    member, member_from = programme.member, programme.member_from
    # An empty list of a known type, which a compiled loop needs.
    columns = [(0, 0, 0) for _ in range(0)]
    for index in range(len(classes.group)):
        group = classes.group[index]
        length, region_set, home = programme.length[group], programme.region_set[group], programme.home[group]
        first, last = programme.first_start[classes.first[index]], programme.last_start[classes.last[index]]
        hours = programme.length_h[length]
        penalty = programme.penalty_usd_per_mwh * hours
        least = penalty
        for entry in range(member_from[region_set], member_from[region_set + 1]):
            region = member[entry]
            away_usd = 0.0 if region == home else programme.transfer_usd_per_mw[group]
            for start in range(first, last + 1):
                least = min(least, usd_per_mw[length, region, start] + away_usd)
        most = min(least + nearly_usd_per_mwh * hours, class_usd_per_mw[index] - _ROUNDING_USD_PER_MWH * hours)
        if penalty <= most:
            columns.append((index, NOWHERE, NOWHERE))
        for entry in range(member_from[region_set], member_from[region_set + 1]):
            region = member[entry]
            away_usd = 0.0 if region == home else programme.transfer_usd_per_mw[group]
            for start in range(first, last + 1):
                if usd_per_mw[length, region, start] + away_usd <= min(most, penalty):
                    columns.append((index, region, start))  # noqa: PERF401, compiled code has no list.extend
    table = np.empty((len(columns), 3), dtype=np.int64)
    for index in range(len(columns)):
        table[index, 0], table[index, 1], table[index, 2] = columns[index]
    return table
