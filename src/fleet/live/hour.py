"""One live hour: the stored telemetry, the jobs that wait and the ledger, to decisions in the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.conformal.controller import Controller
from fleet.decisions.decide import decide, updated
from fleet.decisions.hour_result import HourResult
from fleet.decisions.state import State
from fleet.domain.clock import Hour
from fleet.domain.decision import Decision, Verdict
from fleet.domain.job import Job
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.job_table import Refusal
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError
from fleet.ledger import AdviceEntry, DecisionEntry, JobRecord, Ledger, Mode
from fleet.live.advice_records import advice_entries, advised_jobs
from fleet.live.changed_jobs import changed_jobs
from fleet.live.hour_commit import commit_hour
from fleet.live.input_hash import input_hashes
from fleet.live.live_controller import live_controller, uses_bound
from fleet.live.reservations import has_not_ended, known_at, placements_of, running_job
from fleet.placement import POLICIES, Belief, Policy
from fleet.preparation.prepare import prepare
from fleet.preparation.settings import Settings
from fleet.version import __version__

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class LiveInputs:
    """What a live hour is decided from.

    Args:
        telemetry: all that is stored; hours after `at` are not used.
        outlooks: all that are stored; those issued after the decision are not used.
        at: the last hour that counts as known; by default the last stored hour.
    """

    telemetry: Telemetry
    fleet: Fleet
    settings: Settings
    outlooks: Outlooks | None = None
    at: Hour | None = None


@dataclass(frozen=True, kw_only=True)
class LiveHour:
    """The result of a live hour.

    Args:
        entries, advices: what was recorded.
        early: jobs that have not arrived yet.
        settled: jobs that were decided before.
        expired: jobs whose deadline had passed before they were first submitted; they are not recorded.
        changed: submitted jobs that differ from what was decided under their id, where that decision stands.
        controller: after these decisions; None if the policy does not use the bound, or if no controller is wanted.
        objective_usd, bound_usd: cost of the hour's plan, and the cost that no plan can undercut; None if not known.
    """

    origin_utc: Hour
    entries: Sequence[DecisionEntry]
    advices: Sequence[AdviceEntry]
    early: int
    settled: int
    expired: int
    changed: Sequence[Refusal]
    controller: Controller | None
    objective_usd: float | None
    bound_usd: float | None


def decide_live_hour(
    inputs: LiveInputs, jobs: Sequence[Job], ledger: Ledger, *, policy: str, made_utc: str
) -> LiveHour:
    """Decide the jobs that have arrived, advise owners of running jobs to migrate them, and record both.

    Jobs that the ledger holds as placed or denied are not decided again. Jobs with a place keep their reservation.

    Raises: ConfigError for a policy that is unknown or needs the future; DataError if the telemetry does not support a
        decision; LedgerChangedError if the ledger was changed in between.
    """
    rule = _policy(policy)
    # 1. Collect what is known at the hour, and sort the jobs by what the ledger holds of them.
    known = known_at(inputs.telemetry, inputs.fleet, inputs.at)
    recorded = ledger.jobs(mode="live")
    queue = _Queue.of(jobs, recorded, rule, inputs.fleet, known)
    # 2. Compute the controller from the ledger and the telemetry.
    controller: Controller | None = None
    ended: list[JobOutcome] = []
    if inputs.settings.controlled and rule.uses_bound():
        controller, ended = live_controller(ledger, recorded, known, inputs.fleet, inputs.settings)
    # 3. Forecasts take time: skip them if there is nothing to decide and no running job to watch.
    if queue.is_idle(rule):
        return queue.report(known.time_utc[-1], updated(controller, inputs.fleet, ended))
    # 4. Forecast and bound the hours ahead.
    origin = np.array([len(known.time_utc) - 1])
    prepared = prepare(known, inputs.fleet, origin, inputs.settings, outlooks=inputs.outlooks)
    # 5. Decide.
    advised = advised_jobs(ledger, recorded, known.time_utc[-1])
    work, state, arrived = _state(queue, controller, advised, inputs)
    result, after = decide(prepared, state, work, arrived, rule, ended)
    # 6. Record the decisions and the advice together, or nothing.
    previous = {record.job_id: record.id for record in recorded}
    (input_hash,) = input_hashes(known, inputs.outlooks, inputs.fleet, inputs.settings, origin)
    entries = [
        entry_of(
            decision,
            queue.by_id[decision.job_id],
            inputs.settings,
            mode="live",
            made_utc=made_utc,
            input_hash=input_hash,
            previous_id=previous.get(decision.job_id, ""),
        )
        for decision in result.decisions()
    ]
    advices = advice_entries(result.advice, queue.settled, made_utc=made_utc, input_hash=input_hash)
    commit_hour(ledger, entries, advices, recorded, result)
    return queue.report(known.time_utc[-1], after.controller, entries, advices, result)


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
    """Return the ledger's entry of a decision, with the versions of what made it.

    Args:
        previous_id: of the latest recorded decision on the same job; empty for the first one.
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
        raise ConfigError(f"policy {name!r} needs to know the future, which only a replay does; name another one")
    return POLICIES[name]()


@dataclass(frozen=True, kw_only=True)
class _Queue:
    """The submitted jobs, sorted by what the ledger holds of them.

    by_id: submitted jobs by id.
    settled: job id -> record of a job with a place or a denial.
    waiting: ids of jobs that were decided and have no place yet.
    expired: ids of jobs whose deadline had passed before they were first submitted.
    arrived: submitted jobs to decide: they have arrived and are not settled.
    movable: ids of settled jobs that are decided again.
    fixed: records of settled jobs that keep their place and have not ended.
    first: the first hour ahead.
    """

    by_id: Mapping[str, Job]
    settled: Mapping[str, JobRecord]
    waiting: frozenset[str]
    expired: frozenset[str]
    arrived: Sequence[Job]
    movable: frozenset[str]
    fixed: Sequence[JobRecord]
    first: Hour

    @classmethod
    def of(
        cls, jobs: Sequence[Job], recorded: Sequence[JobRecord], policy: Policy, fleet: Fleet, known: Telemetry
    ) -> "_Queue":
        first = known.time_utc[-1] + _ONE_HOUR
        by_id = {job.id: job for job in jobs}
        settled = {record.job_id: record for record in recorded if not record.waits}
        waiting = frozenset(record.job_id for record in recorded if record.waits)
        expired = {job.id for job in jobs if job.deadline_utc <= first} - settled.keys() - waiting
        is_decided = any(record.origin_utc >= known.time_utc[-1] for record in recorded)
        movable = frozenset(
            record.job_id
            for record in recorded
            if policy.replans
            and not _runs_now(record, first, is_decided=is_decided)
            and _may_move(record, by_id, fleet, known)
        )
        return cls(
            by_id=by_id,
            settled=settled,
            waiting=waiting,
            expired=frozenset(expired),
            arrived=[
                job for job in jobs if job.earliest_utc <= first and job.id not in settled and job.id not in expired
            ],
            movable=movable,
            fixed=[
                record
                for job_id, record in settled.items()
                if job_id not in movable and has_not_ended(record, fleet, first)
            ],
            first=first,
        )

    def is_idle(self, policy: Policy) -> bool:
        """Tell whether there is nothing to decide and no running job to watch."""
        is_watched = policy.uses_bound() and any(record.begins_before(self.first) for record in self.fixed)
        return not self.arrived and not self.movable and not is_watched

    def _standing(self) -> dict[str, JobRecord]:
        """Return the records of decisions that are not made again."""
        return {job_id: record for job_id, record in self.settled.items() if job_id not in self.movable}

    @property
    def longest_h(self) -> int:
        """Hours of the longest job that was submitted or settled; 1 where there is none."""
        submitted = [job.duration_h for job in self.by_id.values()]
        return max(submitted + [record.duration_h for record in self.settled.values()], default=1)

    def report(
        self,
        origin_utc: Hour,
        controller: Controller | None,
        entries: Sequence[DecisionEntry] = (),
        advices: Sequence[AdviceEntry] = (),
        result: HourResult | None = None,
    ) -> LiveHour:
        """Return the result of the hour."""
        return LiveHour(
            origin_utc=origin_utc,
            entries=entries,
            advices=advices,
            early=sum(bool(job.earliest_utc > self.first) for job in self.by_id.values()),
            settled=sum(job_id in self.settled for job_id in self.by_id),
            expired=len(self.expired),
            changed=changed_jobs(list(self.by_id.values()), self._standing(), self.first),
            controller=controller,
            objective_usd=None if result is None else result.objective_usd,
            bound_usd=None if result is None else result.bound_usd,
        )


def _runs_now(record: JobRecord, first: Hour, *, is_decided: bool) -> bool:
    """Tell whether the job's owner may have started it already: an earlier decision of this hour said that it runs now.

    Args:
        is_decided: this hour was decided before. A job that was to begin in it kept its place then, without a new row.
    """
    is_told = record.verdict is Verdict.APPROVE or is_decided
    return is_told and record.start_utc is not None and bool(record.start_utc == first)


def _may_move(record: JobRecord, jobs: Mapping[str, Job], fleet: Fleet, known: Telemetry) -> bool:
    """Tell whether a placed job may get another place.

    It may if it has not begun, no person has overridden it, the submitted job is still the one that was decided, and
    the controller has counted it.
    """
    first, job = known.time_utc[-1] + _ONE_HOUR, jobs.get(record.job_id)
    if job is None or record.overridden or not has_not_ended(record, fleet, first) or record.begins_before(first):
        return False
    is_same = job.power_mw == record.power_mw and job.duration_h == record.duration_h
    return is_same and uses_bound(record) and bool(record.origin_utc >= known.time_utc[0])


def _state(
    queue: _Queue, controller: Controller | None, advised: set[str], inputs: LiveInputs
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
    is_waiting = np.array([job.id in queue.waiting for job in arrived], dtype=np.bool_)
    state = State(
        step=0,
        controller=controller,
        reserved_mw=np.zeros((len(fleet.regions), inputs.settings.horizon + queue.longest_h)),
        queued=placements_of(queued, len(arrived), fleet),
        fixed=placements_of(queue.fixed, len(arrived) + len(queued), fleet),
        waiting=np.flatnonzero(is_waiting),
        advised=frozenset(position for position, job in enumerate(work.jobs) if job.id in advised),
    )
    state.fixed.add_power(state.reserved_mw, work, int(queue.first.astype(np.int64)))
    return work, state, np.flatnonzero(~is_waiting)
