"""Compares the policy `priced` with the lower bound, with placing jobs one by one, and with HiGHS: quality and speed.

Quality is the gap to the lower bound in percent. It includes the penalty for unserved energy. The gap of a peer's plan
uses the same bound. `benchmarks/workload.py` describes the offers and the jobs.

* sizes: 100,000 jobs in 3 and in 30 regions, at three loads and several seeds. The peer places jobs one by one in the
  order of their last starts. One case also runs the exact mode. A table shows how many jobs are not served.
* a mixed-integer programme: 1,000 jobs, one binary variable per job and window, for 120 s.
* a stream: one job after another in 300 regions with 24 starts, in seconds per million jobs. The peer is a `priced`
  batch of one job.
* growth: more jobs and regions, each case in its own process, with the peak memory of that process.
* a week of 27,000 tasks over five regions, hour by hour. The best open simulators of that size (SustainCluster and
  others) are reported to take 2 to 8 s. They need deep-learning environments and do not run here.
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
from mixed_integer import mixed_integer
from workload import LONGEST_H, STARTS, an_hour, landscape, offer_of, region_sets, some_jobs

from fleet.placement import NOWHERE, Batch, Offer, Plan
from fleet.placement.fill import fill
from fleet.placement.job_order import urgent_first
from fleet.placement.objective import objective_usd
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
SIMULATOR_S = 2.0  # reported time of the fastest simulator
MILLION, KB_PER_MB = 1_000_000, 1_024

# Name of a target to the measured value and the target.
Targets = dict[str, tuple[float, float]]


def main() -> None:
    """Run all cases and publish the rows and the targets."""
    rows: list[Row] = []
    targets: Targets = {}
    Priced(exact=True).plan(*an_hour(MILP_JOBS, 3, 0.85, 0))
    unserved = sizes(rows, targets)
    programme(rows, targets)
    stream(rows, targets)
    growth(rows, targets)
    week(rows, targets)
    by_name = {name: {"found": value, "target": target} for name, (value, target) in targets.items()}
    publish("placement", rows, ["numpy", "numba", "scipy"], targets=by_name, unserved_jobs=unserved)
    show("jobs that are not served", ["case", "priced", "one by one", "exact"], unserved)
    show("targets", ["", "found", "target"], [[name, f"{a:.4g}", f"{b:.4g}"] for name, (a, b) in targets.items()])


def sizes(rows: list[Row], targets: Targets) -> list[list[str]]:
    """Add the rows of gaps and speeds; return the number of jobs that are not served, case by case."""
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
                    targets[f"gap at {size} [%], at most"] = gap_of(plan), 1.0 if regions == SIZES[0] else 2.0
                    targets[f"jobs/s at {size}, at least"] = JOBS / seconds, 200_000
                    if regions == SIZES[0]:
                        targets[f"exact gap at {size} [%], at most"] = gap_of(exact), 0.1
                        targets[f"exact jobs/s at {size}, at least"] = JOBS / exact_s, 10_000
                        most = not_served(exact) + 0.01 * JOBS
                        targets[f"jobs not served at {size}, at most"] = not_served(plan), most
    return unserved


def programme(rows: list[Row], targets: Targets) -> None:
    """Add the row of a mixed-integer programme, which may use up to MILP_S seconds."""
    offer, batch = an_hour(MILP_JOBS, SIZES[0], 0.85, 0)
    seconds, plan = timed(partial(Priced().plan, offer, batch), REPEATS)
    peer_s, best_usd, proven = mixed_integer(offer, batch, limit_s=MILP_S)
    gap_peer = 100 * (best_usd / bound_of(plan) - 1)
    name = f"HiGHS MILP, {'optimal' if proven else f'{MILP_S} s'}"
    rows.append(row(f"{MILP_JOBS:,} jobs x {SIZES[0]} regions, load 0.85", seconds, plan, name, peer_s, gap_peer))
    targets["cost over that of a MILP of 120 s, at most"] = objective_usd(offer, batch, plan) / best_usd, 1.0
    targets["seconds beside a MILP of 120 s, at most"] = seconds, MILP_S / 500


def stream(rows: list[Row], targets: Targets) -> None:
    """Place single jobs until 30 % of the capacity is used. The times include the call from Python."""
    offer, batch = an_hour(STREAM_JOBS, STREAM_REGIONS, 0.3, 0)
    placer = Stream(offer, LONGEST_H)
    sets = list(batch.sets)
    jobs = [
        (float(batch.power_mw[job]), int(batch.duration_h[job]), int(batch.first[job]), int(batch.last[job]), job)
        for job in range(STREAM_JOBS)
    ]
    seconds = []
    for power_mw, duration_h, first, last, job in jobs:
        allowed, home = sets[batch.region_set[job]], int(batch.home[job])
        started = time.perf_counter()
        placer.place(power_mw, duration_h, first, last, allowed, home)
        seconds.append(time.perf_counter() - started)
    one_job = an_hour(1, STREAM_REGIONS, 0.3, 0)
    peer_s, plan = timed(partial(Priced().plan, *one_job), 100)
    for name, share in (("median", 50), ("99th percentile", 99)):
        ours_s = MILLION * float(np.percentile(seconds, share))
        case = f"stream, {STREAM_REGIONS} regions x {STARTS} starts, {name}, per million jobs"
        rows.append(row(case, ours_s, plan, "a batch of one", MILLION * peer_s, None))
        if share == 50:
            targets["stream, median in microseconds, at most"] = ours_s, 10.0


def growth(rows: list[Row], targets: Targets) -> None:
    """Compare the time of each size with a time that grows in proportion to jobs and regions."""
    seconds = {}
    for jobs, regions in GROWTH:
        command = [sys.executable, __file__, str(jobs), str(regions)]
        process = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        result = json.loads(process.stdout)
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
    linear = seconds[GROWTH[1]] * largest[0] * largest[1] / (GROWTH[1][0] * GROWTH[1][1])
    targets[f"seconds at {largest[0]:,} x {largest[1]}, at most in proportion"] = seconds[largest], linear


def one_size(jobs: int, regions: int) -> None:
    """Print seconds, gap, and the peak memory of the whole process, which includes its random input."""
    Priced().plan(*an_hour(MILP_JOBS, 3, 0.85, 0))
    offer, batch = an_hour(jobs, regions, 0.85, 0)
    seconds, plan = timed(partial(Priced().plan, offer, batch), 1)
    print(json.dumps({"seconds": seconds, "gap": gap_of(plan), "peak_mb": peak_mb()}))


def week(rows: list[Row], targets: Targets) -> None:
    """Place the tasks of each hour of a week; tasks that run or wait keep their reserved power."""
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
        targets[f"times as fast as the fastest simulator, load {load}, at least"] = SIMULATOR_S / seconds, 10.0


def seconds_of_week(load: float) -> tuple[float, float]:
    """Return seconds, and the share of the tasks that is served."""
    rng = np.random.default_rng(0)
    cost, capacity = landscape(rng, WEEK_REGIONS, WEEK_H + STARTS + LONGEST_H)
    sets = region_sets(rng, WEEK_REGIONS)
    arrivals = [
        some_jobs(rng, WEEK_TASKS // WEEK_H + (hour < WEEK_TASKS % WEEK_H), sets, 0.0) for hour in range(WEEK_H)
    ]
    capacity *= sum(batch.energy_mwh.sum() for batch in arrivals) / load / capacity[:, :WEEK_H].sum()
    started = time.perf_counter()
    reserved, served = np.zeros_like(cost), 0
    for hour, batch in enumerate(arrivals):
        ahead = slice(hour, hour + STARTS + LONGEST_H - 1)
        plan = Priced().plan(offer_of(capacity[:, ahead] - reserved[:, ahead], cost[:, ahead]), batch)
        is_placed = plan.region != NOWHERE
        region, start, power_mw = plan.region[is_placed], hour + plan.start[is_placed], batch.power_mw[is_placed]
        change = np.zeros((WEEK_REGIONS, reserved.shape[1] + 1))
        np.add.at(change, (region, start), power_mw)
        np.add.at(change, (region, start + batch.duration_h[is_placed]), -power_mw)
        reserved += np.cumsum(change, axis=1)[:, :-1]
        served += int(is_placed.sum())
    return time.perf_counter() - started, served / WEEK_TASKS


def row(case: str, seconds: float, plan: Plan, peer: str, peer_s: float, gap_peer: float | None) -> Row:
    """Return the row that compares our plan with a peer; gaps are in percent."""
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
    """Return the median seconds of several runs, and the plan of the last run."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        plan = run()
        seconds.append(time.perf_counter() - started)
    return median(seconds), plan


def gap_of(plan: Plan) -> float:
    """Return the gap between a plan and its own bound, in percent of the bound."""
    if plan.objective_usd is None:
        raise ValueError("the plan has no objective, expected a plan of `priced`")
    return 100 * (plan.objective_usd / bound_of(plan) - 1)


def gap(offer: Offer, batch: Batch, plan: Plan, bounded: Plan) -> float:
    """Return the gap between a plan and the bound of another plan, in percent of the bound."""
    return 100 * (objective_usd(offer, batch, plan) / bound_of(bounded) - 1)


def bound_of(plan: Plan) -> float:
    """Return the bound of a plan. Raises: ValueError if the plan has none."""
    if plan.bound_usd is None:
        raise ValueError("the plan has no bound, expected a plan of `priced`")
    return plan.bound_usd


def not_served(plan: Plan) -> int:
    """Return the number of jobs that are not served."""
    return int((plan.region == NOWHERE).sum())


def peak_mb() -> float:
    """Return the peak memory of this process.

    The usual counter, ru_maxrss, starts with the memory of the parent process.
    """
    status = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(status[1]) / KB_PER_MB if status else float("nan")


if __name__ == "__main__":
    arguments: Sequence[str] = sys.argv[1:]
    if arguments:
        one_size(*map(int, arguments))
    else:
        main()
