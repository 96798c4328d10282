"""Breaches that doubtful telemetry causes: jobs that a replay approves and that breach, before and after the gate.

Usage: python benchmarks/quality_breaches.py FLEET.yaml TELEMETRY.parquet JOBS.parquet [OUTLOOKS.parquet]
Each kind of lie is put at 20 random places of 24 hours, over all regions, into 30 summer days. Decisions see the lie;
outcomes come from the true values. The lies that make a region look safer are tried: the others only deny jobs.

All jobs of a region breach together, so a cell also has the number of region-hours in which they did. It has the
contested jobs, too: a region that was closed is filled to its bounds when it opens again, and its jobs are contested.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.fleets import load_fleet
from fleet.placement import POLICIES
from fleet.preparation.prepare import advance
from fleet.preparation.prepare_state import PrepareState
from fleet.preparation.settings import Settings
from fleet.quality.gate import hold
from fleet.replay.hour_loop import decide_all
from fleet.replay.run import judge
from fleet.sources import table
from fleet.workflows.open_workspace import read_jobs

# The default policy gates jobs alike, and takes longer to choose among safe places.
POLICY = "greedy"
PLACES, LENGTH_H, SEED = 20, 24, 5
HISTORY_H, TEST_H = 130 * 24, 30 * 24
SUMMER_FIRST = "-07-01T00"
Lie = Callable[[np.ndarray, int], np.ndarray]


def scaled(factor: float, offset: float = 0.0) -> Lie:
    """Return a lie that converts the values."""
    return lambda values, at: factor * values[at : at + LENGTH_H] + offset


def constant(value: float) -> Lie:
    """Return a lie that writes one number."""
    return lambda values, at: np.full(LENGTH_H, value)


def shifted(hours: int) -> Lie:
    """Return a lie of a clock that is wrong by some hours."""
    return lambda values, at: values[at - hours : at - hours + LENGTH_H]


def stuck(values: np.ndarray, at: int) -> np.ndarray:
    """Return the first value for all hours."""
    return np.full(LENGTH_H, values[at])


LIES: dict[str, dict[str, Lie]] = {
    "temperature_c": {
        "stuck": stuck,
        "zero": constant(0.0),
        "Fahrenheit read as degC, back": scaled(1 / 1.8, -32 / 1.8),
        "20 lower": scaled(1, -20),
        "10 lower": scaled(1, -10),
        "clock 7 h late": shifted(7),
    },
    "it_load_mw": {
        "stuck": stuck,
        "zero": constant(0.0),
        "divided by 2.2046": scaled(1 / 2.2046),
        "divided by 1000": scaled(0.001),
        "half": scaled(0.5),
        "clock 7 h late": shifted(7),
    },
}


class Bench:
    """The summer days of one fleet, decided from any telemetry and judged by the true one."""

    def __init__(self, fleet_file: Path, telemetry: Telemetry, jobs_file: Path, outlooks: Outlooks | None) -> None:
        self.fleet = load_fleet(fleet_file)
        year = str(telemetry.time_utc[-1])[:4]
        first = telemetry.position(np.datetime64(f"{year}{SUMMER_FIRST}", "h"))
        self.true = telemetry.select(self.fleet.region_ids).hours(first - HISTORY_H, first + TEST_H)
        self.outlooks = outlooks
        first_hour, end = self.true.time_utc[HISTORY_H] + 1, self.true.time_utc[-1] + 1
        jobs = read_jobs(jobs_file, self.fleet).jobs
        inside = [job for job in jobs if job.earliest_utc >= first_hour and job.deadline_utc <= end]
        self.work = Workload.of(sorted(inside, key=lambda job: (job.earliest_utc, job.id)), self.fleet.region_ids)
        self.actuals = ActualHours.of(self.true, self.fleet)
        self.learnt: dict[bool, PrepareState] = {}

    def with_lie(self, column: str, lie: Lie) -> Telemetry:
        """Return the telemetry with a lie at random places."""
        rng = np.random.default_rng(SEED)
        values = self.true.values[column].copy()
        # One lie at most in any 48 hours of a region.
        slots = rng.permutation(len(values) * (TEST_H // 48 - 1))[:PLACES]
        for slot in slots:
            row, at = slot % len(values), HISTORY_H + 48 * (slot // len(values)) + rng.integers(0, 24)
            values[row, at : at + LENGTH_H] = lie(self.true.values[column][row], at)
        changed = dict(self.true.values) | {column: values}
        if column == "temperature_c":
            # A station measures both: its dew point never exceeds its temperature.
            changed["dew_point_c"] = np.minimum(changed["dew_point_c"], values)
        return replace(self.true, values=changed)

    def cell(self, telemetry: Telemetry, *, gated: bool) -> tuple[str, int]:
        """Return the text of a cell, and the number of hours that were held."""
        outlooks, held = self.outlooks, 0
        if gated:
            checked = hold(telemetry, fleet=self.fleet, outlooks=outlooks)
            telemetry, outlooks, held = checked.telemetry, checked.outlooks, sum(checked.count_by_rule().values())
        settings, origins = Settings(), np.arange(HISTORY_H, HISTORY_H + TEST_H - 1)
        if gated not in self.learnt:
            # No lie is in the history, so all lies continue from its state.
            last = np.array([HISTORY_H - 1])
            self.learnt[gated], _ = advance(None, telemetry, self.fleet, last, settings, outlooks=outlooks)
        _, prepared = advance(self.learnt[gated], telemetry, self.fleet, origins, settings, outlooks=outlooks)
        policy, first_hour = POLICIES[POLICY](), self.true.time_utc[0]
        tracker = OutcomeTracker(self.actuals, first_hour)
        record = decide_all(prepared, self.work, policy, tracker, HISTORY_H, lambda _: None, explain=False)
        run = judge(POLICY, record, prepared, self.actuals, first_hour)
        placed, breached, contested = run.status.placed, run.breached, run.contested & run.status.placed
        hours = int((self.actuals.breached(run.job_mw) & (run.job_mw > 0)).sum())
        share = f"{breached.sum()} of {placed.sum():,} ({100 * breached.sum() / max(placed.sum(), 1):.2f} %)"
        return f"{share}; contested {(breached & contested).sum()} of {contested.sum():,}; {hours} h", held


def row(bench: Bench, name: str, telemetry: Telemetry) -> str:
    """Return the table row of one lie, without and with the gate."""
    (without, _), (gated, held) = (bench.cell(telemetry, gated=gated) for gated in (False, True))
    return f"| {name} | {without} | {gated} | {held} |"


def main() -> None:
    """Print one row per lie, without and with the gate."""
    files = [Path(name) for name in sys.argv[1:]]
    telemetry = table.read([files[1]])
    outlooks = table.read_outlooks(files[3]) if len(files) > 3 else None
    bench = Bench(files[0], telemetry, files[2], outlooks)
    print("| column and fault | without the gate | with the gate | hours held |")
    print("| --- | --- | --- | ---: |")
    started = time.perf_counter()
    print(row(bench, "healthy", bench.true), flush=True)
    for column, lies in LIES.items():
        for name, lie in lies.items():
            print(row(bench, f"{column}, {name}", bench.with_lie(column, lie)), flush=True)
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
