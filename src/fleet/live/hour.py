"""Decides one live hour from the stored telemetry, the submitted jobs and the ledger, and records the decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fleet.conformal.controller import Controller
from fleet.decisions.build_curve import curve_after
from fleet.decisions.decide import decide, updated
from fleet.decisions.hour_result import HourResult
from fleet.decisions.state import State
from fleet.domain.clock import Hour
from fleet.domain.decision import Decision
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import Job
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError
from fleet.ledger import AdviceEntry, DecisionEntry, JobRecord, Ledger, Mode
from fleet.live.advice_records import advice_entries, advised_jobs
from fleet.live.changed_jobs import ChangedJob
from fleet.live.controller_memory import ControllerMemories
from fleet.live.engine import Engine
from fleet.live.hour_commit import commit_hour
from fleet.live.hour_queue import HourQueue
from fleet.live.id_clashes import id_clashes, looked_up_ids
from fleet.live.ledger_hour import read_ledger
from fleet.live.live_controller import without_approvals
from fleet.live.live_segments import open_segments
from fleet.live.lost_regions import require_regions
from fleet.live.reservations import known_at, placements_of, running_job
from fleet.placement import POLICIES, Belief, Policy
from fleet.preparation.settings import Settings
from fleet.version import __version__

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class LiveInputs:
    """The inputs of the decisions of a live hour.

    Args:
        telemetry: all stored telemetry; hours after `at` are not used.
        outlooks: all stored outlooks; outlooks issued after the decision are not used.
        at: the last hour that counts as known; by default that of the newest observation.
        engine: keeps what the forecasts and bounds have learnt from one hour to the next.
        memories: keep what the controller has learnt from one hour to the next.
    """

    telemetry: Telemetry
    fleet: Fleet
    settings: Settings
    outlooks: Outlooks | None = None
    at: Hour | None = None
    engine: Engine = field(default_factory=Engine)
    memories: ControllerMemories = field(default_factory=ControllerMemories)


@dataclass(frozen=True, kw_only=True)
class LiveHour:
    """The result of a live hour.

    Args:
        entries, advices: what was recorded.
        early: jobs that have not arrived yet.
        settled: jobs that were decided before.
        expired: jobs whose deadline had passed before they were first submitted; they are not recorded.
        changed: submitted jobs that differ from the decided job with the same id, or whose id is taken.
        controller: after these decisions; None if the policy does not use the bound, or if the settings have none.
        objective_usd, bound_usd: objective of the hour's plan, and a value that no plan undercuts; None if not known.
        headroom: of windows of one hour, beside the jobs that have a place now; None if nothing was to be decided, or
            if the policy does not use the bound.
    """

    origin_utc: Hour
    entries: Sequence[DecisionEntry]
    advices: Sequence[AdviceEntry]
    early: int
    settled: int
    expired: Sequence[Job]
    changed: Sequence[ChangedJob]
    controller: Controller | None
    objective_usd: float | None
    bound_usd: float | None
    headroom: HeadroomCurve | None


def decide_live_hour(
    inputs: LiveInputs, jobs: Sequence[Job], ledger: Ledger, *, policy: str, made_utc: str
) -> LiveHour:
    """Decide the jobs that have arrived, advise owners of running jobs to migrate them, and record both.

    Jobs that the ledger holds as placed or denied are not decided again, if they were not changed since. Jobs with a
    place keep their reservation.

    Raises: ConfigError for a policy that is unknown or needs the future, or as `require_regions`; DataError if the
        telemetry does not support a decision; LedgerChangedError if the ledger was changed while the hour was decided.
    """
    rule = _policy(policy)
    # 1. Collect the values that are known at the hour, and read what the ledger holds of the jobs and the controller.
    known = known_at(inputs.telemetry, inputs.fleet, inputs.at, inputs.settings.horizon)
    read = read_ledger(
        ledger,
        known,
        inputs.fleet,
        inputs.settings,
        inputs.memories,
        job_ids=looked_up_ids(jobs),
        is_controlled=inputs.settings.controlled and rule.uses_bound(),
    )
    # 2. Group the jobs by their state in the ledger.
    require_regions(read.recorded, inputs.fleet, known.time_utc[-1] + _ONE_HOUR)
    clashes = id_clashes(jobs, read.recorded)
    jobs = [job for job in jobs if job.id not in clashes]
    segments = open_segments(jobs, read.recorded, inputs.fleet, known.time_utc[-1] + _ONE_HOUR)
    queue = HourQueue.of(segments, read, rule, inputs.fleet, known)
    controller = read.controller
    if controller is not None:
        controller = without_approvals(controller, queue.replaced, read.recorded, known, inputs.fleet)
    # 3. Forecasts take time: skip them if there is nothing to decide and no running job to watch.
    if queue.is_idle(rule):
        return _report(queue, clashes, updated(controller, inputs.fleet, read.ended))
    # 4. Forecast and bound the hours ahead.
    hour = inputs.engine.prepare(known, inputs.fleet, inputs.settings, inputs.outlooks)
    # 5. Decide.
    advised = advised_jobs(ledger, queue.fixed, known.time_utc[-1])
    work, state, arrived = _state(queue, controller, advised, inputs)
    result, after = decide(hour.prepared, state, work, arrived, rule, read.ended)
    # 6. Record the decisions and the advice together, or nothing.
    entries = _entries(result, queue, read.recorded, inputs.settings, made_utc, hour.input_hash)
    advices = advice_entries(result.advice, queue.settled, made_utc=made_utc, input_hash=hour.input_hash)
    commit_hour(ledger, entries, advices, read.recorded, result)
    return _report(queue, clashes, after.controller, entries, advices, result)


def _entries(
    result: HourResult,
    queue: HourQueue,
    recorded: Sequence[JobRecord],
    settings: Settings,
    made_utc: str,
    input_hash: str,
) -> list[DecisionEntry]:
    """Return the entries of the ledger of all decisions of the hour. Equal jobs share the cells of their rows."""
    previous = {record.job_id: record.id for record in recorded}
    entries: list[DecisionEntry] = []
    for decision, first in zip(result.decisions(), result.alike, strict=True):
        job, previous_id = queue.by_id[decision.job_id], previous.get(decision.job_id, "")
        if first < len(entries):
            entries.append(entries[first].for_equal_job(decision, job, previous_id))
        else:
            entries.append(
                entry_of(
                    *(decision, job, settings),
                    mode="live",
                    made_utc=made_utc,
                    input_hash=input_hash,
                    previous_id=previous_id,
                )
            )
    return entries


def entry_of(
    decision: Decision,
    job: Job,
    settings: Settings,
    *,
    mode: Mode,
    made_utc: str,
    input_hash: str,
    previous_id: str = "",
) -> DecisionEntry:
    """Return the ledger's entry of a decision, with the versions of the forecaster and of the band method.

    Args:
        previous_id: id of the latest recorded decision on the same job; empty for the first one.
    """
    return DecisionEntry(
        decision=decision,
        job=job,
        mode=mode,
        made_utc=made_utc,
        model=f"{settings.forecaster} {__version__}",
        bands=f"{settings.bands} {__version__}",
        input_hash=input_hash,
        previous_id=previous_id,
    )


def _policy(name: str) -> Policy:
    if name not in POLICIES:
        raise ConfigError(f"policy {name!r} is unknown, expected one of {', '.join(POLICIES)}")
    if POLICIES[name].belief is Belief.TRUTH:
        raise ConfigError(f"policy {name!r} needs to know the future, which only a replay knows; name another policy")
    return POLICIES[name]()


def _report(
    queue: HourQueue,
    clashes: Mapping[str, ChangedJob],
    controller: Controller | None,
    entries: Sequence[DecisionEntry] = (),
    advices: Sequence[AdviceEntry] = (),
    result: HourResult | None = None,
) -> LiveHour:
    """Return the result of the hour."""
    return LiveHour(
        origin_utc=queue.first - _ONE_HOUR,
        entries=entries,
        advices=advices,
        early=sum(bool(job.earliest_utc > queue.first) and not job.resumes for job in queue.by_id.values()),
        settled=sum(job_id in queue.settled for job_id in queue.by_id),
        expired=[job for job_id, job in queue.by_id.items() if job_id in queue.expired],
        changed=[*clashes.values(), *queue.changed.values()],
        controller=controller,
        objective_usd=None if result is None else result.objective_usd,
        bound_usd=None if result is None else result.bound_usd,
        headroom=curve_after(result, duration_h=1) if result is not None and result.uses_bound else None,
    )


def _state(
    queue: HourQueue, controller: Controller | None, advised: set[str], inputs: LiveInputs
) -> tuple[Workload, State, np.ndarray]:
    """Return the workload of the hour, the state before its decisions, and the positions of the jobs that are new."""
    fleet, arrived = inputs.fleet, queue.arrived
    queued = [queue.settled[job_id] for job_id in sorted(queue.movable)]
    work = Workload.of(
        [
            *arrived,
            *(queue.by_id[record.job_id] for record in queued),
            *(running_job(record, queue.by_id.get(record.job_id), fleet) for record in queue.fixed),
        ],
        fleet.region_ids,
    )
    placed = placements_of([*queued, *queue.fixed], len(arrived), fleet)
    is_queued = np.arange(len(placed)) < len(queued)
    is_waiting = np.array([job.id in queue.waiting for job in arrived], dtype=np.bool_)
    state = State(
        step=0,
        controller=controller,
        reserved_mw=np.zeros((len(fleet.regions), inputs.settings.horizon + queue.longest_h)),
        queued=placed.where(is_queued),
        fixed=placed.where(~is_queued),
        waiting=np.flatnonzero(is_waiting),
        advised=frozenset(position for position, job in enumerate(work.jobs) if job.id in advised),
    )
    state.fixed.add_power(state.reserved_mw, work, int(queue.first.astype(np.int64)))
    return work, state, np.flatnonzero(~is_waiting)
