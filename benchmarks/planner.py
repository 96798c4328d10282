"""Compares the plans of `Planner`, which continue from the prices of the last step, with plans that are made anew.

A week of 27,000 tasks over five regions, in steps of 15 minutes, with three resources. Each step gives new arrays of
capacity and cost, and plans all waiting tasks again. In some steps the same jobs are also planned from prices of zero.

Seconds of the processor are per million waiting tasks and steps, so they are also microseconds for one. Quality is the
gap between the objective and the bound of the new plan, in percent. Targets: at most 10 microseconds, and an objective
at most 0.2 % above that of the new plan.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import mean

import numpy as np
from harness import Row, publish, show

from fleet import Planner, PlannerJob
from fleet.planner import run_step
from fleet.planner.capacity_prices import CapacityPrices
from fleet.planner.step_case import StepCase
from fleet.planner.step_plan import StepPlan, plan_step
from fleet.units import FloatArray

TASKS, REGIONS, STEP = 27_000, ("north", "south", "east", "west", "centre"), timedelta(minutes=15)
DAY, AHEAD = 96, 192
STEPS = 7 * DAY
LOADS, COMPARED = (0.3, 0.6, 0.85), 48
NOW = datetime(2026, 1, 5, tzinfo=UTC)
MILLION = 1_000_000


class Watch:
    """Stands between the planner and `plan_step`, and keeps the last case and plan."""

    case: StepCase
    plan: StepPlan

    def __call__(self, case: StepCase, before: CapacityPrices | None) -> StepPlan:
        self.case, self.plan = case, plan_step(case, before)
        return self.plan


def main() -> None:
    """Run a week at each load, and publish the rows and the targets."""
    run_step.plan_step = watch = Watch()
    rows, targets = [], []
    for load in LOADS:
        row, over = a_week(load, watch)
        rows.append(row)
        targets += [
            [f"microseconds a waiting task and step, load {load}", f"{row.ours_s:.1f}", "10"],
            [f"objective over that of a new plan, load {load} [%]", f"{over:.2f}", "0.2"],
        ]
    publish("planner", rows, ["numpy", "numba"], targets=targets)
    show("targets", ["", "found", "at most"], targets)


def a_week(load: float, watch: Watch) -> tuple[Row, float]:
    """Return the row of one load, and how far the objectives are above those of new plans, in percent."""
    capacity, cost, arrivals = landscape(load)
    planner = Planner(ahead(capacity, 0), cost[:, :AHEAD], regions=REGIONS, step=STEP)
    seconds, new_s, waiting, compared = 0.0, 0.0, 0, 0
    over, gaps, new_gaps = [], [], []
    for step, jobs in enumerate(arrivals):
        arrays = {"capacity": ahead(capacity, step), "costs": cost[:, step : step + AHEAD]}
        started = time.process_time()
        result = planner.step(NOW + step * STEP, jobs, **arrays)
        # The first plan has no earlier prices.
        if step:
            seconds, waiting = seconds + time.process_time() - started, waiting + len(result)
        if step % COMPARED == COMPARED - 1:
            started = time.process_time()
            new = plan_step(watch.case, None)
            new_s, compared = new_s + time.process_time() - started, compared + len(result)
            over.append(100 * (watch.plan.objective_usd / new.objective_usd - 1))
            gaps.append(100 * (watch.plan.objective_usd / new.bound_usd - 1))
            new_gaps.append(100 * (new.objective_usd / new.bound_usd - 1))
    ours_s, peer_s = MILLION * seconds / waiting, MILLION * new_s / compared
    row = Row(
        case=f"{TASKS:,} tasks x {len(REGIONS)} regions x {STEPS} steps, load {load}, {waiting // STEPS:,} waiting",
        ours_s=ours_s,
        peer="a plan from prices of zero",
        peer_s=peer_s,
        ratio=peer_s / ours_s,
        quality_ours=mean(gaps),
        quality_peer=mean(new_gaps),
    )
    return row, mean(over)


def landscape(load: float) -> tuple[dict[str, FloatArray], FloatArray, Iterator[list[PlannerJob]]]:
    """Return resource -> (region, step) capacity, (region, step) USD/MWh, and the tasks that arrive in each step.

    Args:
        load: use of all tasks over the capacity, the same for each resource.
    """
    random = np.random.default_rng(0)
    shape = len(REGIONS), STEPS + AHEAD
    phase = 2 * np.pi * (np.arange(shape[1]) / DAY - random.random((shape[0], 1)))
    cost = random.uniform(40, 110, (shape[0], 1)) + random.uniform(10, 35, (shape[0], 1)) * np.cos(phase)
    cost += random.normal(0, 6, shape)
    gpus = random.choice([1, 2, 4, 8, 16, 32], TASKS, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05]).astype(np.float64)
    uses = {
        "mw": gpus * random.uniform(0.7e-3, 1.1e-3, TASKS),
        "gpu": gpus,
        "memory_gb": gpus * random.choice([32.0, 64.0, 128.0], TASKS),
    }
    steps = np.minimum(random.geometric(1 / 8, TASKS), DAY // 2)
    arrival, slack = np.sort(random.integers(0, STEPS, TASKS)), random.integers(0, DAY, TASKS)
    factor = random.uniform(0.9, 1.2, (TASKS, len(REGIONS)))
    capacity = {}
    for name, use in uses.items():
        relative = random.lognormal(0, 0.5, (shape[0], 1)) * random.uniform(0.7, 1, shape)
        capacity[name] = relative * (use @ steps) / load / relative[:, :STEPS].sum()
    tasks: list[list[PlannerJob]] = [[] for _ in range(STEPS)]
    for task in range(TASKS):
        earliest = NOW + int(arrival[task]) * STEP
        tasks[arrival[task]].append(
            PlannerJob(
                id=f"task{task:05d}",
                uses={name: float(use[task]) for name, use in uses.items()},
                duration=int(steps[task]) * STEP,
                earliest_utc=earliest,
                deadline_utc=earliest + int(steps[task] + slack[task]) * STEP,
                energy_factor=dict(zip(REGIONS, factor[task].tolist(), strict=True)),
            )
        )
    return capacity, cost, iter(tasks)


def ahead(capacity: dict[str, FloatArray], step: int) -> dict[str, FloatArray]:
    """Return the capacity of the steps ahead."""
    return {name: values[:, step : step + AHEAD] for name, values in capacity.items()}


if __name__ == "__main__":
    main()
