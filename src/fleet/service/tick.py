"""One live hour: the telemetry that is stored, the jobs that wait, and the ledger, to decisions in the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fleet import __version__
from fleet.conformal.controller import Controller
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.decision import Decision
from fleet.domain.job import Job
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError
from fleet.ledger import Entry, Ledger, Mode, Row
from fleet.pipeline import Ended, Settings, State, decide, prepare
from fleet.pipeline.decide import heard
from fleet.placement import POLICIES
from fleet.service.feedback import live_controller
from fleet.service.inputs import input_hashes
from fleet.units import FloatArray

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class Tick:
    """What an hour came to. `early` jobs have not arrived yet; `settled` ones were decided before; the deadline of
    `past` ones was over before anyone asked, and they are not recorded. controller: after these decisions; None where
    the policy does not ask the bound, or none is wanted.
    """

    origin_utc: Hour
    entries: Sequence[Entry]
    early: int
    settled: int
    past: int
    controller: Controller | None


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
) -> Tick:
    """Decide the jobs that have arrived by the hour after `at`, and record it.

    Jobs that the ledger holds as placed or denied are left alone, and those that hold a place keep their reservation.

    Args:
        telemetry: all that is stored; what lies after `at` is not looked at.
        outlooks: all that are stored; those issued after the decision are not looked at.
        at: the last hour that counts as known; default the last one stored.
    Raises: ConfigError for an unknown policy; DataError if the telemetry does not support a decision then.
    """
    if policy not in POLICIES:
        raise ConfigError(f"policy {policy!r} is unknown, expected one of {', '.join(POLICIES)}")
    telemetry = telemetry.select(fleet.region_ids)
    origin = len(telemetry.time_utc) - 1 if at is None else telemetry.position(at)
    known = telemetry.hours(0, origin + 1)
    origins = np.array([origin])
    first = known.time_utc[-1] + _ONE_HOUR
    recorded = ledger.effective(mode="live")
    settled = {row["job_id"]: row for row in recorded if not _waits(row)}
    waiting_ids = {row["job_id"] for row in recorded if _waits(row)}
    past = {job.id for job in jobs if job.deadline_utc <= first} - settled.keys() - waiting_ids
    arrived = [job for job in jobs if job.earliest_utc <= first and job.id not in settled and job.id not in past]

    def report(entries: Sequence[Entry], controller: Controller | None) -> Tick:
        return Tick(
            origin_utc=known.time_utc[-1],
            entries=entries,
            early=sum(job.earliest_utc > first for job in jobs),
            settled=sum(job.id in settled for job in jobs),
            past=len(past),
            controller=controller,
        )

    longest = max([job.duration_h for job in jobs] + [int(row["duration_h"]) for row in settled.values()], default=1)
    controller: Controller | None = None
    ended: list[Ended] = []
    if settings.controlled and POLICIES[policy].asks_bound:
        controller, ended = live_controller(ledger, recorded, known, fleet, settings)
    if not arrived:
        # Forecasts take their time, and nobody waits for them.
        return report([], heard(controller, fleet, ended))
    prepared = prepare(known, fleet, origins, settings, outlooks=outlooks)
    state = State(
        step=0,
        controller=controller,
        reserved_mw=_reserved(settled.values(), fleet, first, settings.horizon + longest),
        waiting=tuple(job for job in arrived if job.id in waiting_ids),
    )
    fresh = [job for job in arrived if job.id not in waiting_ids]
    decisions, after = decide(prepared, state, fresh, POLICIES[policy](), policy, ended)
    (input_hash,) = input_hashes(known, outlooks, fleet, settings, origins)
    by_id = {job.id: job for job in jobs}
    entries = [
        entry_of(decision, by_id[decision.job_id], settings, mode="live", made_utc=made_utc, input_hash=input_hash)
        for decision in decisions
    ]
    ledger.append(entries)
    return report(entries, after.controller)


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


def _reserved(rows: Iterable[Row], fleet: Fleet, first: Hour, hours: int) -> FloatArray:
    """(region, hour ahead) power of the jobs that hold a place, from `first` on."""
    reserved = np.zeros((len(fleet.regions), hours))
    for row in rows:
        if row["verdict"] == "deny" or row["start_utc"] is None or row["region"] not in fleet.region_ids:
            continue
        start = int((clock.parse_hour(str(row["start_utc"])) - first) / _ONE_HOUR)
        end = start + int(row["duration_h"])
        reserved[fleet.region_ids.index(row["region"]), max(start, 0) : max(end, 0)] += row["power_mw"]
    return reserved
