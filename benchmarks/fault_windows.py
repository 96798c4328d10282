"""Puts 12 kinds of fault at random places of a twin year, and decides the days around each place.

    python benchmarks/fault_windows.py TWIN [PLACES] [--live]

TWIN is a folder with telemetry.parquet and jobs.parquet of `fleet twin` with two years. Each place is a region and a
day of the second year. The healthy year is learnt once; the hours around a place continue from its state, once without
the fault and once with it, and the quality rules judge the faulty values first. Decisions see the fault, and outcomes
come from the true values. A window begins without jobs and holds those that must end in it.

An approval rests on missing data if its region had no bound in the hour of the decision, or if it got more than the
newest hour with all values gave the same hours. Both are counted. No value that is held reaches a forecast.

The hours are decided by the loop of a replay, which prepares them together. With `--live`, the faulty days are decided
by the live engine instead: each hour from its telemetry and a ledger. That takes some twenty times as long. The last
line then says how many jobs the replay decided otherwise.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from live_window import decide_live
from quality_breaches import scaled, shifted, stuck

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.decisions.caution import Caution
from fleet.decisions.level_rows import LevelRows
from fleet.decisions.window_headroom import WindowHeadroom
from fleet.domain.decision import Decision
from fleet.domain.job import Job
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.fleets import load_fleet
from fleet.live.engine import Engine
from fleet.placement import POLICIES
from fleet.preparation.prepare import advance
from fleet.preparation.prepare_state import PrepareState
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.quality.gate import hold
from fleet.replay.hour_loop import decide_all
from fleet.replay.run import Run, judge
from fleet.sources import table
from fleet.units import HOURS_PER_YEAR
from fleet.workflows.open_workspace import read_jobs

POLICY, SEED, PLACES = "greedy", 11, 200
BEFORE_H, LENGTH_H, AFTER_H = 24, 24, 48
# The rules judge an hour by its past; so much of it is read.
RULES_H = 180 * 24
# A tenth of a watt.
ROUNDING_MW = 1e-7
Fault = Callable[[np.ndarray, int], np.ndarray]


def silent(hours: int) -> Fault:
    """Return a fault that leaves the first hours without a value."""
    return lambda values, at: np.where(np.arange(LENGTH_H) < hours, np.nan, values[at : at + LENGTH_H])


# Name -> the columns that it changes, and how.
FAULTS: dict[str, tuple[tuple[str, ...], Fault]] = {
    "temperature silent for 6 h": (("temperature_c",), silent(6)),
    "load silent for 6 h": (("it_load_mw",), silent(6)),
    "all limits silent for a day": (("temperature_c", "dew_point_c", "it_load_mw"), silent(LENGTH_H)),
    "temperature stuck": (("temperature_c",), stuck),
    "temperature -999": (("temperature_c",), scaled(0, -999)),
    "temperature converted to degC twice": (("temperature_c",), scaled(1 / 1.8, -32 / 1.8)),
    "temperature 20 lower": (("temperature_c",), scaled(1, -20)),
    "temperature 10 lower": (("temperature_c",), scaled(1, -10)),
    "load zero": (("it_load_mw",), scaled(0)),
    "load in another unit": (("it_load_mw",), scaled(0.001)),
    "load half": (("it_load_mw",), scaled(0.5)),
    "load 7 h late": (("it_load_mw",), shifted(7)),
}
HEADS = (
    *("fault", "places", "hours held or missing", "MWh served without it", "MWh served with it", "% lost"),
    *("jobs denied for lack of data", "contested breached without it", "contested breached with it"),
    "approvals on missing data",
)


@dataclass
class Tally:
    """Sums over the places of one kind of fault.

    healthy_mwh, served_mwh: energy served without and with the fault.
    missing_h: region-hours that were missing or held.
    contested, breached: contested jobs that were judged, and those of them that breached; before: without the fault.
    without_data: jobs that were denied for lack of data.
    closed, above: approvals without a bound, and with more than the last bound with data.
    jobs, differing: all jobs, and those that the live engine and the replay decided otherwise; 0 without `--live`.
    """

    places: int = 0
    healthy_mwh: float = 0.0
    served_mwh: float = 0.0
    missing_h: int = 0
    contested_before: int = 0
    breached_before: int = 0
    contested: int = 0
    breached: int = 0
    without_data: int = 0
    approvals: int = 0
    closed: int = 0
    above: int = 0
    jobs: int = 0
    differing: int = 0

    def add(self, other: "Tally") -> None:
        """Add the sums of another tally."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def cells(self) -> str:
        """Return the cells of a row."""
        lost = 100 * (1 - self.served_mwh / self.healthy_mwh) if self.healthy_mwh else 0.0
        return (
            f"{self.places} | {self.missing_h:,} | {self.healthy_mwh:,.0f} | {self.served_mwh:,.0f} | {lost:.1f} | "
            f"{self.without_data:,} | {self.breached_before} of {self.contested_before} | {self.breached} of "
            f"{self.contested} | {self.closed + self.above} of {self.approvals:,}"
        )


@dataclass
class Bench:
    """The healthy twin, and the state that was learnt from it."""

    true: Telemetry
    jobs: list[Job]
    is_live: bool = False
    settings: Settings = field(default_factory=Settings)
    state: PrepareState | None = None
    engine: Engine = field(default_factory=Engine)

    def __post_init__(self) -> None:
        self.fleet = load_fleet()
        self.true = self.true.of_regions(self.fleet.region_ids)
        self.actuals = ActualHours.of(self.true, self.fleet)

    def tally(self, kind: str, region: int, at: int) -> Tally:
        """Run the window around one place without and with a fault."""
        first, end = at - BEFORE_H, at + LENGTH_H + AFTER_H
        self.state, _ = advance(self.state, self.true.hours(0, first), self.fleet, np.array([first - 1]), self.settings)
        telemetry, missing_h = self.faulty(kind, region, at, end)
        healthy, _ = self.run(self.true.hours(0, end), first)
        run, prepared = self.run(telemetry, first)
        differing = 0
        if self.is_live:
            replayed, run = run, self.live(run, prepared, telemetry, first)
            differing = int((unlike(replayed, run)).sum())
        return Tally(
            places=1,
            jobs=len(run.work),
            differing=differing,
            healthy_mwh=served_mwh(healthy),
            served_mwh=served_mwh(run),
            missing_h=missing_h,
            contested_before=int((healthy.contested & healthy.judged & healthy.placed).sum()),
            breached_before=int((healthy.contested & healthy.breached).sum()),
            contested=int((run.contested & run.judged & run.placed).sum()),
            breached=int((run.contested & run.breached).sum()),
            without_data=int((run.status.denied_without_data & ~run.placed).sum()),
            **rests(prepared, run),
        )

    def faulty(self, kind: str, region: int, at: int, end: int) -> tuple[Telemetry, int]:
        """Return the telemetry up to `end` as decisions see it, and the region-hours of the fault without a value."""
        columns, fault = FAULTS[kind]
        values = dict(self.true.hours(0, end).values)
        for name in columns:
            values[name] = values[name].copy()
            values[name][region, at : at + LENGTH_H] = fault(self.true.values[name][region], at)
        if columns == ("temperature_c",):
            # A station measures both: its dew point never exceeds its temperature.
            values["dew_point_c"] = np.fmin(values["dew_point_c"], values["temperature_c"])
        seen = replace(self.true.hours(0, end), values=values)
        checked = hold(seen.hours(end - RULES_H, end), fleet=self.fleet).telemetry
        for name, grid in checked.values.items():
            # Before the fault all values are taken as they are, so that the healthy state still fits.
            values[name] = values[name].copy()
            values[name][:, at:] = grid[:, at - end :]
        missing = np.any([np.isnan(values[name][region, at:]) for name in columns], axis=0)
        return replace(seen, values=values), int(missing.sum())

    def run(self, telemetry: Telemetry, first: int) -> tuple[Run, Prepared]:
        """Decide the hours from `first` to the end of the telemetry."""
        origins = np.arange(first, len(telemetry.time_utc) - 1)
        _, prepared = advance(self.state, telemetry, self.fleet, origins, self.settings)
        begin, end = telemetry.time_utc[first] + 1, telemetry.time_utc[-1] + 1
        inside = [job for job in self.jobs if job.earliest_utc >= begin and job.deadline_utc <= end]
        work = Workload.of(inside, self.fleet.region_ids)
        tracker = OutcomeTracker(self.actuals, self.true.time_utc[0])
        record = decide_all(prepared, work, POLICIES[POLICY](), tracker, first, lambda _: None, explain=True)
        return judge(POLICY, record, prepared, self.actuals, self.true.time_utc[0]), prepared

    def live(self, run: Run, prepared: Prepared, telemetry: Telemetry, first: int) -> Run:
        """Decide the jobs of a run again, with the live engine."""
        self.engine.prepare(self.true.hours(0, first), self.fleet, self.settings)
        origins = range(first, len(telemetry.time_utc) - 1)
        record = decide_live(self.engine, telemetry, origins, run.work, self.fleet, policy=POLICY)
        return judge(POLICY, record, prepared, self.actuals, self.true.time_utc[0])


def unlike(one: Run, other: Run) -> np.ndarray:
    """Return (job,) whether two runs gave the job another place, or another reason for none."""
    return (
        (one.status.region != other.status.region)
        | (one.status.start_h != other.status.start_h)
        | (one.status.denied_without_data != other.status.denied_without_data)
    )


def served_mwh(run: Run) -> float:
    """Return the energy of the jobs that ran."""
    return float(run.work.energy_mwh[run.placed].sum())


def rests(prepared: Prepared, run: Run) -> dict[str, int]:
    """Count the approvals, those without a bound, and those with more than the last hour with data gave."""
    counts = {"approvals": 0, "closed": 0, "above": 0}
    job_of = {job.id: job for job in run.work.jobs}
    for decision in run.decisions:
        if decision.region is None:
            continue
        region = prepared.fleet.region_ids.index(decision.region)
        step = int((decision.origin_utc - prepared.origin_utc[0]) / np.timedelta64(1, "h"))
        heard_h = int(prepared.silence.heard_h[step, region])
        counts["approvals"] += 1
        counts["closed"] += bool(prepared.silence.is_closed[step, region])
        if heard_h and not prepared.silence.is_closed[step, region]:
            now, before = (
                room_mw(prepared, step - back, region, decision, job_of[decision.job_id].duration_h)
                for back in (0, heard_h)
            )
            counts["above"] += now > before + ROUNDING_MW
    return counts


def room_mw(prepared: Prepared, step: int, region: int, decision: Decision, duration_h: int) -> float:
    """Return the headroom of the hours of a job, as an origin saw it; infinite if they begin beyond its horizon."""
    start = int((decision.start_utc - prepared.origin_utc[step]) / np.timedelta64(1, "h")) - 1
    horizon = prepared.settings.horizon
    if start >= horizon:
        return np.inf
    rows = LevelRows.of(prepared, step, horizon + duration_h, Caution.of(None, len(prepared.fleet.regions)))
    windows = WindowHeadroom(prepared, step, rows)
    return float(windows.window(region, start, duration_h).spare_mw.min())


def main() -> None:
    """Print one row per kind of fault, and one for all."""
    words = [word for word in sys.argv[1:] if word != "--live"]
    twin, places = Path(words[0]), int(words[1]) if len(words) > 1 else PLACES
    jobs = sorted(read_jobs(twin / "jobs.parquet", load_fleet()).jobs, key=lambda job: (job.earliest_utc, job.id))
    bench = Bench(true=table.read([twin / "telemetry.parquet"]), jobs=jobs, is_live="--live" in sys.argv)
    hours, rng = len(bench.true.time_utc), np.random.default_rng(SEED)
    first = hours - int(HOURS_PER_YEAR) + BEFORE_H
    starts = np.sort(rng.choice(np.arange(first, hours - LENGTH_H - AFTER_H - 1), places, replace=False))
    kinds = rng.permutation(np.arange(places) % len(FAULTS))
    tallies = {kind: Tally() for kind in FAULTS}
    with suppress(KeyboardInterrupt):
        # A run that is interrupted prints the places that it has done.
        for place, (at, kind) in enumerate(zip(starts.tolist(), kinds.tolist(), strict=True)):
            name = list(FAULTS)[kind]
            tallies[name].add(bench.tally(name, int(rng.integers(len(bench.fleet.regions))), at))
            print(f"{place + 1} of {places}", file=sys.stderr, flush=True)
    whole = Tally()
    print(f"| {' | '.join(HEADS)} |")
    print("| --- |" + " ---: |" * (len(HEADS) - 1))
    for name, tally in tallies.items():
        whole.add(tally)
        print(f"| {name} | {tally.cells()} |")
    print(f"| all | {whole.cells()} |")
    if bench.is_live:
        print(f"The live engine and the replay decided {whole.differing} of {whole.jobs:,} jobs otherwise.")


if __name__ == "__main__":
    main()
