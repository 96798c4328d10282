"""One live hour: the telemetry that is stored, the jobs that wait, and the ledger, to decisions in the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet import __version__
from fleet.conformal.controller import Controller
from fleet.decisions.decide import decide, heard
from fleet.decisions.hour_result import HourResult
from fleet.decisions.state import State
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.decision import Decision
from fleet.domain.job import Job
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError
from fleet.ledger import AdviceEntry, Entry, Ledger, Mode, Row
from fleet.live.advice_records import advice_entries, advised_by
from fleet.live.input_hash import input_hashes
from fleet.live.live_controller import asks_bound, live_controller
from fleet.live.reservations import began, known_at, places_of, running_job, runs
from fleet.placement import POLICIES, Belief
from fleet.preparation.prepare import prepare
from fleet.preparation.settings import Settings

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class LiveHour:
    """What an hour came to. `early` jobs have not arrived yet; `settled` ones were decided before; the deadline of
    `past` ones was over before anyone asked, and they are not recorded. advices: to leave, for jobs that run.
    controller: after these decisions; None where the policy does not ask the bound, or none is wanted.
    objective_usd, bound_usd: of the hour's plan, and what no plan could undercut; None where nothing says so.
    """

    origin_utc: Hour
    entries: Sequence[Entry]
    advices: Sequence[AdviceEntry]
    early: int
    settled: int
    past: int
    controller: Controller | None
    objective_usd: float | None
    bound_usd: float | None


def tick(
    telemetry: Telemetry,
    fleet: Fleet,
    jobs: Sequence[Job],
    ledger: Ledger,
    *,
    outlooks: Outlooks | None = None,
    settings: Settings,
    policy: str,
    made_utc: str,
    at: Hour | None = None,
) -> LiveHour:
    """Decide the jobs that have arrived by the hour after `at`, advise running jobs to leave, and record both.

    Jobs that the ledger holds as placed or denied are left alone, and those that hold a place keep their reservation.

    Args:
        telemetry: all that is stored; what lies after `at` is not looked at.
        outlooks: all that are stored; those issued after the decision are not looked at.
        at: the last hour that counts as known; default the last one stored.
    Raises: ConfigError for a policy that is unknown or needs the future; DataError if the telemetry does not support a
        decision then.
    """
    if policy not in POLICIES:
        raise ConfigError(f"policy {policy!r} is unknown, expected one of {', '.join(POLICIES)}")
    if POLICIES[policy].belief is Belief.TRUTH:
        raise ConfigError(f"policy {policy!r} needs to know the future, which a replay alone does; name another one")
    known = known_at(telemetry, fleet, at)
    origins = np.array([len(known.time_utc) - 1])
    first = known.time_utc[-1] + _ONE_HOUR
    recorded = ledger.effective(mode="live")
    by_id = {job.id: job for job in jobs}
    rule = POLICIES[policy]()
    movable = {row["job_id"] for row in recorded if rule.replans and _may_move(row, by_id, fleet, known)}
    settled = {row["job_id"]: row for row in recorded if not _waits(row)}
    waiting_ids = {row["job_id"] for row in recorded if _waits(row)}
    past = {job.id for job in jobs if job.deadline_utc <= first} - settled.keys() - waiting_ids
    arrived = [job for job in jobs if job.earliest_utc <= first and job.id not in settled and job.id not in past]

    def report(
        entries: Sequence[Entry],
        advices: Sequence[AdviceEntry],
        controller: Controller | None,
        plan: HourResult | None = None,
    ) -> LiveHour:
        return LiveHour(
            origin_utc=known.time_utc[-1],
            entries=entries,
            advices=advices,
            early=sum(job.earliest_utc > first for job in jobs),
            settled=sum(job.id in settled for job in jobs),
            past=len(past),
            controller=controller,
            objective_usd=None if plan is None else plan.objective_usd,
            bound_usd=None if plan is None else plan.bound_usd,
        )

    longest = max([job.duration_h for job in jobs] + [int(row["duration_h"]) for row in settled.values()], default=1)
    controller: Controller | None = None
    ended: list[JobOutcome] = []
    if settings.controlled and rule.asks_bound():
        controller, ended = live_controller(ledger, recorded, known, fleet, settings)
    fixed = [row for job_id, row in settled.items() if job_id not in movable and runs(row, fleet, first)]
    watched = rule.asks_bound() and any(began(row, first) for row in fixed)
    if not arrived and not movable and not watched:
        # Forecasts take their time, and nobody waits for them.
        return report([], [], heard(controller, fleet, ended))
    prepared = prepare(known, fleet, origins, settings, outlooks=outlooks)
    queued = [settled[job_id] for job_id in sorted(movable)]
    work = Workload.of(
        [
            *arrived,
            *(by_id[row["job_id"]] for row in queued),
            *(running_job(row, by_id.get(row["job_id"]), fleet) for row in fixed),
        ],
        fleet.region_ids,
    )
    advised = advised_by(ledger, recorded, known.time_utc[-1])
    waits = np.array([job.id in waiting_ids for job in arrived], dtype=np.bool_)
    state = State(
        step=0,
        controller=controller,
        reserved_mw=np.zeros((len(fleet.regions), settings.horizon + longest)),
        queued=places_of(queued, len(arrived), fleet),
        fixed=places_of(fixed, len(arrived) + len(queued), fleet),
        waiting=np.flatnonzero(waits),
        advised=frozenset(position for position, each in enumerate(work.jobs) if each.id in advised),
    )
    state.fixed.add_power(state.reserved_mw, work, int(first.astype(np.int64)))
    decided, after = decide(prepared, state, work, np.flatnonzero(~waits), rule, policy, ended)
    (input_hash,) = input_hashes(known, outlooks, fleet, settings, origins)
    entries = [
        entry_of(decision, by_id[decision.job_id], settings, mode="live", made_utc=made_utc, input_hash=input_hash)
        for decision in decided.decisions()
    ]
    advices = advice_entries(decided.advice, settled, made_utc=made_utc, input_hash=input_hash)
    ledger.append(entries, advices)
    return report(entries, advices, after.controller, decided)


def entry_of(decision: Decision, job: Job, settings: Settings, *, mode: Mode, made_utc: str, input_hash: str) -> Entry:
    """The ledger's entry of a decision, with the versions of what made it."""
    return Entry(
        decision=decision,
        job=job,
        mode=mode,
        made_utc=made_utc,
        model=f"{settings.forecaster} {__version__}",
        bands=f"{settings.bands} {__version__}",
        input_hash=input_hash,
    )


def _waits(row: Row) -> bool:
    return row["verdict"] == "defer" and row["start_utc"] is None


def _may_move(row: Row, jobs: Mapping[str, Job], fleet: Fleet, known: Telemetry) -> bool:
    """It has a place and has not begun, no person has a say in it, its job is still the one that was decided, and the
    controller has counted it.
    """
    first, job = known.time_utc[-1] + _ONE_HOUR, jobs.get(row["job_id"])
    if job is None or row["overridden"] or not runs(row, fleet, first) or began(row, first):
        return False
    same = job.power_mw == row["power_mw"] and job.duration_h == row["duration_h"]
    return same and asks_bound(row) and bool(clock.parse_hour(str(row["origin_utc"])) >= known.time_utc[0])
