"""The plan of one step: prices that continue from the step before, then places at these prices."""

from typing import NamedTuple

import numpy as np

from fleet.planner.capacity_prices import SETTLED, CapacityPrices, ascend, scale_usd
from fleet.planner.place_jobs import Effort, objective_usd, place_jobs
from fleet.planner.step_case import Places, StepCase
from fleet.units import FloatArray

# A first plan starts from prices of zero.
_FIRST_SIZES = 1.0, 3e-3
_FIRST_ROUNDS, _FIRST_EFFORT = 200, Effort(fills=100, reactions=20)
# A later plan starts from the prices of the step before, which are nearly right. A round takes time for each job, so
# that many jobs get few rounds. With few jobs, each one counts for much, and many rounds take little time.
_LATER_SIZE, _LARGEST_SIZE, _LEAST_SIZE = 0.015, 0.3, 0.003
_LATER_ROUNDS, _LATER_EFFORT = 4, Effort(fills=5, reactions=1)
_MANY_JOBS = 1_000
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
        before: prices of the step before, for the steps of this one; None computes all anew.
    """
    jobs = len(case.steps)
    prices = CapacityPrices.zero(case.free.shape) if before is None else before.ahead(0, case.free.shape[2])
    places = Places.none(jobs)
    if not jobs:
        return StepPlan(places, prices, 0.0, 0.0)
    scale = scale_usd(case)
    if before is None:
        effort = _FIRST_EFFORT
        bound_usd = ascend(case, prices, scale, _FIRST_ROUNDS, _FIRST_SIZES, 0)
    else:
        more = max(_MANY_JOBS // jobs, 1) ** 2
        effort = Effort(*(min(more * later, first) for later, first in zip(_LATER_EFFORT, _FIRST_EFFORT, strict=True)))
        sizes = min(more * _LATER_SIZE, _LARGEST_SIZE), max(_LATER_SIZE / more, _LEAST_SIZE)
        bound_usd = ascend(case, prices, scale, min(more * _LATER_ROUNDS, _FIRST_ROUNDS), sizes, SETTLED)
    place_jobs(case, prices, scale, effort, places)
    objective = objective_usd(case, places)
    if jobs <= _FEW_JOBS:
        places, objective = _in_other_orders(case, prices, scale, places, bound_usd)
    # A rounding error must not put the bound above the objective.
    return StepPlan(places, prices, objective, min(bound_usd, objective))


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
