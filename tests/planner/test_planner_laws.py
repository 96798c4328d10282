"""Laws that hold for any sequence of steps: arrivals, cancellations, capacity that shrinks, transfers, priorities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.planning import NOW, STEP, Bookkeeper, a_job, at

from fleet import Planner, Transfers

STEPS, AHEAD = 8, 10
ROUNDING = 1e-6


def some_jobs(rng, step: int, names, regions) -> list:
    jobs = []
    for index in range(int(rng.integers(0, 5))):
        steps, first = int(rng.integers(1, 4)), step + int(rng.integers(0, 3))
        jobs.append(
            a_job(
                f"job{step}-{index}",
                mw=float(rng.uniform(0.05, 0.9)),
                steps=steps,
                earliest=first,
                deadline=first + steps + int(rng.integers(0, 6)),
                more={name: float(rng.choice([0.0, rng.uniform(0, 4)])) for name in names[1:]},
                regions=tuple(rng.choice(regions, rng.integers(1, len(regions) + 1), replace=False).tolist()),
                home_region=str(rng.choice(regions)),
                data_gb=float(rng.choice([0.0, 1.0])),
                priority=int(rng.integers(0, 2)),
                energy_factor={region: float(rng.uniform(0.7, 1.5)) for region in regions},
            )
        )
    return jobs


def some_arrays(rng, names, regions, steps):
    """Capacity with zeros, gaps and no limit; cost with places that are not used, and below zero."""
    shape = len(regions), steps
    capacity = {}
    for name in names:
        values = rng.uniform(0.0, 2.0 if name == "mw" else 8.0, shape)
        values[rng.random(shape) < 0.1] = np.nan
        values[rng.random(shape) < 0.1] = np.inf
        capacity[name] = values
    cost = rng.normal(50, 40, shape)
    cost[rng.random(shape) < 0.1] = np.nan
    return capacity, cost


def excess(overload) -> float:
    return overload.used - overload.capacity


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), resources=st.integers(1, 3), count=st.integers(1, 3))
def test_capacity_is_never_exceeded_and_a_running_job_never_moves(seed, resources, count):
    rng = np.random.default_rng(seed)
    names, regions = ("mw", "gpu", "memory_gb")[:resources], [f"r{n}" for n in range(count)]
    capacity, cost = some_arrays(rng, names, regions, AHEAD)
    pairs = rng.uniform(0, 0.6, (count, count))
    planner = Planner(capacity, cost, regions=regions, step=STEP, transfers=Transfers(usd_per_gb=pairs, h_per_gb=pairs))
    books, last_running = Bookkeeper(regions, names, "mw", STEPS + AHEAD + 12), {}
    for step in range(STEPS):
        new, arrays = some_jobs(rng, step, names, regions), {}
        if step and rng.random() < 0.5:
            capacity, cost = some_arrays(rng, names, regions, AHEAD)
            arrays = {"capacity": capacity, "costs": cost}
        elif step:
            capacity, cost = {name: values[:, 1:] for name, values in capacity.items()}, cost[:, 1:]
        known = [*books.running, *books.waiting]
        known = [name for name in known if name not in books.running or books.running[name][3] > step]
        cancelled = [name for name in known if rng.random() < 0.1]
        result = planner.step(at(step), new, cancelled=cancelled, **arrays)
        fixed, planned = books.after(step, result, new, cancelled)

        # A job that has begun has the place that it had, unless it lost a transfer.
        begun = {name: place for name, place in last_running.items() if name in books.running}
        for name, place in begun.items():
            assert books.running[name] == place or place[2] > step - 1
        last_running = dict(books.running)

        # No resource is used beyond its capacity, but for what running jobs use alone.
        ahead = cost.shape[1]
        stuck = [place for place in fixed if place[2] < step]
        used = books.used([*fixed, *planned])[..., step : step + ahead]
        limit = np.stack([np.nan_to_num(capacity[name], nan=0.0, posinf=np.inf) for name in names])
        limit = np.maximum(limit, books.used(stuck)[..., step : step + ahead])
        assert (used <= limit + ROUNDING).all()

        # What running jobs use beyond the capacity is reported, and nothing else.
        table = np.stack([np.nan_to_num(capacity[name], nan=0.0, posinf=np.inf) for name in names])
        over = books.used(stuck)[..., step : step + ahead] > table + ROUNDING
        assert over.sum() == len([overload for overload in result.overloads if excess(overload) > ROUNDING])

        # Every place is allowed, and within the job's own times.
        for job, region, start, end in planned:
            assert region in job.regions
            assert at(start) >= job.earliest_utc
            assert at(end) <= job.deadline_utc
            closed = np.isnan(cost[regions.index(region), start - step : end - step])
            assert not closed.any()
        assert result.bound_usd <= result.objective_usd


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_objective_is_the_cost_of_the_verdicts(seed):
    """The published objective can be computed from the verdicts, the costs and the penalty."""
    rng = np.random.default_rng(seed)
    names, regions = ("mw", "gpu"), ["r0", "r1"]
    capacity = {name: rng.uniform(0.2, 3.0, (2, AHEAD)) for name in names}
    cost = rng.uniform(10, 90, (2, AHEAD))
    usd_per_gb = rng.uniform(0, 2, (2, 2))
    planner = Planner(capacity, cost, regions=regions, step=STEP, transfers=Transfers(usd_per_gb=usd_per_gb))
    jobs = {job.id: job for step in range(3) for job in some_jobs(rng, step, names, regions)}
    result = planner.step(NOW, list(jobs.values()))
    hours, total = STEP.total_seconds() / 3600, 0.0
    for verdict in result.verdicts:
        job = jobs[verdict.job_id]
        steps = -(-job.duration // STEP)
        if verdict.region is None:
            factor = max(job.energy_factor[region] for region in job.regions)
            total += 3 * cost.max() * job.uses["mw"] * factor * steps * hours
            continue
        region, start = regions.index(verdict.region), (verdict.start_utc - NOW) // STEP
        energy = job.uses["mw"] * job.energy_factor[verdict.region]
        total += energy * hours * cost[region, start : start + steps].sum()
        home = regions.index(job.home_region)
        total += job.data_gb * usd_per_gb[home, region] * (home != region)
    assert result.objective_usd == pytest.approx(total, rel=1e-9, abs=1e-9)
    assert result.bound_usd <= total * (1 + 1e-9) + 1e-9
