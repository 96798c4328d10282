"""Reads submitted and cancelled jobs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from fleet.domain.clock import Hour, iso, parse_hour
from fleet.domain.job import Job
from fleet.errors import LedgerChangedError
from fleet.ledger.direct import DirectQuery
from fleet.ledger.json_text import to_json_text
from fleet.ledger.latest_jobs import chunks, chunks_in
from fleet.ledger.record import Record
from fleet.ledger.records import DecisionRecord
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.submission_entry import Kind
from fleet.ledger.tables import decisions, submissions

# Statements of every request are built once, because building one takes longer than running it.
_SUBMITTED = select(submissions).where(
    submissions.c.job_id.in_(bindparam("ids", expanding=True)), submissions.c.kind == "submit"
)
_DECIDED = (
    select(decisions.c.job_id, decisions.c.id)
    .where(decisions.c.mode == "live", decisions.c.job_id.in_(bindparam("ids", expanding=True)))
    .order_by(decisions.c.seq)
)
# The index of keys begins with the name of the token.
_OF_KEYS = select(submissions.c.by, submissions.c.request_key, submissions.c.body_hash).where(
    submissions.c.by.in_(bindparam("names", expanding=True)),
    submissions.c.request_key.in_(bindparam("keys", expanding=True)),
)
# Almost every job is new. One statement tells so, however many jobs there are.
_USED = """
    SELECT job_id FROM submissions WHERE kind = 'submit' AND job_id {one_of}
    UNION SELECT job_id FROM decisions WHERE mode = 'live' AND job_id {one_of}
"""
_USED_IDS = DirectQuery(
    sqlite=_USED.format(one_of="IN (SELECT value FROM json_each(?1))"), postgresql=_USED.format(one_of="= ANY(%s)")
)


class SubmissionRecord(Record):
    """A submitted or cancelled job, as recorded; see SubmissionEntry."""

    seq: int
    id: str
    kind: Kind
    made_utc: str
    by: str
    request_key: str | None
    body_hash: str
    position: int
    job_id: str
    job: dict[str, Any]
    decision_id: str | None
    note: str

    def as_job(self, names: Mapping[str, str]) -> Job:
        """Return the job.

        Args:
            names: earlier id of a region -> its current id.
        """
        cell = self.job
        return Job(
            id=self.job_id,
            name=cell["name"],
            power_mw=cell["power_mw"],
            duration_h=cell["duration_h"],
            earliest_utc=parse_hour(cell["earliest_utc"]),
            deadline_utc=parse_hour(cell["deadline_utc"]),
            home_region=names.get(cell["home_region"], cell["home_region"]),
            regions=tuple(names.get(region, region) for region in cell["regions"]),
            priority=cell["priority"],
            data_gb=cell["data_gb"],
            checkpoint_h=cell.get("checkpoint_h"),
        )


def request_hashes(connection: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return (name of the token, idempotency key) -> hash of the request that used it first."""
    found = {}
    names = sorted({by for by, _ in keys})
    for chunk in chunks(sorted({key for _, key in keys})):
        for by, key, body_hash in connection.execute(_OF_KEYS, {"names": names, "keys": chunk}):
            found[by, key] = body_hash
    return found


def used_ids(connection: Connection, job_ids: Sequence[str]) -> list[str]:
    """Return which of some jobs were submitted, or have a live decision."""
    return ask_used_ids(connection, job_ids)()


def ask_used_ids(connection: Connection, job_ids: Sequence[str]) -> Callable[[], list[str]]:
    """Ask as `used_ids` does, and return what reads the answer."""
    if connection.dialect.name == "sqlite":
        values: tuple[Any, ...] = (to_json_text(job_ids),)
    else:
        values = list(job_ids), list(job_ids)
    answer = _USED_IDS.send(connection, *values)
    return lambda: [job_id for (job_id,) in answer()]


def submitted(connection: Connection, job_ids: Sequence[str]) -> dict[str, SubmissionRecord]:
    """Return the submissions of some jobs, by job id."""
    found = {}
    for chunk in chunks(job_ids):
        for row in connection.execute(_SUBMITTED, {"ids": chunk}).mappings():
            found[row["job_id"]] = SubmissionRecord.model_validate(dict(row))
    return found


def decided_ids(connection: Connection, job_ids: Sequence[str]) -> dict[str, str]:
    """Return job id -> id of its latest live decision, for the jobs that have one."""
    found: dict[str, str] = {}
    for chunk in chunks(job_ids):
        found.update(tuple(row) for row in connection.execute(_DECIDED, {"ids": chunk}))
    return found


def decision_records(
    connection: Connection, decision_ids: Sequence[str], names: Mapping[str, str]
) -> dict[str, DecisionRecord]:
    """Return decisions by id."""
    return {
        row["id"]: DecisionRecord.model_validate(renamed_row(dict(row), names))
        for chunk in chunks(decision_ids)
        for row in connection.execute(select(decisions).where(decisions.c.id.in_(chunk))).mappings()
    }


def is_cancelled(connection: Connection, job_id: str) -> bool:
    """Tell whether a job was cancelled."""
    return bool(cancelled_ids(connection, [job_id]))


def cancelled_ids(connection: Connection, job_ids: Sequence[str]) -> list[str]:
    """Return which of some jobs were cancelled, in the order of their cancellations."""
    query = select(submissions.c.job_id).where(submissions.c.kind == "cancel").order_by(submissions.c.seq)
    return [
        job_id
        for chunk in chunks_in(connection, submissions, job_ids)
        for job_id in connection.scalars(query.where(submissions.c.job_id.in_(chunk)))
    ]


def refuse_cancelled(connection: Connection, job_ids: Sequence[str]) -> None:
    """Refuse decisions on jobs that were cancelled before they were decided. Raises: LedgerChangedError."""
    cancelled = cancelled_ids(connection, job_ids)
    if cancelled:
        raise LedgerChangedError(
            f"job {cancelled[0]} was cancelled before it was decided; nothing is recorded, decide without it"
        )


def open_jobs(connection: Connection, first: Hour, names: Mapping[str, str]) -> list[Job]:
    """Return the submitted jobs whose deadline is after an hour and that were not cancelled."""
    cancelled = select(submissions.c.job_id).where(submissions.c.kind == "cancel")
    query = select(submissions).where(
        submissions.c.kind == "submit",
        submissions.c.deadline_utc > iso(first),
        submissions.c.job_id.not_in(cancelled),
    )
    rows = connection.execute(query.order_by(submissions.c.seq)).mappings()
    return [SubmissionRecord.model_validate(dict(row)).as_job(names) for row in rows]
