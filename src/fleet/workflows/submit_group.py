"""Answers the requests of one transaction: what was answered before, what conflicts, what is decided now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fleet.domain.job import Job
from fleet.domain.segments import segment_id, segments_of
from fleet.errors import ConflictError, FleetError
from fleet.ledger import Author, DecisionEntry, DecisionRecord, LedgerWriter
from fleet.ledger.decision_entry import cells_of, decision_row
from fleet.ledger.submission_entry import SubmissionEntry, submission_row
from fleet.ledger.submissions import decided_ids, decision_records, request_hashes, submitted, used_ids
from fleet.ledger.tables import decisions, submissions
from fleet.live.current_hour import SUBMIT, CurrentHour


@dataclass(frozen=True, kw_only=True)
class SubmitRequest:
    """One request with one job, or with jobs that are planned together.

    Args:
        by: name of the token.
        request_key: the idempotency key; None if there is none.
        body_hash: hash of the content.
        request_id: for the journal.
    """

    jobs: Sequence[Job]
    by: str
    request_key: str | None
    body_hash: str
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class JobAnswer:
    """The answer to one job: its decision, or why it is queued.

    Args:
        decision: as `DecisionRecord.as_dict`; None for a job that is queued.
        note: why the job is queued; empty if it is decided.
        is_new: False if the job was submitted before, and this is its earlier answer.
    """

    job_id: str
    decision: Mapping[str, Any] | None
    note: str
    is_new: bool


class SubmitGroup:
    """The requests of one transaction.

    Args:
        writer: of `Ledger.deciding_at_once`, which was asked about all jobs of the requests.
        current: the hour in which jobs are decided; None if they are queued.
        why_not: why they are queued.
    """

    def __init__(self, writer: LedgerWriter, current: CurrentHour | None, why_not: str, made_utc: str) -> None:
        self._writer, self._current, self._why_not, self._made_utc = writer, current, why_not, made_utc
        self._after_seq = writer.heads[decisions.name].seq
        self._entries: list[DecisionEntry] = []
        self._rows: list[SubmissionEntry] = []
        self._authors: list[Author] = []
        self._answered: dict[str, tuple[Job, JobAnswer]] = {}

    def answer(self, requests: Sequence[SubmitRequest]) -> list[list[JobAnswer] | FleetError]:
        """Answer the requests in their order, or say why one is refused. Nothing is written yet."""
        self._read(requests)
        answers: list[list[JobAnswer] | FleetError] = []
        for request in requests:
            try:
                answers.append(self._answer(request))
            except ConflictError as error:
                answers.append(error)
        return answers

    @property
    def has_queued(self) -> bool:
        """Tell whether some new job was queued."""
        return any(row.kind == "submit" and row.decision_id is None for row in self._rows)

    def write(self) -> None:
        """Write what is new."""
        if not self._rows:
            return
        writer = self._writer
        with writer.together():
            writer.add(decisions, ({**decision_row(entry), "after_seq": self._after_seq} for entry in self._entries))
            writer.add(submissions, map(submission_row, self._rows))
            writer.sign_all(self._authors, self._made_utc)
        if self._current is not None:
            self._current.recorded(writer)

    def _read(self, requests: Sequence[SubmitRequest]) -> None:
        """Read what the ledger holds of these requests and jobs."""
        connection, names = self._writer.connection, self._writer.names
        keys = [(request.by, request.request_key) for request in requests if request.request_key is not None]
        jobs = [job for request in requests for job in request.jobs]
        job_ids = [job.id for job in jobs]
        self._hashes = request_hashes(connection, keys) if keys else {}
        later_ids = _later_ids(jobs)
        self._used = {*used_ids(connection, list(later_ids)), *job_ids} if later_ids else set()
        whole_ids = sorted({job_id.rpartition("#")[0] for job_id in job_ids if "#" in job_id})
        rows = submitted(connection, whole_ids).values() if whole_ids else ()
        self._segments = _later_ids([row.as_job(names) for row in rows])
        # A job of a table of `fleet decide` was not submitted.
        decided = decided_ids(connection, whole_ids).values() if whole_ids else ()
        for record in decision_records(connection, list(decided), names).values():
            self._segments |= _later_ids_of(record)
        used = self._writer.used_ids
        self._decided = decided_ids(connection, used)
        known = submitted(connection, used)
        wanted = [row.decision_id for row in known.values() if row.decision_id is not None]
        records = decision_records(connection, wanted, names)
        for job_id, row in known.items():
            cells = None if row.decision_id is None else records[row.decision_id].as_dict()
            self._answered[job_id] = row.as_job(names), _answer_of(job_id, cells, row.note, is_new=False)

    def _answer(self, request: SubmitRequest) -> list[JobAnswer]:
        key = None if request.request_key is None else (request.by, request.request_key)
        if key is not None and self._hashes.get(key, request.body_hash) != request.body_hash:
            raise ConflictError(f"the idempotency key {request.request_key!r} was used with another content")
        fresh = [job for job in request.jobs if self._is_new(job)]
        decided = self._decide(fresh)
        for position, job in enumerate(request.jobs):
            if job.id in decided:
                self._rows.append(self._row(request, position, job, decided[job.id]))
                self._answered[job.id] = job, decided[job.id]
        is_new_key = key is not None and key not in self._hashes
        if is_new_key and not fresh:
            job, answer = self._answered[request.jobs[0].id]
            self._rows.append(replace(self._row(request, 0, job, answer), kind="repeat"))
        if fresh or is_new_key:
            self._authors.append(Author(by=request.by, action=SUBMIT, request_id=request.request_id))
        if key is not None:
            self._hashes[key] = request.body_hash
        return [decided.get(job.id) or replace(self._answered[job.id][1], is_new=False) for job in request.jobs]

    def _decide(self, jobs: Sequence[Job]) -> dict[str, JobAnswer]:
        if not jobs or self._current is None:
            return {job.id: _answer_of(job.id, None, self._why_not) for job in jobs}
        entries = self._current.decide(jobs, self._made_utc)
        first = self._after_seq + 1 + len(self._entries)
        self._entries += entries
        return {
            entry.decision.job_id: _answer_of(entry.decision.job_id, cells_of(entry, first + index))
            for index, entry in enumerate(entries)
        }

    def _is_new(self, job: Job) -> bool:
        """Tell whether a job is new. Raises: ConflictError if its id was used for another job."""
        before = self._answered.get(job.id)
        if before is None and job.id not in self._decided:
            self._check_segments(job)
            return True
        if before is None or before[0] != job:
            raise ConflictError(f"job id {job.id!r} was used for another job; submit this job under a new id")
        return False

    def _check_segments(self, job: Job) -> None:
        """Refuse a job if it or one of its segments has the id of another job or segment. Raises: ConflictError."""
        taken = self._used & _later_ids([job])
        if taken:
            raise ConflictError(
                f"job id {min(taken)!r} was used, and is that of a segment of {job.id!r}; submit it anew"
            )
        if job.id in self._segments:
            raise ConflictError(
                f"job id {job.id!r} is that of a segment of another job; submit this job under a new id"
            )

    def _row(self, request: SubmitRequest, position: int, job: Job, answer: JobAnswer) -> SubmissionEntry:
        return SubmissionEntry(
            kind="submit",
            job=job,
            made_utc=self._made_utc,
            by=request.by,
            request_key=request.request_key,
            body_hash=request.body_hash,
            position=position,
            decision_id=None if answer.decision is None else answer.decision["id"],
            note=answer.note,
        )


def _later_ids(jobs: Sequence[Job]) -> set[str]:
    """Return the ids of all segments of some jobs but the first ones."""
    return {segment.id for job in jobs for segment in segments_of(job)[1:]}


def _later_ids_of(whole: DecisionRecord) -> set[str]:
    """Return the ids of all segments of a decided job but the first one; empty for a later segment."""
    segment = None if whole.asked is None else whole.asked.segment
    if segment is None or segment.number != 1:
        return set()
    return {segment_id(whole.job_id, number) for number in range(2, segment.count + 1)}


def record_of(entry: DecisionEntry, seq: int) -> DecisionRecord:
    """Return the record of an entry as it is read back from the ledger."""
    return DecisionRecord.model_validate({**decision_row(entry), "id": entry.id, "seq": seq})


def _answer_of(job_id: str, decision: Mapping[str, Any] | None, note: str = "", *, is_new: bool = True) -> JobAnswer:
    return JobAnswer(job_id=job_id, decision=decision, note=note, is_new=is_new)
