"""The pipeline over history, hour by hour: decisions see forecasts and bounds, the truth decides what they came to."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fleet.conformal.controller import Controller
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.decision import Decision
from fleet.domain.job import Job
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError, DataError
from fleet.pipeline import Prepared, Settings, State, decide, prepare, with_foresight, with_settings
from fleet.pipeline.ladder import GATES
from fleet.placement import DEFAULT_POLICY, ORACLE, POLICIES, Belief, Policy
from fleet.replay.feedback import Feedback
from fleet.replay.outcomes import Outcome, outcome
from fleet.replay.run import Run, judge
from fleet.replay.standing import Standing
from fleet.replay.truth import Truth
from fleet.replay.unbounded import Unbounded, unbounded
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR

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
    explain: Collection[str] = (),
    report: Report | None = None,
) -> Replay:
    """Run each policy, and the oracle, over the hours from `test_start` on (default: the last 8,760, or the last third
    of less than two years).

    Args:
        telemetry: `it_load_mw` is the load without the jobs.
        outlooks: forecasts by others, each known from its issue on.
        explain: policies of whose runs every last decision is kept whole.
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
    work = Workload.of(_inside(jobs, telemetry, start), fleet.region_ids)
    seconds = {}
    started = time.perf_counter()
    prepared = prepare(
        telemetry, fleet, origins, settings, outlooks=outlooks, progress=_stage(report, "forecasts and bounds")
    )
    truth = Truth.of(telemetry, fleet)
    foresight = with_foresight(prepared)
    seconds["prepare"] = time.perf_counter() - started

    def run(name: str, policy: Policy, known: Prepared) -> Run:
        started = time.perf_counter()
        feedback = Feedback(truth, telemetry.time_utc[0])
        progress = _stage(report, name)
        history = _decide_all(known, work, name, policy, feedback, start, progress, explain=name in explain)
        seconds[name] = time.perf_counter() - started
        return judge(
            name,
            work,
            history.standing,
            prepared,
            truth,
            telemetry.time_utc[0],
            controllers=history.controllers,
            decisions=history.decisions,
            advices=history.advices,
            batches=history.batches,
        )

    runs = {}
    for name in dict.fromkeys((*policies, ORACLE)):
        policy = POLICIES[name]()
        runs[name] = run(name, policy, foresight if policy.belief is Belief.TRUTH else prepared)
    variants = _variants(settings) if ablate else {}
    ablation = {
        name: outcome(
            run(name, POLICIES[DEFAULT_POLICY](), with_settings(prepared, variant)),
            truth,
            runs[ORACLE],
            settings.horizon,
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
        excluded_jobs=len(jobs) - len(work),
        unbounded=unbounded(prepared),
        seconds=seconds,
    )


@dataclass(frozen=True, kw_only=True)
class _History:
    """What a run leaves behind; see Run."""

    standing: Standing
    controllers: Sequence[Controller]
    decisions: Sequence[Decision]
    batches: Sequence[tuple[float, float]]
    advices: int


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
    work: Workload,
    name: str,
    policy: Policy,
    feedback: Feedback,
    start: int,
    progress: Callable[[float], None],
    *,
    explain: bool,
) -> _History:
    """Every hour's decisions, told of what really happened; the oracle needs no controller.

    Args:
        start: position of the first origin in the telemetry.
        explain: keep the last decision on each job, whole.
    """
    controlled = prepared.settings.controlled and policy.asks_bound()
    state = State.empty(prepared, longest_job_h=work.longest_h, controlled=controlled)
    standing = Standing.unknown(len(work))
    final: dict[int, Decision] = {}
    controllers, batches, advices = [], [], 0
    first_h = prepared.origin_utc.astype(np.int64) + 1
    arrivals = np.searchsorted(work.earliest_h, first_h, side="right")
    for step in range(len(first_h)):
        arrived = np.arange(arrivals[step - 1] if step else 0, arrivals[step])
        decided, state = decide(prepared, state, work, arrived, policy, name, feedback.hour_known(start + step))
        feedback.started(decided.started, work)
        standing.add(decided)
        if explain:
            final.update(zip(decided.places.job.tolist(), decided.decisions(), strict=True))
        if state.controller is not None:
            controllers.append(state.controller)
        batches.append((_or_nan(decided.objective_usd), _or_nan(decided.bound_usd)))
        advices += len(decided.advice)
        if step % HOURS_PER_DAY == 0:
            progress(step / len(first_h))
    if len(state.waiting):
        job = work.jobs[int(state.waiting[0])]
        raise DataError(f"job {job.id} still waits when the replay ends; its window should have closed before")
    return _History(
        standing=standing,
        controllers=controllers,
        decisions=[final[job] for job in sorted(final)],
        batches=batches,
        advices=advices,
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _stage(report: Report | None, name: str) -> Callable[[float], None]:
    return lambda share: None if report is None else report(name, share)
