"""Reads the latest decision on each job. A live hour reads only the jobs that it needs, however long the ledger is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Table, func, select

from fleet.domain.clock import Hour, iso, parse_hour
from fleet.ledger.records import DecisionRecord, JobRecord, Mode, PlaceRecord
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.tables import decisions, overrides

_CHUNK = 5_000
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class NeededJobs:
    """The jobs that a reader of the ledger needs: some by their id, and all that end late enough.

    Args:
        ending_after: all jobs whose place ends after this hour. A decision or a person gave the place.
        job_ids: other jobs.
    """

    ending_after: Hour
    job_ids: Collection[str] = ()


def latest_jobs(
    connection: Connection, mode: Mode, names: Mapping[str, str], needed: NeededJobs | None = None
) -> list[JobRecord]:
    """Return the latest decision on each job, in the order of their first decisions.

    Args:
        names: earlier id of a region -> its current id.
        needed: None stands for all jobs.
    """
    spans = sorted(_spans(connection, mode, None if needed is None else _ids(connection, mode, needed)))
    columns = [name for name in JobRecord.model_fields if name in decisions.c]
    columns = ["seq", "after_seq", "alternatives", *columns]
    query = select(*(decisions.c[name] for name in columns))
    by_seq = {
        values[0]: dict(zip(columns, values, strict=True))
        for chunk in chunks([last for _, last in spans])
        for values in connection.execute(query.where(decisions.c.seq.in_(chunk))).all()
    }
    latest = [by_seq[last] for _, last in spans]
    by_id = {row["id"]: row for row in latest}
    newest = newest_seq(connection)
    for chunk in chunks_in(connection, overrides, list(by_id)):
        changes = select(overrides).where(overrides.c.decision_id.in_(chunk)).order_by(overrides.c.seq)
        for change in connection.execute(changes).mappings():
            changed = {key: change[key] for key in ("verdict", "region", "start_utc")}
            after = change["after_seq"]
            by_id[change["decision_id"]].update(changed, overridden=True, after_seq=newest if after is None else after)
    for row in latest:
        regions = [alternative["region"] for alternative in row.pop("alternatives")]
        row["alternative_regions"] = [names.get(region, region) for region in regions]
        after, seq = row.pop("after_seq"), row.pop("seq")
        row["placed_after"] = seq - 1 if after is None else after
    return [JobRecord.model_validate({"overridden": False, **renamed_row(row, names)}) for row in latest]


def placed_since(
    connection: Connection, decision: DecisionRecord, names: Mapping[str, str], hour: Hour
) -> list[JobRecord]:
    """Return the other live jobs that got their place after this decision was recorded, and that end after an hour."""
    return [
        record
        for record in latest_jobs(connection, "live", names, NeededJobs(ending_after=hour))
        if record.has_place and record.job_id != decision.job_id and record.placed_after >= decision.seq
    ]


def places_of(
    connection: Connection, mode: Mode, names: Mapping[str, str], needed: NeededJobs | None = None
) -> list[PlaceRecord]:
    """Return all decisions on the needed jobs, the latest first, without the places that a person gave."""
    query = select(*(decisions.c[name] for name in PlaceRecord.model_fields), decisions.c.made_utc, decisions.c.seq)
    rows = [
        dict(row)
        for is_chosen in _chosen(mode, None if needed is None else _ids(connection, mode, needed))
        for row in connection.execute(query.where(*is_chosen)).mappings()
    ]
    rows.sort(key=lambda row: (row["made_utc"], row["seq"]), reverse=True)
    return [PlaceRecord.model_validate(renamed_row(row, names)) for row in rows]


def newest_seq(connection: Connection) -> int:
    """Return the `seq` of the newest decision; 0 if there is none."""
    return connection.scalar(select(func.max(decisions.c.seq))) or 0


def chunks(ids: Sequence[str] | Sequence[int]) -> Iterator[Sequence[str] | Sequence[int]]:
    """Divide ids into lists that are short enough for one query."""
    return (ids[first : first + _CHUNK] for first in range(0, len(ids), _CHUNK))


def chunks_in(connection: Connection, table: Table, ids: Sequence[str]) -> Iterator[Sequence[str] | Sequence[int]]:
    """Divide ids to look for in a table, as `chunks` does; none if there are many ids and the table has no rows.

    A statement with thousands of ids takes longer to write than to run, and most ledgers hold few overrides.
    """
    if len(ids) > _CHUNK and connection.scalar(select(table.c.seq).limit(1)) is None:
        return iter(())
    return chunks(ids)


def _chosen(mode: Mode, job_ids: Sequence[str] | None) -> Iterator[tuple[ColumnElement[bool], ...]]:
    """Return the conditions of queries that together find the decisions on some jobs."""
    if job_ids is None:
        yield (decisions.c.mode == mode,)
        return
    for chunk in chunks(job_ids):
        yield decisions.c.mode == mode, decisions.c.job_id.in_(chunk)


def _spans(connection: Connection, mode: Mode, job_ids: Sequence[str] | None) -> list[tuple[int, int]]:
    """Return the `seq` of the first and of the latest decision on each job."""
    query = select(func.min(decisions.c.seq), func.max(decisions.c.seq)).group_by(decisions.c.job_id)
    return [
        (first, last)
        for is_chosen in _chosen(mode, job_ids)
        for first, last in connection.execute(query.where(*is_chosen))
    ]


def _ids(connection: Connection, mode: Mode, needed: NeededJobs) -> list[str]:
    """Return the ids of the needed jobs."""
    ids = dict.fromkeys(needed.job_ids)
    longest_h = connection.scalar(select(func.max(decisions.c.duration_h)).where(decisions.c.mode == mode)) or 0
    # A job that started earlier has ended. The alphabetical order of ISO texts in UTC is their order in time.
    after = iso(needed.ending_after - longest_h * _ONE_HOUR)
    columns = decisions.c.start_utc, decisions.c.duration_h, decisions.c.job_id
    is_recent = (decisions.c.mode == mode, decisions.c.start_utc > after)
    placed: list[Sequence[Any]] = list(connection.execute(select(*columns).where(*is_recent)).all())
    latest = select(overrides.c.decision_id, func.max(overrides.c.start_utc)).group_by(overrides.c.decision_id)
    given = dict(map(tuple, connection.execute(latest.where(overrides.c.start_utc > after))))
    for chunk in chunks(list(given)):
        query = select(decisions.c.id, decisions.c.duration_h, decisions.c.job_id)
        overridden = connection.execute(query.where(decisions.c.mode == mode, decisions.c.id.in_(chunk)))
        placed += [(given[row_id], duration_h, job_id) for row_id, duration_h, job_id in overridden]
    # Many rows have the same few hours, and numbers are compared faster than times.
    start_h = {start_utc: _number(parse_hour(start_utc)) for start_utc in {start_utc for start_utc, *_ in placed}}
    latest_over_h = _number(needed.ending_after)
    for start_utc, duration_h, job_id in placed:
        if start_h[start_utc] + duration_h > latest_over_h:
            ids[job_id] = None
    return list(ids)


def _number(hour: Hour) -> int:
    return int(hour.astype(np.int64))
