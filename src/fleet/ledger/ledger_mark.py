"""A mark of the newest rows of the ledger, and the first hour that later rows change."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from sqlalchemy import Connection, Table, func, select

from fleet.domain.clock import Hour, parse_hour
from fleet.ledger.latest_jobs import chunks
from fleet.ledger.tables import decisions, overrides

# Before the first hour of any ledger.
EVERY_HOUR = np.datetime64(0, "h")


@dataclass(frozen=True, kw_only=True)
class LedgerMark:
    """The newest rows at some moment.

    Args:
        decision_seq, override_seq: the newest decision and the newest override; 0 if there is none.
        decision_hash, override_hash: hashes of these rows. In another ledger they differ.
    """

    decision_seq: int
    decision_hash: str
    override_seq: int
    override_hash: str

    @classmethod
    def now(cls, connection: Connection) -> Self:
        """Return a mark of the newest rows."""
        decision_seq, decision_hash = _newest(connection, decisions)
        override_seq, override_hash = _newest(connection, overrides)
        return cls(
            decision_seq=decision_seq,
            decision_hash=decision_hash,
            override_seq=override_seq,
            override_hash=override_hash,
        )

    def first_change(self, connection: Connection) -> Hour | None:
        """Return the first hour that a live row after this mark changes; None if there is no such row.

        A new decision changes the hour at which it was made. A place that a job got or lost is a change from its start
        on. The earliest of these hours is returned.

        Returns: EVERY_HOUR if the mark belongs to another ledger.
        """
        if not self._is_of(connection):
            return EVERY_HOUR
        columns = decisions.c.mode, decisions.c.job_id, decisions.c.origin_utc, decisions.c.start_utc
        added = connection.execute(select(*columns).where(decisions.c.seq > self.decision_seq)).all()
        new = [row for mode, *row in added if mode == "live"]
        changes = connection.execute(
            select(decisions.c.job_id, overrides.c.start_utc)
            .join_from(overrides, decisions)
            .where(overrides.c.seq > self.override_seq)
        ).all()
        hours = [origin_utc for _, origin_utc, _ in new]
        hours += [start_utc for *_, start_utc in (*new, *changes)]
        hours += self._places_before(connection, sorted({job_id for job_id, *_ in (*new, *changes)}))
        return min((parse_hour(hour) for hour in set(hours) if hour is not None), default=None)

    def _is_of(self, connection: Connection) -> bool:
        """Tell whether the ledger has the marked rows."""
        marked = (
            (decisions, self.decision_seq, self.decision_hash),
            (overrides, self.override_seq, self.override_hash),
        )
        return all(
            not seq or connection.scalar(select(table.c.row_hash).where(table.c.seq == seq)) == row_hash
            for table, seq, row_hash in marked
        )

    def _places_before(self, connection: Connection, job_ids: list[str]) -> list[str | None]:
        """Return the starts that some jobs had before the mark, from their latest decisions or from a person."""
        starts: list[str | None] = []
        for chunk in chunks(job_ids):
            latest = (
                select(func.max(decisions.c.seq))
                .where(decisions.c.mode == "live", decisions.c.seq <= self.decision_seq, decisions.c.job_id.in_(chunk))
                .group_by(decisions.c.job_id)
            )
            rows = connection.execute(
                select(decisions.c.id, decisions.c.start_utc).where(decisions.c.seq.in_(latest))
            ).all()
            given = select(overrides.c.start_utc).where(overrides.c.decision_id.in_([row_id for row_id, _ in rows]))
            starts += [start_utc for _, start_utc in rows]
            starts += connection.scalars(given).all()
        return starts


def _newest(connection: Connection, table: Table) -> tuple[int, str]:
    row = connection.execute(select(table.c.seq, table.c.row_hash).order_by(table.c.seq.desc()).limit(1)).first()
    return (0, "") if row is None else (row[0], row[1] or "")
