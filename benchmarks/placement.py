"""How close to the best plan, and how fast: the policy `priced` beside jobs one by one, and beside HiGHS.

Quality is the gap to the lower bound in percent, the penalty for unserved energy included; where a row is about a
peer's plan, its gap is to the same bound. `benchmarks/workload.py` says what is placed.

* sizes: 100,000 jobs in 3 and in 30 regions at three loads and some seeds, beside jobs one by one in the order of their
  latest starts; and the exact mode. Beside the gaps, how many jobs are not served.
* a mixed-integer programme: 1,000 jobs, a binary for each job and window, for 120 s.
* a stream: one job after another in 300 regions with 24 starts, in seconds per million jobs; the peer is a `priced`
  batch of one.
* growth: jobs and regions, each in a process of its own, whose peak of memory it is.
* a week of 27,000 tasks over five regions, hour by hour: the best open simulators of that size (SustainCluster and
  others) are reported to take 2 to 8 s; they come with deep-learning environments and are not run here.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from harness import Row, publish, show
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from workload import LONGEST_H, STARTS, an_hour, landscape, offer_of, region_sets, some_jobs

from fleet.placement import NOWHERE, Batch, Offer, Plan
from fleet.placement.fill import fill, urgent_first
from fleet.placement.objective import objective_usd, penalty_usd_per_mwh
from fleet.placement.priced import Priced
from fleet.placement.stream import Stream
from fleet.units import HOURS_PER_DAY

JOBS = 100_000
SIZES, LOADS, SEEDS = (3, 30), (0.6, 0.85, 1.1), (0, 1, 2)
REPEATS = 3
MILP_JOBS, MILP_S = 1_000, 120
STREAM_REGIONS, STREAM_JOBS = 300, 20_000
GROWTH = ((100_000, 3), (100_000, 30), (200_000, 300), (2_000_000, 300))
WEEK_TASKS, WEEK_REGIONS, WEEK_H, WEEK_LOADS = 27_000, 5, 7 * HOURS_PER_DAY, (0.3, 0.6, 0.85)
SIMULATOR_S = 2.0  # the fastest that is reported
MILLION, KB_PER_MB = 1_000_000, 1_024


def main() -> None:
    """All cases, one after another."""
    rows: list[Row] = []
    found: dict[str, tuple[float, float]] = {}
    Priced(exact=True).plan(*an_hour(MILP_JOBS, 3, 0.85, 0))
    unserved = sizes(rows, found)
    programme(rows, found)
    stream(rows, found)
    growth(rows, found)
    week(rows, found)
    targets = {name: {"found": value, "target": target} for name, (value, target) in found.items()}
    publish("placement", rows, ["numpy", "numba", "scipy"], targets=targets, unserved_jobs=unserved)
    show("jobs that are not served", ["case", "priced", "one by one", "exact"], unserved)
    show("targets", ["", "found", "target"], [[name, f"{a:.4g}", f"{b:.4g}"] for name, (a, b) in found.items()])


def sizes(rows: list[Row], found: dict[str, tuple[float, float]]) -> list[list[str]]:
    """Gaps and speeds; returns the jobs that are not served, case by case."""
    unserved = []
    for regions in SIZES:
        for load in LOADS:
            for seed in SEEDS:
                offer, batch = an_hour(JOBS, regions, load, seed)
                case = f"{JOBS:,} jobs x {regions} regions, load {load}, seed {seed}"
                seconds, plan = timed(partial(Priced().plan, offer, batch), REPEATS)
                greedy_s, greedy = timed(partial(fill, offer, batch, urgent_first(batch)), REPEATS)
                rows.append(row(case, seconds, plan, "one by one", greedy_s, gap(offer, batch, greedy, plan)))
                counts = [str(not_served(plan)), str(not_served(greedy)), ""]
                if regions == SIZES[0] and seed == SEEDS[0]:
                    exact_s, exact = timed(partial(Priced(exact=True).plan, offer, batch), 1)
                    rows.append(row(f"{case}, exact", exact_s, exact, "priced", seconds, gap_of(plan)))
                    counts[2] = str(not_served(exact))
                unserved.append([case, *counts])
                if load == LOADS[1] and seed == SEEDS[0]:
                    size = f"{JOBS:,} x {regions}"
                    found[f"gap at {size} [%], at most"] = gap_of(plan), 1.0 if regions == SIZES[0] else 2.0
                    found[f"jobs/s at {size}, at least"] = JOBS / seconds, 200_000
                    if regions == SIZES[0]:
                        found[f"exact gap at {size} [%], at most"] = gap_of(exact), 0.1
                        found[f"exact jobs/s at {size}, at least"] = JOBS / exact_s, 10_000
                        most = not_served(exact) + 0.01 * JOBS
                        found[f"jobs not served at {size}, at most"] = not_served(plan), most
    return unserved


def programme(rows: list[Row], found: dict[str, tuple[float, float]]) -> None:
    """A mixed-integer programme with all the time that it is given."""
    offer, batch = an_hour(MILP_JOBS, SIZES[0], 0.85, 0)
    seconds, plan = timed(partial(Priced().plan, offer, batch), REPEATS)
    peer_s, best_usd, proven = mixed_integer(offer, batch)
    gap_peer = 100 * (best_usd / bound_of(plan) - 1)
    name = f"HiGHS MILP, {'optimal' if proven else f'{MILP_S} s'}"
    rows.append(row(f"{MILP_JOBS:,} jobs x {SIZES[0]} regions, load 0.85", seconds, plan, name, peer_s, gap_peer))
    found["cost over that of a MILP of 120 s, at most"] = objective_usd(offer, batch, plan) / best_usd, 1.0
    found["seconds beside a MILP of 120 s, at most"] = seconds, MILP_S / 500


def mixed_integer(offer: Offer, batch: Batch) -> tuple[float, float, bool]:
    """Seconds, the cost of the best plan found, and whether it is proven to be the best."""
    job, region, start = np.array(
        [
            (job, region, start)
            for job in range(len(batch))
            for region in np.flatnonzero(batch.sets[batch.region_set[job]])
            for start in range(batch.first[job], batch.last[job] + 1)
        ]
    ).T
    hours, count = batch.duration_h[job], len(job)
    penalty = penalty_usd_per_mwh(offer)
    energy_usd = offer.cost_so_far[region, start + hours] - offer.cost_so_far[region, start]
    option = np.repeat(np.arange(count), hours)
    hour = start[option] + np.arange(len(option)) - np.repeat(np.cumsum(hours) - hours, hours)
    cell = np.ravel_multi_index((region[option], hour), offer.reserved_mw.shape)
    once = csr_array((np.ones(count), (job, np.arange(count))))
    uses = csr_array((batch.power_mw[job[option]], (cell, option)), shape=(offer.reserved_mw.size, count))
    started = time.perf_counter()
    result = milp(
        batch.power_mw[job] * (energy_usd - penalty * hours),
        constraints=[LinearConstraint(once, ub=1), LinearConstraint(uses, ub=offer.spare_mw[0].ravel())],
        integrality=np.ones(count),
        bounds=Bounds(0, 1),
        options={"time_limit": MILP_S},
    )
    return time.perf_counter() - started, result.fun + penalty * batch.energy_mwh.sum(), result.status == 0


def stream(rows: list[Row], found: dict[str, tuple[float, float]]) -> None:
    """Single jobs until a third of the room is taken, the call from Python included."""
    offer, batch = an_hour(STREAM_JOBS, STREAM_REGIONS, 0.3, 0)
    at = Stream(offer, LONGEST_H)
    sets = list(batch.sets)
    jobs = [
        (float(batch.power_mw[n]), int(batch.duration_h[n]), int(batch.first[n]), int(batch.last[n]), n)
        for n in range(STREAM_JOBS)
    ]
    seconds = []
    for power_mw, duration_h, first, last, n in jobs:
        allowed, home = sets[batch.region_set[n]], int(batch.home[n])
        started = time.perf_counter()
        at.place(power_mw, duration_h, first, last, allowed, home)
        seconds.append(time.perf_counter() - started)
    alone = an_hour(1, STREAM_REGIONS, 0.3, 0)
    peer_s, plan = timed(partial(Priced().plan, *alone), 100)
    for name, share in (("median", 50), ("99th percentile", 99)):
        mine = MILLION * float(np.percentile(seconds, share))
        case = f"stream, {STREAM_REGIONS} regions x {STARTS} starts, {name}, per million jobs"
        rows.append(row(case, mine, plan, "a batch of one", MILLION * peer_s, None))
        if share == 50:
            found["stream, median in microseconds, at most"] = mine, 10.0


def growth(rows: list[Row], found: dict[str, tuple[float, float]]) -> None:
    """Time against what it would be in proportion to the jobs of 30 regions."""
    seconds = {}
    for jobs, regions in GROWTH:
        words = [sys.executable, __file__, str(jobs), str(regions)]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        result = json.loads(done.stdout)
        seconds[jobs, regions] = result["seconds"]
        linear = seconds[GROWTH[0]] * jobs * regions / (GROWTH[0][0] * GROWTH[0][1])
        rows.append(
            Row(
                case=f"growth: {jobs:,} jobs x {regions} regions, load 0.85",
                ours_s=result["seconds"],
                peer=f"in proportion to jobs x regions of {GROWTH[0][0]:,} x {GROWTH[0][1]}",
                peer_s=linear,
                ratio=linear / result["seconds"],
                quality_ours=result["gap"],
                quality_peer=None,
                peak_mb_ours=result["peak_mb"],
            )
        )
    largest = GROWTH[-1]
    least = seconds[GROWTH[1]] * largest[0] * largest[1] / (GROWTH[1][0] * GROWTH[1][1])
    found[f"seconds at {largest[0]:,} x {largest[1]}, at most in proportion"] = seconds[largest], least


def one_size(jobs: int, regions: int) -> None:
    """Tell seconds, gap and the peak of the whole process, the making of its input included."""
    Priced().plan(*an_hour(MILP_JOBS, 3, 0.85, 0))
    offer, batch = an_hour(jobs, regions, 0.85, 0)
    seconds, plan = timed(partial(Priced().plan, offer, batch), 1)
    print(json.dumps({"seconds": seconds, "gap": gap_of(plan), "peak_mb": peak_mb()}))


def week(rows: list[Row], found: dict[str, tuple[float, float]]) -> None:
    """Every hour, the tasks of that hour; what runs or is queued is reserved, and the hour moves on."""
    for load in WEEK_LOADS:
        seconds, served = seconds_of_week(load)
        rows.append(
            Row(
                case=f"a week of {WEEK_TASKS:,} tasks x {WEEK_REGIONS} regions, load {load}; quality: served, %",
                ours_s=seconds,
                peer="open simulators, as reported, the fastest",
                peer_s=SIMULATOR_S,
                ratio=SIMULATOR_S / seconds,
                quality_ours=100 * served,
                quality_peer=None,
            )
        )
        found[f"times as fast as the fastest simulator, load {load}, at least"] = SIMULATOR_S / seconds, 10.0


def seconds_of_week(load: float) -> tuple[float, float]:
    """And the share of the tasks that was served."""
    rng = np.random.default_rng(0)
    cost, capacity = landscape(rng, WEEK_REGIONS, WEEK_H + STARTS + LONGEST_H)
    sets = region_sets(rng, WEEK_REGIONS)
    arrivals = [some_jobs(rng, WEEK_TASKS // WEEK_H + (n < WEEK_TASKS % WEEK_H), sets, 0.0) for n in range(WEEK_H)]
    capacity *= sum(batch.energy_mwh.sum() for batch in arrivals) / load / capacity[:, :WEEK_H].sum()
    started = time.perf_counter()
    reserved, served = np.zeros_like(cost), 0
    for hour, batch in enumerate(arrivals):
        ahead = slice(hour, hour + STARTS + LONGEST_H - 1)
        plan = Priced().plan(offer_of(capacity[:, ahead] - reserved[:, ahead], cost[:, ahead]), batch)
        placed = plan.region != NOWHERE
        region, start, power_mw = plan.region[placed], hour + plan.start[placed], batch.power_mw[placed]
        change = np.zeros((WEEK_REGIONS, reserved.shape[1] + 1))
        np.add.at(change, (region, start), power_mw)
        np.add.at(change, (region, start + batch.duration_h[placed]), -power_mw)
        reserved += np.cumsum(change, axis=1)[:, :-1]
        served += int(placed.sum())
    return time.perf_counter() - started, served / WEEK_TASKS


def row(case: str, seconds: float, plan: Plan, peer: str, peer_s: float, gap_peer: float | None) -> Row:
    """Ours beside a peer, gaps in percent."""
    return Row(
        case=case,
        ours_s=seconds,
        peer=peer,
        peer_s=peer_s,
        ratio=peer_s / seconds,
        quality_ours=gap_of(plan),
        quality_peer=gap_peer,
    )


def timed(run: Callable[[], Plan], repeats: int) -> tuple[float, Plan]:
    """Median seconds, and what the last run gave."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        plan = run()
        seconds.append(time.perf_counter() - started)
    return median(seconds), plan


def gap_of(plan: Plan) -> float:
    """In percent of the bound."""
    if plan.objective_usd is None:
        raise ValueError("the plan knows no cost, expected one of `priced`")
    return 100 * (plan.objective_usd / bound_of(plan) - 1)


def gap(offer: Offer, batch: Batch, plan: Plan, bounded: Plan) -> float:
    """Of a plan, to the bound of another."""
    return 100 * (objective_usd(offer, batch, plan) / bound_of(bounded) - 1)


def bound_of(plan: Plan) -> float:
    """Raises: ValueError where the plan knows none."""
    if plan.bound_usd is None:
        raise ValueError("the plan knows no bound, expected one of `priced`")
    return plan.bound_usd


def not_served(plan: Plan) -> int:
    """Jobs."""
    return int((plan.region == NOWHERE).sum())


def peak_mb() -> float:
    """Of this program alone: what the kernel counts for a process begins with the memory of the one that started it."""
    status = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(status[1]) / KB_PER_MB if status else float("nan")


if __name__ == "__main__":
    words: Sequence[str] = sys.argv[1:]
    if words:
        one_size(*map(int, words))
    else:
        main()
