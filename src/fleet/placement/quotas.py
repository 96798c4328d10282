"""The linear programme solved exactly: how many megawatts of each class run where and when.

Columns, a class in a window, are generated: first those that cost nearly the least at good prices, then whatever would
still make the solution cheaper at its own prices. Some thousand of a million are enough.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

from fleet.compiled import compiled
from fleet.placement.best_response import priced_windows
from fleet.placement.capacity import Jobs
from fleet.placement.offer import NOWHERE
from fleet.placement.prices import Prices, bound_usd, prices_of, scale_usd_per_mwh
from fleet.placement.relaxation import Programme
from fleet.units import FloatArray, IntArray

_PRICE_ROUNDS = 2_000
# In parts of the penalty: how much dearer than the cheapest window of its class a first column may be.
_NEARLY = 2e-4
# Solved is what lies this close to its own bound. A handful of solutions gets there; the bound holds after any number.
_TOLERANCE, _MOST_SOLUTIONS = 1e-5, 8
_DUST_USD_PER_MWH = 1e-7


class Classes(NamedTuple):
    """(class,) position in the demand of a programme, and its power."""

    group: IntArray
    first: IntArray
    last: IntArray
    power_mw: FloatArray


class Quotas(NamedTuple):
    """How many megawatts of each class run in which window.

    class_of: (group, first, last) the class at each position of the demand; NOWHERE where nothing is asked for.
    begin: (class + 1,) the quotas of class c are those from begin[c] to begin[c + 1].
    region, start, power_mw: (quota,); region and start are NOWHERE for what stays unserved.
    """

    class_of: IntArray
    begin: IntArray
    region: IntArray
    start: IntArray
    power_mw: FloatArray


def solve(programme: Programme, jobs: Jobs) -> tuple[Quotas, Prices]:
    """The optimum of the programme; where nothing is paid for transfers, the bound of its prices is that optimum."""
    prices = prices_of(programme, jobs, _PRICE_ROUNDS)
    position = np.nonzero(programme.demand_mw)
    group, first, last = position
    classes = Classes(group, first, last, programme.demand_mw[position])
    class_of = np.full(programme.demand_mw.shape, NOWHERE)
    class_of[position] = np.arange(len(classes.group))
    worth = np.full(len(classes.group), np.inf)
    nearly = _NEARLY * scale_usd_per_mwh(programme)
    column, price = np.empty((0, 3), dtype=np.int64), prices.usd_per_mwh
    priced = np.empty(programme.usd_per_mw.shape)
    for _ in range(_MOST_SOLUTIONS):
        priced_windows(programme, price, priced)
        column = np.unique(np.concatenate([column, _columns(programme, classes, priced, worth, nearly)]), axis=0)
        power_mw, worth, price, cost_usd = _optimum(programme, classes, column)
        bound = bound_usd(programme, jobs, price)
        if bound > prices.bound_usd:
            prices = Prices(price, bound)
        if cost_usd - bound <= _TOLERANCE * abs(cost_usd):
            break
    used = power_mw > 0
    of_class, region, start = column[used].T
    begin = np.searchsorted(of_class, np.arange(len(classes.group) + 1))
    return Quotas(class_of, begin, region, start, power_mw[used]), prices


def _optimum(
    programme: Programme, classes: Classes, column: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """(column,) megawatts, (class,) what one more megawatt of it costs, (row, region, hour) prices, and the cost.

    Where the columns leave no solution, capacity is bought for more than any job would pay.

    column: (column, 3) class, region and start.
    """
    of_class, region, start = column.T
    group = classes.group[of_class]
    length = programme.length[group]
    served, hours = region != NOWHERE, programme.length_h[length]
    usd_per_mw = np.where(served, programme.usd_per_mw[length, region, start], programme.penalty_usd_per_mwh * hours)
    usd_per_mw += np.where(served & (region != programme.home[group]), programme.transfer_usd_per_mw[group], 0)
    # Every hour of a window, in its row and in all looser ones.
    cells = np.where(served, programme.row[length, region, start] + 1, 0) * hours
    count, size = len(column), programme.capacity_mw.size
    repeated = np.repeat(np.arange(count), cells)
    nth = np.arange(len(repeated)) - np.repeat(np.cumsum(cells) - cells, cells)
    hour = start[repeated] + nth % hours[repeated]
    cell = np.ravel_multi_index((nth // hours[repeated], region[repeated], hour), programme.capacity_mw.shape)
    uses = csr_array((np.ones(len(cell)), (cell, repeated)), shape=(size, count))
    belongs = csr_array((np.ones(count), (of_class, np.arange(count))), shape=(len(classes.group), count))
    more_than_any = 2 * scale_usd_per_mwh(programme) * programme.length_h[-1]
    found = linprog(
        np.concatenate([usd_per_mw, np.full(size, more_than_any)]),
        A_ub=hstack([uses, -eye_array(size)], format="csr"),
        b_ub=programme.capacity_mw.ravel(),
        A_eq=hstack([belongs, csr_array((len(classes.group), size))], format="csr"),
        b_eq=classes.power_mw,
        method="highs-ipm",
    )
    prices = np.maximum(-found.ineqlin.marginals.reshape(programme.capacity_mw.shape), 0.0)
    return found.x[:count], found.eqlin.marginals, prices, float(found.fun)


@compiled
def _columns(
    programme: Programme, classes: Classes, usd_per_mw: FloatArray, worth: FloatArray, nearly_usd_per_mwh: float
) -> IntArray:
    """(column, 3) class, region and start of all windows, and of staying unserved, that cost nearly the least of their
    class and less than its worth.

    usd_per_mw: (length, region, start) with prices. worth: (class,) what the last solution pays for a megawatt.
    """
    member, member_from = programme.member, programme.member_from
    found = [(0, 0, 0) for _ in range(0)]
    for c in range(len(classes.group)):
        g = classes.group[c]
        i, of_set, home = programme.length[g], programme.region_set[g], programme.home[g]
        starts = range(programme.firsts[classes.first[c]], programme.lasts[classes.last[c]] + 1)
        hours = programme.length_h[i]
        penalty = programme.penalty_usd_per_mwh * hours
        least = penalty
        for at in range(member_from[of_set], member_from[of_set + 1]):
            away = 0.0 if member[at] == home else programme.transfer_usd_per_mw[g]
            for s in starts:
                least = min(least, usd_per_mw[i, member[at], s] + away)
        limit = min(least + nearly_usd_per_mwh * hours, worth[c] - _DUST_USD_PER_MWH * hours)
        if penalty <= limit:
            found.append((c, NOWHERE, NOWHERE))
        for at in range(member_from[of_set], member_from[of_set + 1]):
            away = 0.0 if member[at] == home else programme.transfer_usd_per_mw[g]
            for s in starts:
                if usd_per_mw[i, member[at], s] + away <= min(limit, penalty):
                    found.append((c, member[at], s))  # noqa: PERF401, as compiled loops know no extend
    columns = np.empty((len(found), 3), dtype=np.int64)
    for n in range(len(found)):
        columns[n, 0], columns[n, 1], columns[n, 2] = found[n]
    return columns
