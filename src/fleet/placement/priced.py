"""The cheapest plan for all jobs together: what is scarce has a price."""

from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.placement.base import Belief, Policy
from fleet.placement.capacity import Capacity, Jobs, cheapest, holds, take
from fleet.placement.exact import fill_quotas
from fleet.placement.fill import fill, urgent_first
from fleet.placement.objective import objective_usd, penalty_usd_per_mwh
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.placement.prices import prices_of, rounds_worth
from fleet.placement.quotas import solve
from fleet.placement.relaxation import programme_of
from fleet.placement.rounding import place_in_rounds
from fleet.placement.windows import Windows
from fleet.units import IntArray

# So few jobs are first placed one by one, and that is the plan where it comes this close to the bound: in a calm hour.
_FEW, _CLOSE = 1_000, 1e-3


class Priced(Policy):
    """Prices from the dual of the linear programme, then real jobs at these prices, the largest first.

    A job stays unserved only where nothing would hold it if every job of a lower priority were taken away.
    """

    belief: ClassVar[Belief] = Belief.BOUND
    replans: ClassVar[bool] = True

    def __init__(self, *, exact: bool = False) -> None:
        """Exact: the linear programme is solved to its optimum, which takes seconds, and its quotas are filled too."""
        self._exact = exact

    def plan(self, offer: Offer, batch: Batch) -> Plan:
        """For up to 1,000 jobs never dearer than jobs one by one by latest start, changes counted."""
        windows, length = Windows.of(offer, batch.duration_h)
        jobs = Jobs.of(offer, batch, length)
        few = len(batch) <= _FEW
        alone, bound_usd, hindered = _each_alone(offer, batch, jobs, windows, to_the_end=few)
        if not hindered:
            return _scored(offer, batch, alone, bound_usd)
        plans = [fill(offer, batch, urgent_first(batch))] if few else []
        if few and not self._exact and objective_usd(offer, batch, plans[0]) - bound_usd <= _CLOSE * abs(bound_usd):
            return _scored(offer, batch, plans[0], bound_usd)
        programme, place = programme_of(offer, batch, windows, jobs)
        prices = prices_of(programme, jobs, rounds_worth(programme, jobs))
        plans += [place_in_rounds(programme, place, batch, jobs, windows, Capacity.of(offer), prices.usd_per_mwh)]
        if self._exact:
            quotas, prices = solve(programme, jobs)
            room = Capacity.of(offer)
            plans += [fill_quotas(programme, place, quotas, batch, jobs, windows, room, prices.usd_per_mwh)]
        best = min(plans, key=lambda plan: objective_usd(offer, batch, plan) + _change_usd(jobs, plan))
        return _scored(offer, batch, best, prices.bound_usd)


def _scored(offer: Offer, batch: Batch, plan: Plan, bound_usd: float) -> Plan:
    """The plan with its cost, and a bound that is not above it for the dust of sums."""
    objective = objective_usd(offer, batch, plan)
    return Plan(region=plan.region, start=plan.start, objective_usd=objective, bound_usd=min(bound_usd, objective))


def _change_usd(jobs: Jobs, plan: Plan) -> float:
    """Weight of all changes: jobs that have a place and get another."""
    moved = (plan.region != jobs.kept_region) | (plan.start != jobs.kept_start)
    return float(jobs.change_usd @ (moved & (jobs.kept_region != NOWHERE) & (plan.region != NOWHERE)))


def _each_alone(
    offer: Offer, batch: Batch, jobs: Jobs, windows: Windows, *, to_the_end: bool
) -> tuple[Plan, float, bool]:
    """Every job in the place that it would choose alone; what that costs at least; and whether some got in the way of
    others, so that this is no plan. To the end, or only until then.
    """
    plan = Plan(region=np.full(len(batch), NOWHERE), start=np.full(len(batch), NOWHERE))
    plain = jobs._replace(kept_region=np.full(len(batch), NOWHERE))
    empty, room, penalty = Capacity.of(offer), Capacity.of(offer), penalty_usd_per_mwh(offer)
    bound, hindered = _choose(jobs, plain, windows, empty, room, penalty, to_the_end, plan.region, plan.start)
    return plan, bound, hindered


@compiled
def _choose(
    jobs: Jobs,
    plain: Jobs,
    windows: Windows,
    empty: Capacity,
    room: Capacity,
    penalty_usd_per_mwh: float,
    to_the_end: bool,
    region: IntArray,
    start: IntArray,
) -> tuple[float, bool]:
    """Writes region and start; gives the least that the jobs cost that were looked at, and whether one was hindered.

    plain: the same jobs as if none had a place. empty: what nothing is taken off.
    """
    bound, hindered = 0.0, False
    for job in range(len(jobs.length)):
        length, power = jobs.length[job], jobs.power_mw[job]
        hours = windows.length_h[length]
        cost, r, s = cheapest(jobs, job, windows, empty, np.inf)
        if r != NOWHERE:
            spare_mw = room.spare_mw[windows.rung[length, r, s], r]
            if room.most_jobs[r] < 1 or not holds(spare_mw, room.reserved_mw[r], s, hours, power):
                hindered = True
                if not to_the_end:
                    break
            take(room, r, s, hours, power)
            region[job], start[job] = r, s
        if jobs.kept_region[job] != NOWHERE:
            cost, _, _ = cheapest(plain, job, windows, empty, np.inf)
        bound += min(cost, penalty_usd_per_mwh * hours * power)
    return bound, hindered
