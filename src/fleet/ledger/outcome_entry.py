"""What became of approved jobs: recorded once, when their last hour is known."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from fleet.domain.clock import Hour, iso
from fleet.ledger.record import Record
from fleet.ledger.records import HourUtc, JobRecord
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.tables import outcomes


@dataclass(frozen=True, kw_only=True)
class OutcomeEntry:
    """An outcome to record. `breached` is None if no hour breached and some hour can never be judged."""

    record: JobRecord
    breached: bool | None
    made_utc: str

    @property
    def id(self) -> str:
        """The id of the row."""
        return hashlib.sha256(f"outcome\n{self.record.id}".encode()).hexdigest()[:16]


class OutcomeRecord(Record):
    """An outcome, as recorded."""

    seq: int
    id: str
    decision_id: str
    job_id: str
    made_utc: str
    region: str
    start_utc: HourUtc
    end_utc: HourUtc
    breached: bool | None


def outcome_row(entry: OutcomeEntry) -> Mapping[str, Any]:
    """Return the row of the table `outcomes`. Assumes that the job has a place."""
    record = entry.record
    return {
        "id": entry.id,
        "decision_id": record.id,
        "job_id": record.job_id,
        "made_utc": entry.made_utc,
        "region": record.region,
        "start_utc": None if record.start_utc is None else iso(record.start_utc),
        "end_utc": iso(record.end_utc),
        "breached": entry.breached,
    }


def recorded_outcomes(connection: Connection, ending_after: Hour) -> set[str]:
    """Return the ids of the decisions whose outcome is recorded, for jobs that ended after an hour."""
    query = select(outcomes.c.decision_id).where(outcomes.c.end_utc > iso(ending_after))
    return set(connection.scalars(query))


def outcomes_after(
    connection: Connection, names: Mapping[str, str], *, after_seq: int = 0, limit: int = 100
) -> list[OutcomeRecord]:
    """Return the outcomes after a row, the oldest first."""
    query = select(outcomes).where(outcomes.c.seq > after_seq).order_by(outcomes.c.seq).limit(limit)
    rows = connection.execute(query).mappings()
    return [OutcomeRecord.model_validate(renamed_row(dict(row), names)) for row in rows]


def outcome_counts(connection: Connection, names: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return region -> how many jobs ended: breached, safe, and not known."""
    counts: dict[str, dict[str, int]] = {}
    kinds = outcomes.c.region, outcomes.c.breached
    # The database counts: each scrape of the metrics asks, and the table only grows.
    for region, breached, count in connection.execute(select(*kinds, func.count()).group_by(*kinds)):
        of_region = counts.setdefault(names.get(region, region), {"breached": 0, "safe": 0, "unknown": 0})
        of_region["unknown" if breached is None else "breached" if breached else "safe"] += count
    return counts
