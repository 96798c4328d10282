"""The replay: runs policies over past hours. Decisions use forecasts and bounds; actual values give the outcomes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job import Job
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.segments import in_segments
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError, DataError
from fleet.placement import DEFAULT_POLICY, ORACLE, POLICIES
from fleet.preparation.observed_limit import silent_hours
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.replay.lower_bound import LowerBound
from fleet.replay.outcomes import Outcome, outcome
from fleet.replay.paired_difference import Difference, difference
from fleet.replay.policy_player import PolicyPlayer, Report
from fleet.replay.run import Run
from fleet.replay.savings import HOME, Saved, saved_against
from fleet.replay.unbounded import Unbounded, unbounded
from fleet.units import HOURS_PER_YEAR

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
    player = PolicyPlayer(telemetry, fleet, work, start, options.settings, options.outlooks, report)
    # 3. Run the policies and the oracle, then the variants of the default.
    runs = player.run_policies(dict.fromkeys((*options.policies, ORACLE)), options.explain)
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
