"""Plans are compared with a mixed-integer programme that is written job by job and solved to the optimum."""

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from support.planning import NOW, STEP, a_job, a_planner

REGIONS, AHEAD, CASES = ("east", "west"), 10, 8


def a_case(seed: int):
    rng = np.random.default_rng(seed)
    cost = rng.uniform(20, 90, (2, AHEAD))
    capacity = {"mw": rng.uniform(0.5, 1.2, (2, AHEAD)), "gpu": rng.uniform(5, 10, (2, AHEAD))}
    jobs = []
    for index in range(14):
        steps, first = int(rng.integers(1, 5)), int(rng.integers(0, 5))
        jobs.append(
            a_job(
                f"job{index:02d}",
                mw=float(rng.uniform(0.1, 0.6)),
                steps=steps,
                earliest=first,
                deadline=min(first + steps + int(rng.integers(0, 7)), AHEAD),
                more={"gpu": float(rng.integers(0, 6))},
                energy_factor={region: float(rng.uniform(0.8, 1.2)) for region in REGIONS},
            )
        )
    return capacity, cost, jobs


def optimum_usd(capacity, cost, jobs) -> float:
    """The least objective of any plan: one binary variable per job and window."""
    hours = STEP.total_seconds() / 3600
    usd, owner, uses, unserved = [], [], [], 0.0
    for index, job in enumerate(jobs):
        steps, first, last = job.duration // STEP, (job.earliest_utc - NOW) // STEP, (job.deadline_utc - NOW) // STEP
        penalty = 3 * cost.max() * hours * job.uses["mw"] * steps * max(job.energy_factor.values())
        unserved += penalty
        for region, name in enumerate(REGIONS):
            for start in range(first, last - steps + 1):
                window = slice(start, start + steps)
                mw = job.uses["mw"] * job.energy_factor[name]
                use = np.zeros((2, 2, AHEAD))
                use[0, region, window], use[1, region, window] = mw, job.uses["gpu"]
                usd.append(mw * hours * cost[region, window].sum() - penalty)
                owner.append(np.arange(len(jobs)) == index)
                uses.append(use.ravel())
    limit = np.stack([capacity["mw"], capacity["gpu"]]).ravel()
    solution = milp(
        usd,
        constraints=[LinearConstraint(np.array(owner).T, ub=1), LinearConstraint(np.array(uses).T, ub=limit)],
        integrality=np.ones(len(usd)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-4, "time_limit": 20},
    )
    return unserved + solution.fun


@pytest.mark.slow
def test_plans_of_few_jobs_come_close_to_the_optimum():
    """Two scarce resources and 14 jobs, of which each fills a large part of a region: the hardest case for prices."""
    gaps = []
    for seed in range(CASES):
        capacity, cost, jobs = a_case(seed)
        result = a_planner(capacity, cost, regions=REGIONS).step(NOW, jobs)
        best = optimum_usd(capacity, cost, jobs)
        assert result.bound_usd <= best * (1 + 1e-6)
        assert result.objective_usd >= best * (1 - 2e-4)
        gaps.append(result.objective_usd / best - 1)
    assert np.mean(gaps) <= 0.08
    assert max(gaps) <= 0.35
