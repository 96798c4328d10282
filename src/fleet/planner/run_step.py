"""One step of a planner: keeps what has begun, plans everything else, and reads the verdicts from the plan."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fleet.errors import FleetError
from fleet.planner.case_of_step import case_of, placement_order, still_fits, use_of_places
from fleet.planner.open_jobs import OpenJobs
from fleet.planner.planner_state import PlannerState
from fleet.planner.resource_table import ResourceTable
from fleet.planner.step_case import NOWHERE
from fleet.planner.step_overload import overloads_of, rounding
from fleet.planner.step_plan import plan_step
from fleet.planner.step_result import APPROVE, DEFER, DENY, StepResult
from fleet.units import FloatArray


def run_step(state: PlannerState, ended: tuple[str, ...]) -> tuple[StepResult, PlannerState]:
    """Plan one step.

    Args:
        state: the state with the new jobs of the step, and without the jobs that have ended or were cancelled.
        ended: ids of the jobs that have ended, for the result.
    Returns: the result, and the state after the plan.
    Raises: FleetError if the plan would use more than the capacity, which is an error of this package.
    """
    step, table, energy = state.step, state.table, state.energy
    # 1. Running jobs keep their places. A job in transfer keeps its place if the place still holds.
    runs = state.jobs.runs(step)
    running, in_transfer = state.jobs.where(runs), state.jobs.where(~runs & state.jobs.is_fixed)
    running_use = use_of_places(running, step, table, energy)
    holds, free = still_fits(in_transfer, step, table, table.capacity - running_use, energy)
    # 2. Plan all other jobs.
    open_jobs = state.jobs.where(~state.jobs.is_fixed).followed_by(_without_place(in_transfer.where(~holds)))
    open_jobs = open_jobs.where(placement_order(open_jobs, table))
    had_place = open_jobs.has_place | np.isin(open_jobs.arrival, in_transfer.arrival[~holds])
    case = case_of(open_jobs, step, table, free, energy, state.clock.hours)
    plan = plan_step(case, state.prices)
    region = plan.places.region
    planned = replace(open_jobs, region=region, start=np.where(region == NOWHERE, NOWHERE, plan.places.start + step))
    # 3. Fix the jobs that begin, and read the verdicts.
    planned = replace(planned, is_fixed=planned.has_place & (planned.begins() <= step))
    is_denied = ~planned.has_place & ~_may_begin(planned, step + 1)
    result = StepResult(
        now=state.clock.time_utc(step),
        ended=ended,
        overloads=overloads_of(running, running_use, step, table, state.clock),
        prices=_shown_prices(plan.prices.price, table, state.clock.hours),
        objective_usd=plan.objective_usd,
        bound_usd=plan.bound_usd,
        _jobs=planned,
        _verdict=np.where(planned.is_fixed, APPROVE, np.where(is_denied, DENY, DEFER)),
        _lost_place=had_place & ~planned.has_place,
        _regions=table.regions,
        _clock=state.clock,
    )
    # 4. Commit, if no capacity is exceeded.
    jobs = running.followed_by(in_transfer.where(holds)).followed_by(planned.where(~is_denied))
    _check_capacity(use_of_places(jobs, step, table, energy), running_use, table)
    return result, replace(state, jobs=jobs, prices=plan.prices)


def _without_place(jobs: OpenJobs) -> OpenJobs:
    nowhere = np.full(len(jobs), NOWHERE)
    return replace(jobs, region=nowhere, start=nowhere, is_fixed=np.zeros(len(jobs), dtype=np.bool_))


def _may_begin(jobs: OpenJobs, step: int) -> NDArray[np.bool_]:
    """Tell which jobs can still end by their deadline in some region if nothing is planned before a step."""
    first = np.maximum(jobs.earliest[:, None], step + jobs.transfer_steps)
    is_possible = jobs.allowed & (first <= (jobs.deadline - jobs.steps)[:, None])
    return np.asarray(is_possible.any(axis=1))


def _check_capacity(use: FloatArray, running_use: FloatArray, table: ResourceTable) -> None:
    """Refuse a plan in which the jobs that do not run yet use more than the running jobs leave."""
    limit = np.maximum(table.capacity, running_use)
    excess = use - limit
    if (excess > rounding(use)).any():
        resource, region, step = np.unravel_index(np.argmax(np.nan_to_num(excess)), excess.shape)
        where = f"{table.resources[resource]} in {table.regions[region]}"
        raise FleetError(
            f"the plan uses {use[resource, region, step]:g} of {where} at step {step}, expected at most "
            f"{limit[resource, region, step]:g}; this is an error of the planner, and nothing was changed"
        )


def _shown_prices(price: FloatArray, table: ResourceTable, step_h: float) -> dict[str, FloatArray]:
    """Return the prices per unit and hour, by resource; NaN where a place is not used."""
    shown = np.where(table.is_closed, np.nan, price / step_h)
    return dict(zip(table.resources, shown, strict=True))
