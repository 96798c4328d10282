"""Makes a recorded decision again, from what was known then, and compares."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from sqlalchemy import select

from fleet.domain.job import Job
from fleet.domain.region import Fleet
from fleet.domain.segments import segments_of
from fleet.errors import ConfigError, LedgerError
from fleet.ledger import DecisionRecord, Ledger
from fleet.ledger.earlier_ledger import WriteOf, ledger_before, write_of
from fleet.ledger.submissions import SubmissionRecord, decision_records, open_jobs
from fleet.ledger.tables import decisions, submissions
from fleet.live.current_hour import SUBMIT, CurrentHour
from fleet.live.hour import decide_live_hour
from fleet.preparation.settings import Settings
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest
from fleet.workflows.submit_group import record_of

_ONE_HOUR = np.timedelta64(1, "h")
# What the same inputs must make again. The id also covers the decisions before.
COMPARED = (
    "input_hash",
    "verdict",
    "region",
    "start_utc",
    "binding",
    "reason",
    "alternatives",
    "expected",
    "saved",
    "contested",
)


@dataclass(frozen=True, kw_only=True)
class DecisionAgain:
    """A recorded decision beside the one that was made again; None if the job got no decision again."""

    recorded: DecisionRecord
    again: DecisionRecord | None

    @property
    def differences(self) -> Sequence[str]:
        """What differs, a sentence each."""
        if self.again is None:
            return ["the job gets no decision again"]
        recorded, again = self.recorded.as_dict(), self.again.as_dict()
        return [
            f"{name} was {recorded[name]}, and is {again[name]}" for name in COMPARED if recorded[name] != again[name]
        ]


def replay_decision(workspace: Workspace, fleet: Fleet, ledger: Ledger, decision_id: str) -> DecisionAgain:
    """Make a live decision again, with the telemetry and the ledger as they were.

    Raises: LedgerError if the decision is unknown or belongs to a replay; DataError if the telemetry is not stored any
        more.
    """
    ledger = ledger.under(fleet.current_ids)
    recorded = ledger.decision(decision_id)
    if recorded.mode != "live":
        raise LedgerError(f"decision {recorded.id} belongs to a replay; only live decisions can be made again")
    request = HourRequest(
        workspace=workspace,
        fleet=fleet,
        settings=_settings(recorded),
        now_utc=recorded.made_utc,
        at=recorded.origin_utc,
        as_of_utc=recorded.made_utc,
    )
    with ledger.reading() as connection:
        write = write_of(connection, recorded)
    with ledger_before(ledger, write) as before:
        if write.action == SUBMIT:
            again = _submitted_again(request, ledger, before, recorded, write)
        else:
            again = _planned_again(request, ledger, before, recorded, write)
    return DecisionAgain(recorded=recorded, again=again)


def _settings(recorded: DecisionRecord) -> Settings:
    forecaster, bands = (text.split(" ")[0] for text in (recorded.model, recorded.bands))
    try:
        return Settings(forecaster=forecaster, bands=bands, confidence=recorded.confidence)
    except ConfigError as error:
        raise LedgerError(f"decision {recorded.id} was made by methods that this program lacks: {error}") from error


def _submitted_again(
    request: HourRequest, ledger: Ledger, before: Ledger, recorded: DecisionRecord, write: WriteOf
) -> DecisionRecord | None:
    """Decide the requests of the write again, in their order, up to the decision."""
    is_in = submissions.c.seq.between(write.before.get(submissions.name, 0) + 1, write.after[submissions.name])
    query = select(submissions).where(is_in, submissions.c.kind == "submit").order_by(submissions.c.seq)
    with ledger.reading() as connection:
        rows = [SubmissionRecord.model_validate(dict(row)) for row in connection.execute(query).mappings()]
    with before.writing() as writer:
        current = CurrentHour.read(request.read(), before, writer)
    for _, of_request in groupby(rows, lambda row: (row.by, row.request_key, row.body_hash)):
        for entry in current.decide([row.as_job(ledger.names) for row in of_request], recorded.made_utc):
            if entry.job.id == recorded.job_id:
                return record_of(entry, recorded.seq)
    return None


def _planned_again(
    request: HourRequest, ledger: Ledger, before: Ledger, recorded: DecisionRecord, write: WriteOf
) -> DecisionRecord | None:
    """Plan the hour again, with the submitted jobs and those that the write decided."""
    with ledger.reading() as connection:
        is_in = decisions.c.seq.between(write.before.get(decisions.name, 0) + 1, write.after[decisions.name])
        query = select(decisions.c.id).where(is_in)
        decided = decision_records(connection, list(connection.scalars(query)), ledger.names)
    with before.reading() as connection:
        jobs = {job.id: job for job in open_jobs(connection, recorded.origin_utc + _ONE_HOUR, ledger.names)}
    # The plan finds the later segments of submitted jobs by itself.
    segments = {segment.id for job in jobs.values() for segment in segments_of(job)}
    jobs |= {record.job_id: _job(record) for record in decided.values() if record.job_id not in segments}
    hour = decide_live_hour(
        request.read(), list(jobs.values()), before, policy=recorded.policy, made_utc=recorded.made_utc
    )
    entries = [entry for entry in hour.entries if entry.job.id == recorded.job_id]
    return record_of(entries[0], recorded.seq) if entries else None


def _job(record: DecisionRecord) -> Job:
    asked = record.asked
    if asked is None:
        raise LedgerError(f"decision {record.id} is older than the records of what was asked; it cannot be made again")
    return asked.as_job(record.job_id, record.power_mw, record.duration_h)
