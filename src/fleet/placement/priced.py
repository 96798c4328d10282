"""The cheapest plan for all jobs together: what is scarce has a price."""

from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.placement.base import Belief, Policy
from fleet.placement.exact import fill_quotas
from fleet.placement.fill import fill, urgent_first
from fleet.placement.objective import objective_usd, penalty_usd_per_mwh
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.placement.prices import prices_of, rounds_worth
from fleet.placement.quotas import solve
from fleet.placement.relaxation import programme_of
from fleet.placement.room import Jobs, Room, cheapest, holds, take
from fleet.placement.rounds import place_in_rounds
from fleet.placement.windows import Windows
from fleet.units import IntArray

# Where a plan may be further than this from the best one, jobs one by one are tried as well.
_WIDE_GAP = 0.05


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
        """At most 5 % above the bound, or not dearer than jobs one by one by latest start, changes counted."""
        windows, length = Windows.of(offer, batch.duration_h)
        jobs = Jobs.of(offer, batch, length)
        free = _plan_unhindered(offer, batch, jobs, windows)
        if free is not None:
            return free
        programme, place = programme_of(offer, batch, windows, jobs)
        prices = prices_of(programme, jobs, rounds_worth(programme, jobs))
        plans = [place_in_rounds(programme, place, batch, jobs, windows, Room.of(offer), prices.usd_per_mw)]
        if objective_usd(offer, batch, plans[0]) > (1 + _WIDE_GAP) * prices.bound_usd:
            plans += [fill(offer, batch, urgent_first(batch))]
        if self._exact:
            quotas, prices = solve(programme, jobs)
            room = Room.of(offer)
            plans += [fill_quotas(programme, place, quotas, batch, jobs, windows, room, prices.usd_per_mw)]
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


def _plan_unhindered(offer: Offer, batch: Batch, jobs: Jobs, windows: Windows) -> Plan | None:
    """Every job in the place that it would choose alone, where all of that fits: no plan costs less."""
    plan = Plan(region=np.full(len(batch), NOWHERE), start=np.full(len(batch), NOWHERE))
    plain = jobs._replace(kept_region=np.full(len(batch), NOWHERE))
    bound_usd = _choose_alone(
        jobs, plain, windows, Room.of(offer), Room.of(offer), penalty_usd_per_mwh(offer), plan.region, plan.start
    )
    return None if np.isnan(bound_usd) else _scored(offer, batch, plan, bound_usd)


@compiled
def _choose_alone(
    jobs: Jobs,
    plain: Jobs,
    windows: Windows,
    empty: Room,
    room: Room,
    penalty_usd_per_mwh: float,
    region: IntArray,
    start: IntArray,
) -> float:
    """Writes region and start; gives the least that all jobs cost, or NaN once one does not get what it chose.

    plain: the same jobs as if none had a place. empty: what nothing is taken off.
    """
    bound = 0.0
    for job in range(len(jobs.length)):
        length, power = jobs.length[job], jobs.power_mw[job]
        hours = windows.length_h[length]
        cost, r, s = cheapest(jobs, job, windows, empty, np.inf)
        if r != NOWHERE:
            if room.most_jobs[r] < 1 or not holds(
                room.spare_mw[windows.rung[length, r, s], r], room.reserved_mw[r], s, hours, power
            ):
                return np.nan
            take(room, r, s, hours, power)
            region[job], start[job] = r, s
        if jobs.kept_region[job] != NOWHERE:
            cost, _, _ = cheapest(plain, job, windows, empty, np.inf)
        bound += min(cost, penalty_usd_per_mwh * hours * power)
    return bound
