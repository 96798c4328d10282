"""What every class of jobs would choose at given prices, were it alone: the inner step of the dual.

Of the jobs of one group, those choose start s that may not start at a cheaper one before or after it: their first start
lies after the last cheaper start before s, their last before the first cheaper one after it. So a group costs as much
as it has starts, however many jobs and classes it holds.
"""

import numpy as np

from fleet.compiled import compiled
from fleet.placement.offer import NOWHERE
from fleet.placement.relaxation import Programme
from fleet.units import FloatArray, IntArray


@compiled
def priced_windows(programme: Programme, price: FloatArray, usd_per_mw: FloatArray) -> None:
    """Write (length, region, start) costs of a megawatt that also pays (row, region, hour) prices, of its row and of
    all looser ones.
    """
    own_usd_per_mw, row, length_h = programme.usd_per_mw, programme.row, programme.length_h
    rows, regions, hours = price.shape
    lengths, _, starts = row.shape
    paid = np.zeros((rows, hours + 1))
    for r in range(regions):
        for k in range(rows):
            total = 0.0
            for hour in range(hours):
                total += price[k, r, hour]
                paid[k, hour + 1] = total + (paid[k - 1, hour + 1] if k > 0 else 0.0)
        for i in range(lengths):
            for s in range(starts):
                k = row[i, r, s]
                usd_per_mw[i, r, s] = own_usd_per_mw[i, r, s] + paid[k, s + length_h[i]] - paid[k, s]


@compiled
def accumulate(demand_mw: FloatArray, up_to_mw: FloatArray) -> None:
    """Write (first + 1, last + 1) sums of the (first, last) demand of one group before each first and last."""
    firsts, lasts = demand_mw.shape
    for a in range(firsts):
        along = 0.0
        for b in range(lasts):
            along += demand_mw[a, b]
            up_to_mw[a + 1, b + 1] = up_to_mw[a, b + 1] + along


@compiled
def answer(
    programme: Programme,
    up_to_mw: FloatArray,
    usd_per_mw: FloatArray,
    region: IntArray,
    least_usd_per_mw: FloatArray,
    used_mw: FloatArray,
) -> float:
    """What all jobs together cost where each runs alone, in USD.

    Args:
        up_to_mw: (group, first + 1, last + 1) sums of the demand that is still to be placed.
        usd_per_mw: (length, region, start) cost of a megawatt with its prices.
        region: (group, start) is written: where a job of the group that starts then would run; NOWHERE if none would.
        least_usd_per_mw: (group, start) is written: what a megawatt costs there.
        used_mw: (row, region, hour) is written: the power of all choices at the row and at tighter ones.
    """
    length, region_set, home = programme.length, programme.region_set, programme.home
    transfer = programme.transfer_usd_per_mw
    member, member_from, row, length_h = programme.member, programme.member_from, programme.row, programme.length_h
    starts, hours = usd_per_mw.shape[2], used_mw.shape[2]
    firsts_to, lasts_before = _positions(programme.firsts, programme.lasts, starts)
    away, where, least = np.empty(starts), np.empty(starts, dtype=np.int64), np.empty(starts)
    cheaper_before, cheaper_after = np.empty(starts, dtype=np.int64), np.empty(starts, dtype=np.int64)
    used_mw[:] = 0.0
    total = 0.0
    i = of_set = -1
    for g in range(len(length)):
        if length[g] != i or region_set[g] != of_set:
            i, of_set = length[g], region_set[g]
            away[:] = np.inf
            for at in range(member_from[of_set], member_from[of_set + 1]):
                r = member[at]
                for s in range(starts):
                    better = usd_per_mw[i, r, s] < away[s]
                    away[s] = usd_per_mw[i, r, s] if better else away[s]
                    where[s] = r if better else where[s]
        for s in range(starts):
            least[s] = away[s] + transfer[g]
        if home[g] != NOWHERE:
            for s in range(starts):
                least[s] = min(least[s], usd_per_mw[i, home[g], s])
        _neighbours(least, cheaper_before, cheaper_after)
        penalty = programme.penalty_usd_per_mwh * length_h[i]
        unserved = up_to_mw[g, -1, -1]
        for s in range(starts):
            region[g, s], least_usd_per_mw[g, s] = NOWHERE, least[s]
            if least[s] >= penalty:
                continue
            low, high = firsts_to[cheaper_before[s] + 1], firsts_to[s + 1]
            early, late = lasts_before[s], lasts_before[cheaper_after[s]]
            power = up_to_mw[g, high, late] - up_to_mw[g, low, late]
            power -= up_to_mw[g, high, early] - up_to_mw[g, low, early]
            if power <= 0:
                continue
            unserved -= power
            total += power * least[s]
            at_home = home[g] != NOWHERE and usd_per_mw[i, home[g], s] <= least[s]
            r = home[g] if at_home else where[s]
            region[g, s] = r
            k = row[i, r, s]
            used_mw[k, r, s] += power
            if s + length_h[i] < hours:
                used_mw[k, r, s + length_h[i]] -= power
        total += unserved * penalty
    _spread(used_mw)
    return total


@compiled
def _positions(firsts: IntArray, lasts: IntArray, starts: int) -> tuple[IntArray, IntArray]:
    """(start + 1,) how many firsts, and how many lasts, lie before each start."""
    firsts_to, lasts_before = np.zeros(starts + 1, dtype=np.int64), np.zeros(starts + 1, dtype=np.int64)
    for s in range(starts + 1):
        firsts_to[s] = (firsts < s).sum()
        lasts_before[s] = (lasts < s).sum()
    return firsts_to, lasts_before


@compiled
def _neighbours(least: FloatArray, before: IntArray, after: IntArray) -> None:
    """Write for each start the last one before it that costs no more, -1 where none does, and the first one after it
    that costs less, the number of starts where none does. The earliest of equals is chosen.
    """
    starts = len(least)
    for s in range(starts):
        other = s - 1
        while other >= 0 and least[other] > least[s]:
            after[other] = s
            other = before[other]
        before[s] = other
        after[s] = starts


@compiled
def _spread(used_mw: FloatArray) -> None:
    """From (row, region, hour) changes at the hours in which windows begin and end, to what is used."""
    rows, regions, hours = used_mw.shape
    for r in range(regions):
        for k in range(rows):
            for hour in range(1, hours):
                used_mw[k, r, hour] += used_mw[k, r, hour - 1]
        for k in range(rows - 2, -1, -1):
            for hour in range(hours):
                used_mw[k, r, hour] += used_mw[k + 1, r, hour]
