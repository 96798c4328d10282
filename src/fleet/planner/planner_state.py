"""What a planner keeps between two steps."""

from dataclasses import dataclass

from fleet.planner.capacity_prices import CapacityPrices
from fleet.planner.open_jobs import OpenJobs
from fleet.planner.resource_table import ResourceTable
from fleet.planner.step_clock import StepClock


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannerState:
    """The jobs and the table of one step, before or after its plan.

    step: number of the step, counted from the planner's first one.
    table: capacity and cost from this step on.
    energy: index of the energy resource.
    jobs: all jobs that have not ended.
    arrived: number of jobs that have ever arrived.
    prices: of this step and the later ones; None before the first plan.
    """

    clock: StepClock
    step: int
    table: ResourceTable
    energy: int
    jobs: OpenJobs
    arrived: int = 0
    prices: CapacityPrices | None = None
