"""Pages of recorded decisions, the newest first. A page begins where the page before it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from fleet.domain.decision import Verdict
from fleet.domain.segments import MOST_SEGMENTS, segment_id
from fleet.ledger.records import DecisionRecord
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.tables import decisions


@dataclass(frozen=True, kw_only=True)
class DecisionFilter:
    """Which live decisions to read. A condition that is None is not applied.

    Args:
        job_id: of the job; the decisions on all its segments are read.
        region: of the place; decisions without a place have none.
        since_utc, until_utc: first and last time at which the decision was made, as ISO texts.
    """

    job_id: str | None = None
    region: str | None = None
    verdict: Verdict | None = None
    since_utc: str | None = None
    until_utc: str | None = None


def decision_page(
    connection: Connection,
    wanted: DecisionFilter,
    names: Mapping[str, str],
    *,
    before_seq: int | None = None,
    limit: int = 100,
) -> Sequence[DecisionRecord]:
    """Return decisions before a row, the newest first.

    Args:
        names: earlier id of a region -> its current id.
        before_seq: the last row of the page before; None for the first page.
    """
    query = select(decisions).where(decisions.c.mode == "live")
    if wanted.job_id is not None:
        query = query.where(_is_of_job(wanted.job_id))
    if wanted.region is not None:
        earlier = [name for name, current in names.items() if current == wanted.region]
        query = query.where(decisions.c.region.in_([wanted.region, *earlier]))
    if wanted.verdict is not None:
        query = query.where(decisions.c.verdict == wanted.verdict.value)
    if wanted.since_utc is not None:
        query = query.where(decisions.c.made_utc >= wanted.since_utc)
    if wanted.until_utc is not None:
        query = query.where(decisions.c.made_utc <= wanted.until_utc)
    if before_seq is not None:
        query = query.where(decisions.c.seq < before_seq)
    rows = connection.execute(query.order_by(decisions.c.seq.desc()).limit(limit)).mappings()
    return [DecisionRecord.model_validate(renamed_row(dict(row), names)) for row in rows]


def _is_of_job(job_id: str) -> ColumnElement[bool]:
    later = [segment_id(job_id, number) for number in range(2, MOST_SEGMENTS + 1)]
    is_segment = decisions.c.asked["segment"]["number"].as_integer().is_not(None)
    return or_(decisions.c.job_id == job_id, and_(decisions.c.job_id.in_(later), is_segment))


def decisions_after(
    connection: Connection, names: Mapping[str, str], *, after_seq: int, limit: int = 100
) -> Sequence[DecisionRecord]:
    """Return the live decisions after a row, the oldest first."""
    query = select(decisions).where(decisions.c.mode == "live", decisions.c.seq > after_seq)
    rows = connection.execute(query.order_by(decisions.c.seq).limit(limit)).mappings()
    return [DecisionRecord.model_validate(renamed_row(dict(row), names)) for row in rows]
