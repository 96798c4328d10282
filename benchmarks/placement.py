"""How close plans are to the best one, and how fast: beside a linear programme, an integer programme and greedy.

Quality is the objective over the lower bound less one, in per cent: cost, and a penalty of three times the dearest
hour for each megawatt-hour that is not served. The bound of `priced` is the best value of its dual; that of the exact
mode is the optimum of the linear programme, from HiGHS. At 1,000 jobs the integer programme has a binary for each job,
region and start, and HiGHS 120 s for it. A single job is answered at a desk that holds 300 regions x 24 starts. A week
of 27,000 tasks over five regions in hourly batches is what open simulators of such fleets are reported to need 2 to 8 s
for; none of them is run here, and the row says the lower end.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
from harness import Row, publish, show
from placement_cases import LONGEST_H, case
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from fleet.placement import NOWHERE, Batch, Offer, Plan
from fleet.placement.desk import Desk
from fleet.placement.fill import fill, urgent_first
from fleet.placement.objective import objective_usd, penalty_usd_per_mwh
from fleet.placement.priced import Priced

T = TypeVar("T")
MILP_S = 120.0
SIMULATOR_S, SIMULATOR_TASKS, SIMULATOR_REGIONS, WEEK_H = 2.0, 27_000, 5, 168
SINGLE_JOBS = 20_000
SEEDS = (1, 2, 3)
TARGETS = {
    "gap at 100,000 x 3 [%]": 1.0,
    "gap at 100,000 x 30 [%]": 2.0,
    "exact gap at 100,000 x 3 [%]": 0.1,
    "jobs a second": 200_000,
    "exact jobs a second": 10_000,
    "a single job, p50 [us]": 10.0,
    "integer programme over ours": 500.0,
}


def main() -> None:
    """Print and keep one row a case."""
    for regions in (3, 30):
        warm = case(200, regions, 0.85, 0)
        Priced().plan(*warm)
        Priced(exact=True).plan(*warm)
    rows = [large(jobs, regions, load, seed) for jobs, regions, load, seed in sizes()]
    rows += [exact(load) for load in (0.6, 0.85, 1.1)]
    rows += [integer(load) for load in (0.64, 0.85)]
    rows += [week(), *growth()]
    single = singles()
    publish("placement", rows, ["numpy", "numba", "scipy"], targets=TARGETS, single_job_us=single)
    show("one job at a desk of 300 regions", ["", "microseconds"], [[name, f"{us:.2f}"] for name, us in single.items()])


def sizes() -> list[tuple[int, int, float, int]]:
    """The targets' case on several seeds, and lighter and heavier loads."""
    asked = [(100_000, regions, 0.85, seed) for regions in (3, 30) for seed in SEEDS]
    return asked + [(100_000, regions, load, SEEDS[0]) for regions in (3, 30) for load in (0.6, 1.1)]


def large(jobs: int, regions: int, load: float, seed: int) -> Row:
    """Priced beside greedy in the order of latest starts."""
    offer, batch = case(jobs, regions, load, seed)
    plan, ours_s = timed(lambda: Priced().plan(offer, batch))
    one_by_one, greedy_s = timed(lambda: fill(offer, batch, urgent_first(batch)))
    name = f"{jobs:,} x {regions}, load {load}, seed {seed}: {ours(plan, batch, ours_s)}"
    greedy = f"greedy: {unserved(one_by_one):,} unserved"
    other = objective_usd(offer, batch, one_by_one)
    return row(name, ours_s, greedy, greedy_s, gap(plan.objective_usd, plan.bound_usd), gap(other, plan.bound_usd))


def exact(load: float) -> Row:
    """Priced beside its exact mode, both against the optimum of the linear programme."""
    offer, batch = case(100_000, 3, load, SEEDS[0])
    plan, ours_s = timed(lambda: Priced().plan(offer, batch))
    best, exact_s = timed(lambda: Priced(exact=True).plan(offer, batch))
    name = f"100,000 x 3, load {load}: {ours(plan, batch, ours_s)}"
    peer = f"exact mode: {ours(best, batch, exact_s)}"
    return row(
        name, ours_s, peer, exact_s, gap(plan.objective_usd, best.bound_usd), gap(best.objective_usd, best.bound_usd)
    )


def integer(load: float) -> Row:
    """Priced beside an integer programme, both against the best bound that is known."""
    offer, batch = case(1_000, 3, load, SEEDS[0])
    plan, ours_s = timed(lambda: Priced().plan(offer, batch))
    (found, bound), milp_s = timed(lambda: solved(offer, batch), repeats=1)
    best = max(bound, plan.bound_usd)
    return row(
        f"1,000 x 3, load {load}", ours_s, "HiGHS, integer", milp_s, gap(plan.objective_usd, best), gap(found, best)
    )


def solved(offer: Offer, batch: Batch) -> tuple[float, float]:
    """Objective and bound of the integer programme in its time; the objective is infinite where it found no plan."""
    options = [
        (job, region, start)
        for job in range(len(batch))
        for region in np.flatnonzero(batch.sets[batch.region_set[job]])
        for start in range(batch.first[job], batch.last[job] + 1)
    ]
    job, region, start = np.array(options).T
    hours, power, so_far = batch.duration_h[job], batch.power_mw[job], offer.cost_so_far
    penalty = penalty_usd_per_mwh(offer)
    saved = power * (so_far[region, start + hours] - so_far[region, start]) - penalty * batch.energy_mwh[job]
    option = np.arange(len(job))
    owner = np.repeat(option, hours)
    hour = start[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(hours) - hours, hours)
    capacity = offer.spare_mw[0]
    once = csr_array((np.ones(len(job)), (job, option)), shape=(len(batch), len(job)))
    rows = region[owner] * capacity.shape[1] + hour
    within = csr_array((power[owner], (rows, owner)), shape=(capacity.size, len(job)))
    found = milp(
        saved,
        constraints=[LinearConstraint(once, -np.inf, 1), LinearConstraint(within, -np.inf, capacity.ravel())],
        integrality=np.ones(len(job)),
        bounds=Bounds(0, 1),
        options={"time_limit": MILP_S},
    )
    everything = penalty * float(batch.energy_mwh.sum())
    return (np.inf if found.x is None else found.fun + everything), found.mip_dual_bound + everything


def week() -> Row:
    """Hourly batches of new jobs, each planned with those that wait or have not begun."""
    offer, batch = case(SIMULATOR_TASKS, SIMULATOR_REGIONS, 0.6, SEEDS[0])
    a_day = 24 / WEEK_H
    offer = replace(offer, spare_mw=offer.spare_mw * a_day)
    hour = np.sort(np.random.default_rng(0).integers(0, WEEK_H, len(batch)))
    parts = [picked(batch, np.flatnonzero(hour == each)) for each in range(WEEK_H)]
    policy = Priced()
    placed, seconds = timed(lambda: sum(int((policy.plan(offer, part).region != NOWHERE).sum()) for part in parts))
    name = f"a week of {SIMULATOR_TASKS:,} tasks x {SIMULATOR_REGIONS}, hourly"
    return row(name, seconds, "open simulators, reported", SIMULATOR_S, 100 * placed / len(batch), None)


def growth() -> list[Row]:
    """Ever more jobs and regions."""
    found = []
    for jobs, regions in ((20_000, 3), (200_000, 30), (2_000_000, 300)):
        offer, batch = case(jobs, regions, 0.85, SEEDS[0])
        plan, seconds = timed(lambda offer=offer, batch=batch: Priced().plan(offer, batch), repeats=1)
        name = f"growth, {jobs:,} x {regions}: {ours(plan, batch, seconds)}"
        found.append(row(name, seconds, "", None, gap(plan.objective_usd, plan.bound_usd), None))
    return found


def singles() -> dict[str, float]:
    """Microseconds of a job at a desk, call included."""
    offer, batch = case(SINGLE_JOBS, 300, 0.85, SEEDS[0])
    desk = Desk(offer, LONGEST_H)
    taken = []
    columns = (batch.power_mw, batch.duration_h, batch.first, batch.last, batch.region_set, batch.home)
    for power, hours, first, last, region_set, home in zip(*[each.tolist() for each in columns], strict=True):
        allowed = batch.sets[region_set]
        started = time.perf_counter()
        desk.place(power, hours, first, last, allowed, home)
        taken.append(1e6 * (time.perf_counter() - started))
    # The first call compiles.
    return {f"p{share}": float(np.percentile(taken[1:], share)) for share in (50, 99)}


def picked(batch: Batch, which: np.ndarray) -> Batch:
    """Some jobs of a batch."""
    columns = {
        name: values[which] for name, values in vars(batch).items() if name != "sets" and len(values) == len(batch)
    }
    return replace(batch, **columns)


def timed(run: Callable[[], T], repeats: int = 3) -> tuple[T, float]:
    """The result, and the median of the wall times."""
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        found = run()
        taken.append(time.perf_counter() - started)
    return found, statistics.median(taken)


def gap(objective: float | None, bound: float | None) -> float:
    """In per cent."""
    return 100 * (objective / bound - 1)


def unserved(plan: Plan) -> int:
    """Jobs without a place."""
    return int((plan.region == NOWHERE).sum())


def ours(plan: Plan, batch: Batch, seconds: float) -> str:
    """What beside the gap counts."""
    return f"{unserved(plan):,} unserved, {len(batch) / seconds:,.0f} jobs/s"


def row(case: str, ours_s: float, peer: str, peer_s: float | None, quality: float, peer_quality: float | None) -> Row:
    """One comparison."""
    return Row(
        case=case,
        ours_s=ours_s,
        peer=peer,
        peer_s=peer_s,
        ratio=None if peer_s is None else peer_s / ours_s,
        quality_ours=quality,
        quality_peer=peer_quality,
    )


if __name__ == "__main__":
    main()
