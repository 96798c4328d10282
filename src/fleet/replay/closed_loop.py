"""The pipeline over history, hour by hour: decisions see forecasts and bounds, the truth decides what they came to."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fleet.conformal.controller import Controller
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.decision import Decision, Verdict
from fleet.domain.job import Job
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.pipeline import Prepared, Settings, State, decide, prepare, with_foresight, with_settings
from fleet.pipeline.ladder import GATES
from fleet.placement import DEFAULT_POLICY, POLICIES
from fleet.replay.feedback import Feedback
from fleet.replay.outcomes import Outcome, Run, judge, outcome
from fleet.replay.truth import Truth
from fleet.replay.unbounded import Unbounded, unbounded
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR

ORACLE = "oracle"
Report = Callable[[str, float], None]
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A year of each policy, and what it was judged against.

    ablation: the default policy with another gate, or without its controller; empty unless asked for.
    excluded_jobs: those whose window does not lie inside the replayed hours.
    """

    prepared: Prepared
    truth: Truth
    telemetry: Telemetry
    outlooks: Outlooks | None
    runs: Mapping[str, Run]
    outcomes: Mapping[str, Outcome]
    ablation: Mapping[str, Outcome]
    excluded_jobs: int
    unbounded: Unbounded
    seconds: Mapping[str, float]

    @property
    def span(self) -> str:
        """The origins that were decided, for titles."""
        return f"{clock.iso(self.prepared.origin_utc[0])} to {clock.iso(self.prepared.origin_utc[-1])}"

    def as_dict(self) -> dict[str, Any]:
        """The contract's JSON."""
        return {
            "policies": {name: result.as_dict() for name, result in self.outcomes.items()},
            "bound": {"objective": None},
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
    report: Report | None = None,
) -> Replay:
    """Run each policy, and the oracle, over the hours from `test_start` on (default: the last 8,760, or the last third
    of less than two years).

    Args:
        telemetry: `it_load_mw` is the load without the jobs.
        outlooks: forecasts by others, each known from its issue on.
        ablate: also run the default policy on each gate, and without its controller.
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
    inside = _inside(jobs, telemetry, start)
    seconds = {}
    started = time.perf_counter()
    prepared = prepare(
        telemetry, fleet, origins, settings, outlooks=outlooks, progress=_stage(report, "forecasts and bounds")
    )
    truth = Truth.of(telemetry, fleet)
    foresight = with_foresight(prepared)
    seconds["prepare"] = time.perf_counter() - started

    def run(name: str, rule: str, known: Prepared) -> Run:
        started = time.perf_counter()
        feedback = Feedback(truth, telemetry.time_utc[0])
        decisions, controllers = _decide_all(known, inside, rule, name, feedback, start, _stage(report, name))
        seconds[name] = time.perf_counter() - started
        return judge(name, inside, decisions, prepared, truth, telemetry.time_utc[0], controllers)

    runs = {name: run(name, name, prepared) for name in policies}
    runs[ORACLE] = run(ORACLE, DEFAULT_POLICY, foresight)
    variants = _variants(settings) if ablate else {}
    ablation = {
        name: outcome(
            run(name, DEFAULT_POLICY, with_settings(prepared, variant)), truth, runs[ORACLE], settings.horizon
        )
        for name, variant in variants.items()
    }
    return Replay(
        prepared=prepared,
        truth=truth,
        telemetry=telemetry,
        outlooks=outlooks,
        runs=runs,
        outcomes={name: outcome(each, truth, runs[ORACLE], settings.horizon) for name, each in runs.items()},
        ablation=ablation,
        excluded_jobs=len(jobs) - len(inside),
        unbounded=unbounded(prepared),
        seconds=seconds,
    )


def _variants(settings: Settings) -> dict[str, Settings]:
    """What an ablation compares, by name."""
    gates = {f"{gate} gate": replace(settings, gate=gate) for gate in GATES}
    return gates | {f"{settings.gate} gate, no controller": replace(settings, controlled=False)}


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


def _decide_all(
    prepared: Prepared,
    jobs: Sequence[Job],
    rule: str,
    name: str,
    feedback: Feedback,
    start: int,
    progress: Callable[[float], None],
) -> tuple[list[Decision], list[Controller]]:
    """The last word on each job, in the order of the jobs, and the controller after each origin; the oracle has none.

    Args:
        start: position of the first origin in the telemetry.
    """
    policy = POLICIES[rule]()
    state = State.empty(
        prepared,
        longest_job_h=max(job.duration_h for job in jobs),
        controlled=prepared.settings.controlled and policy.asks_bound and name != ORACLE,
    )
    by_id = {job.id: job for job in jobs}
    final: dict[str, Decision] = {}
    controllers = []
    arrived = 0
    for step, origin in enumerate(prepared.origin_utc):
        first = arrived
        while arrived < len(jobs) and jobs[arrived].earliest_utc <= origin + _ONE_HOUR:
            arrived += 1
        ended = feedback.hour_known(start + step)
        decisions, state = decide(prepared, state, jobs[first:arrived], policy, name, ended)
        feedback.placed(decisions, by_id)
        if state.controller is not None:
            controllers.append(state.controller)
        for decision in decisions:
            final[decision.job_id] = decision
        if step % HOURS_PER_DAY == 0:
            progress(step / len(prepared.origin_utc))
    waiting = [job_id for job_id, d in final.items() if d.verdict is Verdict.DEFER and d.start_utc is None]
    if waiting:
        raise DataError(f"job {waiting[0]} still waits when the replay ends; its window should have closed before")
    return [final[job.id] for job in jobs], controllers


def _stage(report: Report | None, name: str) -> Callable[[float], None]:
    return lambda share: None if report is None else report(name, share)
