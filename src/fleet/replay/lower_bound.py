"""What no plan can undercut: the dual of a linear programme over all jobs and the hours as they really were."""

from dataclasses import dataclass

import numpy as np

from fleet.compiled import compiled
from fleet.domain.region import Costs
from fleet.domain.workload import Workload
from fleet.placement.objective import PENALTY_OVER_DEAREST
from fleet.placement.prices import move
from fleet.units import FloatArray, IntArray

_ROUNDS = 200
_LAST_STEP = 1e-3


@dataclass(frozen=True, kw_only=True)
class LowerBound:
    """Of the objective of every plan that keeps all limits: cost, and a penalty for energy that is not served.

    penalty_usd_per_mwh: three times the dearest region-hour.
    """

    objective_usd: float
    penalty_usd_per_mwh: float


def lower_bound(
    work: Workload, room_mw: FloatArray, cost_usd_per_mwh: FloatArray, costs: Costs, first_h: int
) -> LowerBound:
    """The best value of the dual that a few hundred steps find; any of its values is a bound.

    Jobs may be split and all of them are known from the beginning, so that even the best real plan costs more.

    Args:
        room_mw: (region, hour) power that may be added to the regions' own load; NaN where it is not known, and there
            nothing is asked.
        cost_usd_per_mwh: (region, hour) of IT energy that is added; NaN where it is not known, and counts for nothing.
        first_h: hour 0, from 1970-01-01T00 UTC; the windows of all jobs lie within the hours.
    Assumes: facility power rises faster with load, not slower, so that the first added megawatt is the cheapest.
    """
    least_known: FloatArray = np.nan_to_num(cost_usd_per_mwh)
    room: FloatArray = np.where(np.isnan(room_mw), work.power_mw.sum(), np.maximum(room_mw, 0.0))
    penalty = PENALTY_OVER_DEAREST * float(np.nanmax(cost_usd_per_mwh, initial=0.0))
    objective = _ascend(
        work.power_mw,
        work.duration_h,
        work.earliest_h - first_h,
        work.latest_start_h - first_h,
        work.sets,
        work.region_set,
        work.home,
        costs.transfer_usd_per_gb * work.data_gb / work.power_mw,
        costs.waiting_usd_per_mwh_per_h * work.duration_h.astype(np.float64),
        room,
        least_known,
        penalty,
    )
    return LowerBound(objective_usd=objective, penalty_usd_per_mwh=penalty)


@compiled
def _ascend(
    power_mw: FloatArray,
    duration_h: IntArray,
    first: IntArray,
    last: IntArray,
    sets: np.ndarray,
    region_set: IntArray,
    home: IntArray,
    transfer_usd_per_mw: FloatArray,
    waiting_usd_per_mw_per_h: FloatArray,
    room_mw: FloatArray,
    cost_usd_per_mwh: FloatArray,
    penalty_usd_per_mwh: float,
) -> float:
    regions, hours = room_mw.shape
    price, mean, square = np.zeros((regions, hours)), np.zeros(regions * hours), np.zeros(regions * hours)
    so_far, used = np.zeros((regions, hours + 1)), np.zeros((regions, hours + 1))
    best = -np.inf
    for step in range(_ROUNDS):
        for r in range(regions):
            for hour in range(hours):
                so_far[r, hour + 1] = so_far[r, hour] + cost_usd_per_mwh[r, hour] + price[r, hour]
        used[:] = 0.0
        total = -(price * room_mw).sum()
        for job in range(len(power_mw)):
            length = duration_h[job]
            least, at_region, at_start = penalty_usd_per_mwh * length, -1, -1
            for r in range(regions):
                if not sets[region_set[job], r]:
                    continue
                away = 0.0 if r == home[job] else transfer_usd_per_mw[job]
                for s in range(first[job], last[job] + 1):
                    cost = so_far[r, s + length] - so_far[r, s] + away
                    cost += waiting_usd_per_mw_per_h[job] * (s - first[job])
                    if cost < least:
                        least, at_region, at_start = cost, r, s
            total += power_mw[job] * least
            if at_region >= 0:
                used[at_region, at_start] += power_mw[job]
                used[at_region, at_start + length] -= power_mw[job]
        best = max(best, total)
        for r in range(regions):
            for hour in range(1, hours):
                used[r, hour] += used[r, hour - 1]
        excess = (used[:, :hours] - room_mw).reshape(-1)
        move(price.reshape(-1), excess, mean, square, step, _LAST_STEP ** (step / _ROUNDS), penalty_usd_per_mwh)
    return best
