"""The plan of one step: prices that continue from the step before, then places at these prices."""

from typing import NamedTuple

import numpy as np

from fleet.planner.capacity_prices import SETTLED, CapacityPrices, ascend, scale_usd
from fleet.planner.place_jobs import Effort, objective_usd, place_jobs
from fleet.planner.step_case import Places, StepCase, skip_full_starts
from fleet.units import FloatArray


class _Search(NamedTuple):
    """How long a plan looks for prices and places.

    rounds, sizes: of the ascent of the prices.
    effort: of the placement.
    """

    rounds: int
    sizes: tuple[float, float]
    effort: Effort


# A first plan starts from prices of zero.
_FIRST = _Search(200, (1.0, 3e-3), Effort(fills=100, reactions=20))
# A later plan starts from the prices of the step before, which are nearly right.
_LATER = _Search(3, (0.015, 3e-3), Effort(fills=2, reactions=1))
# If much has changed, the plan is further from the bound than a share of it, and goes on.
_FAR, _LONGER = 0.01, _Search(20, (0.1, 3e-3), Effort(fills=50, reactions=4))
# Few jobs are also placed in other orders, until a plan is close to the bound.
_FEW_JOBS, _TRIES, _CLOSE = 100, 40, 1e-3
_OTHER_EFFORT = Effort(fills=10, reactions=1)


class StepPlan(NamedTuple):
    """Places, prices, and how good the places are.

    places: (job,) region and start.
    prices: at the end of the plan.
    objective_usd: cost of the places, plus the penalties of the jobs without one.
    bound_usd: lower bound of the objective of every plan of these jobs.
    """

    places: Places
    prices: CapacityPrices
    objective_usd: float
    bound_usd: float


def plan_step(case: StepCase, before: CapacityPrices | None) -> StepPlan:
    """Plan the jobs of one step.

    Args:
        case: its first starts are moved to where the jobs fit alone.
        before: prices of the step before, for the steps of this one; None computes all anew.
    """
    jobs = len(case.steps)
    prices = CapacityPrices.zero(case.free.shape) if before is None else before.ahead(0, case.free.shape[2])
    best, least_usd, bound_usd = Places.none(jobs), np.inf, -np.inf
    if not jobs:
        return StepPlan(best, prices, 0.0, 0.0)
    skip_full_starts(case)
    scale = scale_usd(case)
    for search in (_FIRST,) if before is None else (_LATER, _LONGER):
        bound = ascend(case, prices, scale, search.rounds, search.sizes, 0 if before is None else SETTLED)
        places = Places.none(jobs)
        place_jobs(case, prices, scale, search.effort, places)
        usd, bound_usd = objective_usd(case, places), max(bound, bound_usd)
        if usd < least_usd:
            best, least_usd = places, usd
        if least_usd - bound_usd <= _FAR * abs(bound_usd):
            break
    if jobs <= _FEW_JOBS:
        best, least_usd = _in_other_orders(case, prices, scale, best, bound_usd)
    # A rounding error must not put the bound above the objective.
    return StepPlan(best, prices, least_usd, min(bound_usd, least_usd))


def _in_other_orders(
    case: StepCase, prices: CapacityPrices, scale: FloatArray, places: Places, bound_usd: float
) -> tuple[Places, float]:
    """Place the jobs of each priority in random orders. Return the cheapest places and their objective."""
    jobs = len(case.steps)
    # The same numbers in each plan, so that equal inputs give equal plans.
    random = np.random.default_rng(0)
    priority = np.searchsorted(case.priority_end, np.arange(jobs), side="right")
    best, least_usd = places, objective_usd(case, places)
    for _ in range(_TRIES):
        if least_usd - bound_usd <= _CLOSE * abs(bound_usd):
            break
        order = np.lexsort((random.random(jobs), priority))
        shuffled, found = case.in_order(order), Places.none(jobs)
        place_jobs(shuffled, prices, scale, _OTHER_EFFORT, found)
        usd = objective_usd(shuffled, found)
        if usd < least_usd:
            best, least_usd = Places.none(jobs), usd
            best.region[order], best.start[order] = found.region, found.start
    return best, least_usd
