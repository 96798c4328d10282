"""The pipeline over history, hour by hour: decisions see forecasts and bounds, the truth decides what they came to."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job import Job
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError, DataError
from fleet.placement import DEFAULT_POLICY, ORACLE, POLICIES, Belief, Policy
from fleet.preparation.prepare import prepare, with_foresight, with_settings
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.replay.ablation import variants
from fleet.replay.hour_loop import decide_all
from fleet.replay.lower_bound import LowerBound, lower_bound
from fleet.replay.outcomes import Outcome, outcome
from fleet.replay.paired_difference import Difference, difference
from fleet.replay.run import Run, judge
from fleet.replay.savings import HOME, Saved, saved_against
from fleet.replay.unbounded import Unbounded, unbounded
from fleet.units import HOURS_PER_YEAR

Report = Callable[[str, float], None]
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A year of each policy, and what it was judged against.

    bound: of the objective that all outcomes name.
    ablation: the default policy with an ingredient changed at a time; empty unless asked for.
    excluded_jobs: those whose window does not lie inside the replayed hours.
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
    seconds: Mapping[str, float]

    @property
    def span(self) -> str:
        """The origins that were decided, for titles."""
        return f"{clock.iso(self.prepared.origin_utc[0])} to {clock.iso(self.prepared.origin_utc[-1])}"

    def paired(self) -> dict[str, Difference]:
        """What the default policy has over each of the others; empty if it was not replayed."""
        own = self.runs.get(DEFAULT_POLICY)
        first_h = int(self.telemetry.time_utc[0].astype(np.int64))
        if own is None:
            return {}
        others = {name: run for name, run in self.runs.items() if name != DEFAULT_POLICY}
        return {name: difference(own, run, self.actuals.fleet.costs, first_h) for name, run in others.items()}

    def saved_against_home(self) -> dict[str, Saved | None]:
        """By policy; None where it served nothing, or the jobs were not replayed at home."""
        home = self.outcomes.get(HOME)
        return {name: None if home is None else saved_against(home, own) for name, own in self.outcomes.items()}

    def as_dict(self) -> dict[str, Any]:
        """The contract's JSON."""
        saved = {name: None if each is None else asdict(each) for name, each in self.saved_against_home().items()}
        return {
            "policies": {
                name: result.as_dict() | {"saved_against_home": saved[name], "plans": self.runs[name].plans()}
                for name, result in self.outcomes.items()
            },
            "bound": {
                "objective": self.bound.objective_usd,
                "penalty_usd_per_mwh": self.bound.penalty_usd_per_mwh,
            },
            "paired": {name: asdict(each) for name, each in self.paired().items()},
            "ablation": {name: result.as_dict() for name, result in self.ablation.items()},
            "confidence": self.prepared.settings.confidence,
            "excluded_jobs": self.excluded_jobs,
            "unbounded": self.unbounded.as_dict(),
            "test_start_utc": clock.iso(self.prepared.origin_utc[0]),
            "test_end_utc": clock.iso(self.prepared.origin_utc[-1]),
            "seconds": dict(self.seconds),
        }


def replay(
    telemetry: Telemetry,
    jobs: Sequence[Job],
    fleet: Fleet,
    *,
    outlooks: Outlooks | None = None,
    policies: Sequence[str] = tuple(POLICIES),
    settings: Settings | None = None,
    test_start: Hour | None = None,
    ablate: bool = False,
    explain: Collection[str] = (),
    report: Report | None = None,
) -> Replay:
    """Run each policy, and the oracle, over the hours from `test_start` on (default: the last 8,760, or the last third
    of less than two years).

    Args:
        telemetry: `it_load_mw` is the load without the jobs.
        outlooks: forecasts by others, each known from its issue on.
        explain: policies of whose runs every last decision is kept whole.
        ablate: also run the default policy with an ingredient changed at a time.
        report: called with the name of a stage and its finished share.
    Raises: ConfigError for an unknown policy; DataError if nothing can be replayed.
    """
    for name in policies:
        if name not in POLICIES:
            raise ConfigError(f"policy {name!r} is unknown, expected some of {', '.join(POLICIES)}")
    settings = settings or Settings()
    telemetry = telemetry.select(fleet.region_ids)
    hours = len(telemetry.time_utc)
    start = hours - (HOURS_PER_YEAR if hours >= 2 * HOURS_PER_YEAR else max(hours // 3, 1))
    if test_start is not None:
        start = telemetry.position(test_start)
    origins = np.arange(start, hours - 1)
    work = Workload.of(_inside(jobs, telemetry, start), fleet.region_ids)
    seconds = {}
    started = time.perf_counter()
    prepared = prepare(
        telemetry, fleet, origins, settings, outlooks=outlooks, progress=_stage(report, "forecasts and bounds")
    )
    actuals = ActualHours.of(telemetry, fleet)
    foresight = with_foresight(prepared)
    seconds["prepare"] = time.perf_counter() - started

    bound = _bound(work, actuals, foresight, start)
    seconds["bound"] = time.perf_counter() - started - seconds["prepare"]

    def run(name: str, policy: Policy, known: Prepared, seen: Workload) -> Run:
        started = time.perf_counter()
        feedback = OutcomeTracker(actuals, telemetry.time_utc[0])
        progress = _stage(report, name)
        history = decide_all(known, seen, name, policy, feedback, start, progress, explain=name in explain)
        seconds[name] = time.perf_counter() - started
        return judge(
            name,
            work,
            history.status,
            prepared,
            actuals,
            telemetry.time_utc[0],
            controllers=history.controllers,
            decisions=history.decisions,
            advices=history.advices,
            batches=history.batches,
        )

    runs = {}
    for name in dict.fromkeys((*policies, ORACLE)):
        policy = POLICIES[name]()
        runs[name] = run(name, policy, foresight if policy.belief is Belief.TRUTH else prepared, work)

    def figures(run: Run) -> Outcome:
        return outcome(run, actuals, runs[ORACLE], settings.horizon, bound.penalty_usd_per_mwh)

    ablation = {}
    for name, variant in (variants(settings) if ablate else {}).items():
        known = with_settings(prepared, variant.settings)
        if not variant.outlooks and outlooks is not None:
            known = prepare(telemetry, fleet, origins, settings, progress=_stage(report, name))
        if variant.known_limits or variant.known_costs:
            known = with_foresight(known, of_limits=variant.known_limits, of_costs=variant.known_costs)
        ablation[name] = figures(run(name, variant.policy(), known, variant.work(work)))
    return Replay(
        prepared=prepared,
        actuals=actuals,
        telemetry=telemetry,
        outlooks=outlooks,
        runs=runs,
        outcomes={name: figures(each) for name, each in runs.items()},
        bound=bound,
        ablation=ablation,
        excluded_jobs=len(jobs) - len(work),
        unbounded=unbounded(prepared),
        seconds=seconds,
    )


def _bound(work: Workload, actuals: ActualHours, foresight: Prepared, start: int) -> LowerBound:
    """Of all plans for the hours after the first origin, which stands at `start` in the telemetry."""
    return lower_bound(
        work,
        (actuals.safe_load_mw - actuals.base_load_mw)[:, start + 1 :],
        np.ascontiguousarray(foresight.near.cost_usd_per_mwh[:, :, 0].T),
        actuals.fleet.costs,
        int(foresight.origin_utc[0].astype(np.int64)) + 1,
    )


def _inside(jobs: Sequence[Job], telemetry: Telemetry, start: int) -> list[Job]:
    """Jobs by arrival, whose whole window lies in the replayed hours."""
    first, end = telemetry.time_utc[start] + _ONE_HOUR, telemetry.time_utc[-1] + _ONE_HOUR
    inside = [job for job in jobs if job.earliest_utc >= first and job.deadline_utc <= end]
    if not inside:
        raise DataError(
            f"none of the {len(jobs)} jobs has its window between {clock.iso(first)} and {clock.iso(end)}, "
            "expected jobs of the replayed hours"
        )
    return sorted(inside, key=lambda job: (job.earliest_utc, job.id))


def _stage(report: Report | None, name: str) -> Callable[[float], None]:
    return lambda share: None if report is None else report(name, share)
