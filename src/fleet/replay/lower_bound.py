"""The lower bound of a replay: the dual of a linear programme over all jobs and the actual hours."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.domain.region import Costs
from fleet.domain.workload import Workload
from fleet.placement.objective import PENALTY_OVER_HIGHEST_COST
from fleet.placement.prices import Momentum, move
from fleet.units import FloatArray, IntArray

_ROUNDS = 200
_LAST_STEP = 1e-3  # size of the last step over the size of the first


@dataclass(frozen=True, kw_only=True)
class LowerBound:
    """Lower bound of the objective of every plan that keeps all limits.

    The objective is the cost, plus a penalty for unserved energy.

    Args:
        objective_usd: the lower bound.
        penalty_usd_per_mwh: three times the cost of the most expensive region-hour.
    """

    objective_usd: float
    penalty_usd_per_mwh: float


class _Requests(NamedTuple):
    """The requests of the jobs. Arrays are (job,) unless stated otherwise.

    first, last: first and last allowed start, in hours from hour 0.
    sets: (set, region) True where a job of the set may run.
    region_set: the job's row of `sets`.
    home: the job's home region.
    transfer_usd_per_mw: cost of moving the job's data away from home, per MW of the job.
    waiting_usd_per_mw_per_h: cost of each hour between the first allowed start and the chosen start, per MW of the job.
    """

    power_mw: FloatArray
    duration_h: IntArray
    first: IntArray
    last: IntArray
    sets: NDArray[np.bool_]
    region_set: IntArray
    home: IntArray
    transfer_usd_per_mw: FloatArray
    waiting_usd_per_mw_per_h: FloatArray


def lower_bound(
    work: Workload, room_mw: FloatArray, cost_usd_per_mwh: FloatArray, costs: Costs, first_h: int
) -> LowerBound:
    """Return the highest value of the dual that _ROUNDS steps find.

    Every value of the dual is a lower bound. The linear programme may split jobs, and it knows all jobs from the first
    hour on. So even the best real plan may cost more than the bound.

    Args:
        room_mw: (region, hour) power that may be added to the regions' own load. NaN means unknown; such an hour has no
            limit.
        cost_usd_per_mwh: (region, hour) cost of added IT energy. NaN means unknown; such an hour costs nothing.
        costs: prices of moving data and of waiting.
        first_h: hour 0, in hours from 1970-01-01T00 UTC; the windows of all jobs lie within the hours.
    Assumes: facility power rises with load at a constant or rising rate, so that the first added megawatt is the
        cheapest.
    """
    known_cost: FloatArray = np.nan_to_num(cost_usd_per_mwh)
    room: FloatArray = np.where(np.isnan(room_mw), work.power_mw.sum(), np.maximum(room_mw, 0.0))
    penalty = PENALTY_OVER_HIGHEST_COST * float(np.nanmax(cost_usd_per_mwh, initial=0.0))
    # Where and when the segment before it ends is not known, so the bound lets each segment resume for nothing.
    costs_more = np.where(work.resumes, 0.0, 1.0)
    requests = _Requests(
        power_mw=work.power_mw,
        duration_h=work.duration_h,
        first=work.earliest_h - first_h,
        last=work.latest_start_h - first_h,
        sets=work.sets,
        region_set=work.region_set,
        home=work.home,
        transfer_usd_per_mw=costs.transfer_usd_per_gb * work.data_gb / work.power_mw * costs_more,
        waiting_usd_per_mw_per_h=costs.waiting_usd_per_mwh_per_h * work.duration_h.astype(np.float64) * costs_more,
    )
    return LowerBound(
        objective_usd=_ascend(requests, room, known_cost, penalty),
        penalty_usd_per_mwh=penalty,
    )


@compiled
def _ascend(
    requests: _Requests, room_mw: FloatArray, cost_usd_per_mwh: FloatArray, penalty_usd_per_mwh: float
) -> float:
    """Return the highest value of the dual that the steps find."""
    regions, hours = room_mw.shape
    price, momentum = np.zeros((regions, hours)), Momentum(np.zeros(regions * hours), np.zeros(regions * hours))
    cost_so_far, used_mw = np.zeros((regions, hours + 1)), np.zeros((regions, hours + 1))
    best_usd = -np.inf
    for step in range(_ROUNDS):
        for region in range(regions):
            for hour in range(hours):
                sum_usd = cost_so_far[region, hour] + cost_usd_per_mwh[region, hour]
                cost_so_far[region, hour + 1] = sum_usd + price[region, hour]
        capacity_usd = (price * room_mw).sum()
        best_usd = max(best_usd, _respond(requests, cost_so_far, penalty_usd_per_mwh, -capacity_usd, used_mw))
        excess = (used_mw[:, :hours] - room_mw).reshape(-1)
        move(price.reshape(-1), excess, momentum, step, _LAST_STEP ** (step / _ROUNDS), penalty_usd_per_mwh)
    return best_usd


@compiled
def _respond(
    requests: _Requests,
    cost_so_far: FloatArray,
    penalty_usd_per_mwh: float,
    initial_usd: float,
    used_mw: FloatArray,
) -> float:
    """Let each job choose its cheapest window, or no window where the penalty is lower.

    Args:
        cost_so_far: (region, hour + 1) sum of costs and prices before each hour.
        initial_usd: added to the result.
        used_mw: (region, hour + 1), written: the power of all choices in each hour.
    Returns: `initial_usd` plus the cost and the penalties of all jobs.
    """
    duration_h, first, last, home = requests.duration_h, requests.first, requests.last, requests.home
    sets, region_set, power_mw = requests.sets, requests.region_set, requests.power_mw
    transfer_usd_per_mw, waiting_usd_per_mw_per_h = requests.transfer_usd_per_mw, requests.waiting_usd_per_mw_per_h
    regions, hours = len(used_mw), used_mw.shape[1] - 1
    used_mw[:] = 0.0
    total_usd = initial_usd
    for job in range(len(power_mw)):
        length = duration_h[job]
        least, best_region, best_start = penalty_usd_per_mwh * length, -1, -1
        for region in range(regions):
            if not sets[region_set[job], region]:
                continue
            away_usd = 0.0 if region == home[job] else transfer_usd_per_mw[job]
            for start in range(first[job], last[job] + 1):
                cost = cost_so_far[region, start + length] - cost_so_far[region, start] + away_usd
                cost += waiting_usd_per_mw_per_h[job] * (start - first[job])
                if cost < least:
                    least, best_region, best_start = cost, region, start
        total_usd += power_mw[job] * least
        if best_region >= 0:
            used_mw[best_region, best_start] += power_mw[job]
            used_mw[best_region, best_start + length] -= power_mw[job]
    for region in range(regions):
        for hour in range(1, hours):
            used_mw[region, hour] += used_mw[region, hour - 1]
    return total_usd
