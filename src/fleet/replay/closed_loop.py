"""The replay: runs policies over past hours. Decisions use forecasts and bounds; actual values give the outcomes."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job import Job
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.segments import in_segments
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError, DataError
from fleet.placement import DEFAULT_POLICY, ORACLE, POLICIES, Belief, Policy
from fleet.preparation.observed_limit import silent_hours
from fleet.preparation.prepare import prepare, with_far_foresight, with_foresight, with_settings
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.replay.ablation import variants
from fleet.replay.hour_loop import RunRecord, decide_all
from fleet.replay.lower_bound import LowerBound, lower_bound
from fleet.replay.outcomes import Outcome, outcome
from fleet.replay.paired_difference import Difference, difference
from fleet.replay.run import Run, judge
from fleet.replay.savings import HOME, Saved, saved_against
from fleet.replay.side_by_side import run_side_by_side
from fleet.replay.unbounded import Unbounded, unbounded
from fleet.units import HOURS_PER_YEAR

# Called with the name of a stage and its finished share.
Report = Callable[[str, float], None]
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class ReplayOptions:
    """The options of a replay. They are checked on construction.

    Args:
        policies: names in POLICIES; the oracle is always added.
        test_start: first origin; by default the first of the last 8,760 h. With less than two years of telemetry, the
            first hour of the last third.
        outlooks: forecasts by others; each is used from its hour of issue on.
        ablate: True to run the variants of `fleet.replay.ablation` too.
        explain: policies for which the last decision on each job is kept in full.
    Raises: ConfigError for an unknown policy.
    """

    policies: Sequence[str] = tuple(POLICIES)
    settings: Settings = field(default_factory=Settings)
    test_start: Hour | None = None
    outlooks: Outlooks | None = None
    ablate: bool = False
    explain: Collection[str] = ()

    def __post_init__(self) -> None:
        for name in self.policies:
            if name not in POLICIES:
                raise ConfigError(f"policy {name!r} is unknown, expected some of {', '.join(POLICIES)}")


@dataclass(frozen=True, kw_only=True)
class Replay:
    """The run of each policy, and the actual values by which the runs were judged.

    Args:
        prepared: the forecasts and bounds of the replayed origins.
        actuals: the actual hours of the whole telemetry.
        runs, outcomes: policy -> its run, and its figures.
        ablation: variant of the default policy -> its figures; empty if it was not requested.
        bound: lower bound of the objective of every plan that keeps all limits.
        excluded_jobs: number of jobs whose window is not inside the replayed hours.
        silent_limit_hours: region -> number of origins whose last observed grid limit is a day old or older.
        seconds: wall time of each stage. Policies run at the same time if the process may use several cores.
    """

    prepared: Prepared
    actuals: ActualHours
    telemetry: Telemetry
    outlooks: Outlooks | None
    runs: Mapping[str, Run]
    outcomes: Mapping[str, Outcome]
    ablation: Mapping[str, Outcome]
    bound: LowerBound
    excluded_jobs: int
    unbounded: Unbounded
    silent_limit_hours: Mapping[str, int]
    seconds: Mapping[str, float]

    @property
    def span(self) -> str:
        """First and last origin, as text for titles."""
        return f"{clock.iso(self.prepared.origin_utc[0])} to {clock.iso(self.prepared.origin_utc[-1])}"

    def paired(self) -> dict[str, Difference]:
        """Return the default policy minus each other policy; empty if the default was not replayed."""
        default = self.runs.get(DEFAULT_POLICY)
        if default is None:
            return {}
        others = {name: run for name, run in self.runs.items() if name != DEFAULT_POLICY}
        return {name: difference(default, run, self.actuals.fleet.costs, self._first_h) for name, run in others.items()}

    def saved_against_home(self) -> dict[str, Saved | None]:
        """Return the savings by policy; None if a policy served nothing, or if `home_region` was not replayed."""
        home, costs = self.runs.get(HOME), self.actuals.fleet.costs
        if home is None:
            return dict.fromkeys(self.runs)
        return {name: saved_against(home, run, costs, self._first_h) for name, run in self.runs.items()}

    @property
    def _first_h(self) -> int:
        return int(self.telemetry.time_utc[0].astype(np.int64))

    def as_dict(self) -> dict[str, Any]:
        """Return all figures for JSON."""
        saved = {name: None if gain is None else asdict(gain) for name, gain in self.saved_against_home().items()}
        return {
            "policies": {
                name: figures.as_dict() | {"saved_against_home": saved[name], "plans": self.runs[name].plans()}
                for name, figures in self.outcomes.items()
            },
            "bound": {
                "objective": self.bound.objective_usd,
                "penalty_usd_per_mwh": self.bound.penalty_usd_per_mwh,
            },
            "paired": {name: asdict(difference) for name, difference in self.paired().items()},
            "ablation": {name: figures.as_dict() for name, figures in self.ablation.items()},
            "confidence": self.prepared.settings.confidence,
            "excluded_jobs": self.excluded_jobs,
            "unbounded": self.unbounded.as_dict(),
            "silent_grid_limit_hours": dict(self.silent_limit_hours),
            "test_start_utc": clock.iso(self.prepared.origin_utc[0]),
            "test_end_utc": clock.iso(self.prepared.origin_utc[-1]),
            "seconds": dict(self.seconds),
        }


def replay_policies(
    telemetry: Telemetry,
    jobs: Sequence[Job],
    fleet: Fleet,
    options: ReplayOptions | None = None,
    report: Report | None = None,
) -> Replay:
    """Run each policy and the oracle over the same hours, and compare them.

    Args:
        telemetry: `it_load_mw` is the load without the jobs.
        report: called with the progress of each stage.
    Raises: DataError if nothing can be replayed.
    """
    options = options or ReplayOptions()
    # 1. Choose the hours and the jobs.
    telemetry = telemetry.of_regions(fleet.region_ids)
    start = _start(telemetry, options.test_start)
    inside = _inside(jobs, telemetry, start)
    work = Workload.of(in_segments(inside), fleet.region_ids)
    # 2. Forecast and bound every hour once, for all policies.
    player = _Player(telemetry, fleet, work, start, options, report)
    # 3. Run the policies and the oracle, then the variants of the default.
    runs = player.run_policies(dict.fromkeys((*options.policies, ORACLE)))
    ablation_runs = player.run_variants() if options.ablate else {}

    # 4. Score every run. The oracle's run tells which jobs were safe.
    def score(run: Run) -> Outcome:
        horizon, penalty = options.settings.horizon, player.bound.penalty_usd_per_mwh
        return outcome(run, player.actuals, runs[ORACLE], horizon, penalty)

    return Replay(
        prepared=player.prepared,
        actuals=player.actuals,
        telemetry=telemetry,
        outlooks=options.outlooks,
        runs=runs,
        outcomes={name: score(run) for name, run in runs.items()},
        ablation={name: score(run) for name, run in ablation_runs.items()},
        bound=player.bound,
        excluded_jobs=len(jobs) - len(inside),
        unbounded=unbounded(player.prepared),
        silent_limit_hours=silent_hours(telemetry, fleet, np.arange(start, len(telemetry.time_utc) - 1)),
        seconds=player.seconds,
    )


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A policy, with the hours that it believes and the jobs that it decides."""

    policy: Policy
    prepared: Prepared
    work: Workload


class _Player:
    """Runs any policy over the same hours."""

    def __init__(
        self,
        telemetry: Telemetry,
        fleet: Fleet,
        work: Workload,
        start: int,
        options: ReplayOptions,
        report: Report | None,
    ) -> None:
        self._telemetry, self._fleet, self._work, self._start = telemetry, fleet, work, start
        self._options, self._report = options, report
        self.seconds: dict[str, float] = {}
        started = time.perf_counter()
        self.prepared = self._prepare(options.outlooks, "forecasts and bounds")
        self.actuals = ActualHours.of(telemetry, fleet)
        self._foresight = with_foresight(self.prepared)
        self.seconds["prepare"] = time.perf_counter() - started
        self.bound = self._bound()
        self.seconds["bound"] = time.perf_counter() - started - self.seconds["prepare"]

    def run_policies(self, names: Collection[str]) -> dict[str, Run]:
        """Run policies of the catalogue. Only the oracles decide on actual values of the hours ahead."""
        return self._run_all({name: self._case(POLICIES[name]()) for name in names})

    def run_variants(self) -> dict[str, Run]:
        """Run the variants of the default policy."""
        cases = {}
        for name, variant in variants(self._options.settings).items():
            prepared = with_settings(self.prepared, variant.settings)
            if not variant.outlooks and self._options.outlooks is not None:
                prepared = self._prepare(None, name)
            if variant.known_limits or variant.known_costs:
                prepared = with_foresight(prepared, of_limits=variant.known_limits, of_costs=variant.known_costs)
            cases[name] = _Case(policy=variant.policy(), prepared=prepared, work=variant.work(self._work))
        return self._run_all(cases)

    def _case(self, policy: Policy) -> "_Case":
        known = {Belief.TRUTH: self._foresight}
        if policy.belief is Belief.FAR_TRUTH:
            known[Belief.FAR_TRUTH] = with_far_foresight(self.prepared)
        return _Case(policy=policy, prepared=known.get(policy.belief, self.prepared), work=self._work)

    def _run_all(self, cases: Mapping[str, "_Case"]) -> dict[str, Run]:
        first_hour = self._telemetry.time_utc[0]

        def task(name: str, case: _Case, progress: Callable[[float], None]) -> RunRecord:
            tracker = OutcomeTracker(self.actuals, first_hour)
            explain = name in self._options.explain
            return decide_all(case.prepared, case.work, case.policy, tracker, self._start, progress, explain=explain)

        tasks = {name: partial(task, name, case) for name, case in cases.items()}
        timed = run_side_by_side(tasks, lambda name, share: self._stage(name)(share))
        self.seconds |= {name: one.seconds for name, one in timed.items()}
        return {name: judge(name, one.record, self.prepared, self.actuals, first_hour) for name, one in timed.items()}

    def _prepare(self, outlooks: Outlooks | None, stage: str) -> Prepared:
        origins = np.arange(self._start, len(self._telemetry.time_utc) - 1)
        settings, progress = self._options.settings, self._stage(stage)
        return prepare(self._telemetry, self._fleet, origins, settings, outlooks=outlooks, progress=progress)

    def _bound(self) -> LowerBound:
        """Lower bound of all plans for the hours after the first origin."""
        return lower_bound(
            self._work,
            (self.actuals.safe_load_mw - self.actuals.base_load_mw)[:, self._start + 1 :],
            np.ascontiguousarray(self._foresight.near.cost_usd_per_mwh[:, :, 0].T),
            self._fleet.costs,
            int(self._foresight.origin_utc[0].astype(np.int64)) + 1,
        )

    def _stage(self, name: str) -> Callable[[float], None]:
        return lambda share: None if self._report is None else self._report(name, share)


def _start(telemetry: Telemetry, test_start: Hour | None) -> int:
    """Position of the first origin."""
    if test_start is not None:
        return telemetry.position(test_start)
    hours = len(telemetry.time_utc)
    return hours - (HOURS_PER_YEAR if hours >= 2 * HOURS_PER_YEAR else max(hours // 3, 1))


def _inside(jobs: Sequence[Job], telemetry: Telemetry, start: int) -> list[Job]:
    """Return the jobs whose whole window is in the replayed hours, in the order of their arrival."""
    first, end = telemetry.time_utc[start] + _ONE_HOUR, telemetry.time_utc[-1] + _ONE_HOUR
    inside = [job for job in jobs if job.earliest_utc >= first and job.deadline_utc <= end]
    if not inside:
        raise DataError(
            f"none of the {len(jobs)} jobs has its window between {clock.iso(first)} and {clock.iso(end)}, "
            "expected jobs of the replayed hours"
        )
    return sorted(inside, key=lambda job: (job.earliest_utc, job.id))
