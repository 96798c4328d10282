"""Finds a cheap plan for all jobs together, by putting a price on scarce capacity."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from fleet.compiled import compiled
from fleet.placement.base import Belief, Policy
from fleet.placement.capacity import Capacity, fits, is_open, reserve
from fleet.placement.case_check import check_case
from fleet.placement.exact import fill_quotas
from fleet.placement.fill import fill
from fleet.placement.job_order import urgent_first
from fleet.placement.objective import objective_usd, penalty_usd_per_mwh
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.placement.prices import price_rounds, prices_of
from fleet.placement.quotas import solve
from fleet.placement.relaxation import programme_of
from fleet.placement.rounding import place_in_rounds
from fleet.placement.search import Jobs, Placement, Search, cheapest
from fleet.placement.windows import Windows

# Up to _FEW jobs are also placed one by one. If the cost of that plan exceeds the bound by at most the share _CLOSE,
# the plan is used and no prices are computed.
_FEW, _CLOSE = 1_000, 1e-3


class Priced(Policy):
    """Computes prices from the dual of the linear programme, then places the jobs at these prices, the largest first.

    A job stays unserved only if it fits in no window beside the jobs of its own and of higher priorities.
    """

    name: ClassVar[str] = "priced"
    belief: ClassVar[Belief] = Belief.BOUND
    replans: ClassVar[bool] = True

    def __init__(self, *, exact: bool = False) -> None:
        """Create the policy.

        Args:
            exact: also solve the linear programme to the optimum, which takes seconds, and fill the quotas of the
                optimum.
        """
        self._exact = exact

    def plan(self, offer: Offer, batch: Batch) -> Plan:
        """Choose the cheapest of the plans that the steps below find.

        For up to 1,000 jobs, the plan costs no more than the plan that places the jobs one by one in the order of
        `urgent_first`. Both costs include the penalty and the weights of changes.

        Raises: DataError if offer and batch do not belong together, or if a job lasts longer than the offer reaches.
        """
        check_case(offer, batch)
        windows, length = Windows.of(offer, batch.duration_h)
        jobs = Jobs.of(offer, batch, length)
        few = len(batch) <= _FEW
        # 1. Each job takes the window that is cheapest for it alone. If all fit together, no plan is cheaper.
        plan, bound_usd, is_feasible = _place_each_alone(offer, Search(jobs, windows, Capacity.of(offer)), few)
        if is_feasible:
            return _bounded(_scored(offer, batch, plan), bound_usd)
        # 2. Few jobs are placed one by one.
        plans = [_scored(offer, batch, fill(offer, batch, urgent_first(batch)))] if few else []
        if few and not self._exact and _usd(plans[0]) - bound_usd <= _CLOSE * abs(bound_usd):
            return _bounded(plans[0], bound_usd)
        # 3. All jobs are placed in rounds at the prices of the dual.
        programme, position = programme_of(offer, batch, windows, jobs)
        prices = prices_of(programme, jobs, price_rounds(programme, jobs))
        search = Search(jobs, windows, Capacity.of(offer))
        plans += [_scored(offer, batch, place_in_rounds(programme, position, batch, search, prices.usd_per_mwh))]
        # 4. The exact mode also fills the quotas of the optimum.
        if self._exact:
            quotas, optimal = solve(programme, jobs)
            search = Search(jobs, windows, Capacity.of(offer))
            filled = fill_quotas(programme, position, quotas, batch, search, optimal.usd_per_mwh)
            plans += [_scored(offer, batch, filled)]
            prices = max(prices, optimal, key=lambda prices: prices.bound_usd)
        best = min(plans, key=lambda plan: _usd(plan) + _change_usd(jobs, plan))
        return _bounded(best, prices.bound_usd)


def _scored(offer: Offer, batch: Batch, plan: Plan) -> Plan:
    """Return the plan with its objective."""
    return replace(plan, objective_usd=objective_usd(offer, batch, plan))


def _usd(plan: Plan) -> float:
    """Return the objective of a plan from `_scored`."""
    return float("nan") if plan.objective_usd is None else plan.objective_usd


def _bounded(plan: Plan, bound_usd: float) -> Plan:
    """Return the plan with its bound. A rounding error must not put the bound above the objective."""
    return replace(plan, bound_usd=min(bound_usd, _usd(plan)))


def _change_usd(jobs: Jobs, plan: Plan) -> float:
    """Return the sum of the change weights of all jobs that already hold a region and start and get another."""
    is_moved = (plan.region != jobs.kept_region) | (plan.start != jobs.kept_start)
    return float(jobs.change_usd @ (is_moved & (jobs.kept_region != NOWHERE) & (plan.region != NOWHERE)))


def _place_each_alone(offer: Offer, search: Search, to_the_end: bool) -> tuple[Plan, float, bool]:
    """Place each job in the window that is cheapest for it alone.

    Args:
        search: jobs, windows, and the whole capacity.
        to_the_end: look at all jobs; otherwise stop at the first job that does not fit beside the jobs before it.
    Returns: the plan; a lower bound of the cost of the jobs that were looked at; and True if all jobs fit together.
    """
    jobs = len(search.jobs.length)
    placement, nowhere = Placement.empty(jobs), np.full(jobs, NOWHERE)
    new_jobs = search.jobs._replace(kept_region=nowhere)
    bound_usd, is_feasible = _choose_alone(
        search, new_jobs, Capacity.of(offer), penalty_usd_per_mwh(offer), to_the_end, placement
    )
    return placement.plan(), bound_usd, is_feasible


@compiled
def _choose_alone(
    search: Search,
    new_jobs: Jobs,
    left: Capacity,
    penalty_usd_per_mwh: float,
    to_the_end: bool,
    placement: Placement,
) -> tuple[float, bool]:
    """Write the placement; return the lower bound, and True if all jobs fit together.

    Args:
        search: its capacity is the whole capacity of the offer, from which no job is subtracted.
        new_jobs: the jobs of `search`, as if no job already held a region and start.
        left: the capacity of the offer, from which each job is subtracted.
    """
    jobs, windows = search.jobs, search.windows
    new_search = Search(new_jobs, windows, search.capacity)
    bound_usd, is_feasible = 0.0, True
    for job in range(len(jobs.length)):
        length, power = jobs.length[job], jobs.power_mw[job]
        hours = windows.length_h[length]
        cost, region, start = cheapest(search, job, np.inf)
        if region != NOWHERE:
            spare_mw = left.spare_mw[windows.level_index[length, region, start], region]
            takes_more = is_open(left.most_jobs[region], jobs.share[job])
            if not takes_more or not fits(spare_mw, left.reserved_mw[region], start, hours, power):
                is_feasible = False
                if not to_the_end:
                    break
            reserve(left, region, start, hours, power, jobs.share[job])
            placement.region[job], placement.start[job] = region, start
        if jobs.kept_region[job] != NOWHERE:
            # The weight of a change is no expense, so the bound must not contain the weight.
            cost, _, _ = cheapest(new_search, job, np.inf)
        bound_usd += min(cost, penalty_usd_per_mwh * hours * power)
    return bound_usd, is_feasible
