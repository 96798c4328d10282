"""Keeps the order of a job's segments when a person overrides the decision on one of them."""

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import Connection

from fleet.domain.clock import Hour, iso
from fleet.domain.segments import segment_id
from fleet.errors import LedgerError
from fleet.ledger.latest_jobs import NeededJobs, latest_jobs
from fleet.ledger.records import DecisionRecord, JobRecord

_ONE_HOUR = np.timedelta64(1, "h")
# Later than any job ends: only the named jobs are read.
_NEVER = np.datetime64("9999-01-01", "h")


def latest_records(connection: Connection, names: Mapping[str, str], job_ids: Sequence[str]) -> list[JobRecord]:
    """Return the latest live record of each of some jobs that were decided, in the order of the ids."""
    needed = NeededJobs(ending_after=_NEVER, job_ids=job_ids)
    found = {record.job_id: record for record in latest_jobs(connection, "live", names, needed)}
    return [found[job_id] for job_id in job_ids if job_id in found]


def next_segment(connection: Connection, names: Mapping[str, str], decision: DecisionRecord) -> JobRecord | None:
    """Return the record of the segment after a decided one; None if it was not decided yet, or if there is none."""
    return _neighbour(connection, names, decision, 1)


def check_order(connection: Connection, names: Mapping[str, str], decision: DecisionRecord, start_utc: Hour) -> None:
    """Refuse a place of a segment that is not between those of its neighbours. Raises: LedgerError."""
    before, after = (_neighbour(connection, names, decision, step) for step in (-1, 1))
    if before is not None and before.has_place and before.end_utc > start_utc:
        raise LedgerError(
            f"{decision.job_id} would start at {iso(start_utc)}, but the segment before it, {before.job_id}, ends at "
            f"{iso(before.end_utc)}; choose a later start"
        )
    end_utc = start_utc + decision.duration_h * _ONE_HOUR
    if after is not None and after.has_place and after.begins_before(end_utc):
        raise LedgerError(
            f"{decision.job_id} would end at {iso(end_utc)}, but the segment after it, {after.job_id}, starts at "
            f"{iso(after.end_utc - after.duration_h * _ONE_HOUR)}; choose an earlier start"
        )


def _neighbour(
    connection: Connection, names: Mapping[str, str], decision: DecisionRecord, step: int
) -> JobRecord | None:
    segment = None if decision.asked is None else decision.asked.segment
    if segment is None or not 1 <= segment.number + step <= segment.count:
        return None
    job_id = decision.job_id.rpartition("#")[0] if segment.number > 1 else decision.job_id
    records = latest_records(connection, names, [segment_id(job_id, segment.number + step)])
    return records[0] if records else None
