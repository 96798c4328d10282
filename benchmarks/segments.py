"""Jobs that may pause, in a replay of the hours from a time on: what segments gain, what they cost.

Usage: python benchmarks/segments.py FIRST_ORIGIN FLEET.yaml TELEMETRY.parquet JOBS.parquet [OUTLOOKS.parquet]
The first row has the jobs of the table without checkpoints. In the others, each job of more than 24 h has a checkpoint
after every so many hours. A job is served if all its segments ran. Energy of a job that began and was not completed is
wasted. A job is contested or breached if one of its segments is. The cost is of all energy, wasted energy included.
"""

import time
from dataclasses import replace

import numpy as np
from anticipation import Bench

from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.domain.job import Job
from fleet.domain.segments import LONGEST_SEGMENT_H, in_segments
from fleet.domain.workload import Workload
from fleet.placement.priced import Priced
from fleet.replay.hour_loop import decide_all
from fleet.replay.run import Run, judge
from fleet.replay.segment_figures import segment_figures

CHECKPOINTS_H = (None, 6)
HEADINGS = (
    "checkpoint every",
    "energy served, %",
    "jobs not served",
    "begun, not completed",
    "cost, USD per served MWh",
    "contested jobs",
    "breached, %",
    "energy breached, %",
    "of segments, %",
    "guaranteed maximum, % of jobs / energy",
    "segments resumed / after a pause / elsewhere",
    "CPU, s",
)


def with_checkpoints(job: Job, checkpoint_h: int | None) -> Job:
    """Return the job, with checkpoints if it is long."""
    return replace(job, checkpoint_h=checkpoint_h) if job.duration_h > LONGEST_SEGMENT_H else job


def run_of(bench: Bench, jobs: list[Job]) -> Run:
    """Decide all hours with these jobs, and judge them."""
    work, first_hour = Workload.of(in_segments(jobs), bench.prepared.fleet.region_ids), bench.telemetry.time_utc[0]
    tracker = OutcomeTracker(bench.actuals, first_hour)
    record = decide_all(bench.prepared, work, Priced(), tracker, bench.start, lambda _: None, explain=False)
    return judge("priced", record, bench.prepared, bench.actuals, first_hour)


def row(name: str, run: Run, cpu_s: float) -> str:
    """Return the table row of one run."""
    work, whole = run.work, run.work.whole
    energy = np.bincount(whole, weights=work.energy_mwh)
    begun = np.bincount(whole, weights=run.placed) > 0
    done = np.bincount(whole, weights=~run.placed, minlength=len(energy)) == 0
    is_job = np.bincount(whole, minlength=len(energy)) > 0
    contested, breached = (
        np.bincount(whole, weights=flags, minlength=len(energy)) > 0 for flags in (run.contested_judged, run.breached)
    )
    hard, near = contested & done, run.contested_judged
    wasted = work.energy_mwh[run.placed & ~done[whole]].sum()
    figures = segment_figures(run)
    resumed = int((work.resumes & run.placed).sum())
    usd = np.nansum(run.resource_use.cost_usd)
    controller = run.controller
    cells = (
        name,
        f"{100 * energy[done & is_job].sum() / energy.sum():.2f}",
        f"{(is_job & ~done).sum()}",
        f"{(begun & ~done).sum()} ({wasted:.0f} MWh)",
        f"{usd / energy[done & is_job].sum():.2f}",
        f"{hard.sum()}",
        f"{100 * breached[hard].mean():.2f}",
        f"{100 * energy[hard & breached].sum() / energy[hard].sum():.2f}",
        f"{100 * work.energy_mwh[near & run.breached].sum() / work.energy_mwh[near].sum():.2f}",
        "" if controller is None else f"{100 * controller.fleet_bound:.1f} / {100 * controller.fleet_energy_bound:.1f}",
        f"{resumed} / {figures.pauses} / {figures.segment_moves}",
        f"{cpu_s:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print one row per checkpoint length."""
    bench = Bench.of_command_line(__doc__)
    print(f"| {' | '.join(HEADINGS)} |")
    print(f"| --- |{' ---: |' * (len(HEADINGS) - 1)}")
    for checkpoint_h in CHECKPOINTS_H:
        begin = time.process_time()
        run = run_of(bench, [with_checkpoints(job, checkpoint_h) for job in bench.work.jobs])
        name = "never" if checkpoint_h is None else f"{checkpoint_h} h"
        print(row(name, run, time.process_time() - begin), flush=True)


if __name__ == "__main__":
    main()
