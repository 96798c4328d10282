"""Reads the places that a replay gave. Nobody overrides a replay, so decisions alone are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, and_, func, or_, select

from fleet.domain.clock import Hour, iso, parse_hour
from fleet.domain.job import Job
from fleet.ledger.asked_record import AskedRecord
from fleet.ledger.tables import decisions

_ONE_HOUR = np.timedelta64(1, "h")
_COLUMNS = ("job_id", "region", "start_utc", "duration_h", "power_mw", "asked", "binding")


@dataclass(frozen=True, kw_only=True)
class ReplayedPlace:
    """A replayed job and its place.

    Args:
        region, start_utc: None for a job that never ran.
        asked: the other properties of the job; None if an earlier version recorded the decision.
        limit: label of the binding limit.
    """

    job_id: str
    region: str | None
    start_utc: Hour | None
    duration_h: int
    power_mw: float
    asked: AskedRecord | None
    limit: str

    @property
    def end_utc(self) -> Hour | None:
        """The hour after the job's last hour; None for a job that never ran."""
        return None if self.start_utc is None else self.start_utc + self.duration_h * _ONE_HOUR

    @property
    def energy_mwh(self) -> float:
        """IT energy of the whole job."""
        return self.power_mw * self.duration_h

    def job(self) -> Job | None:
        """Return the job that was submitted; None if it was not recorded."""
        if self.asked is None:
            return None
        return self.asked.as_job(self.job_id, self.power_mw, self.duration_h)


def replayed_places(
    connection: Connection, names: Mapping[str, str], *, first: Hour, end: Hour, decided_by: Hour | None = None
) -> list[ReplayedPlace]:
    """Return the jobs that run between two hours, as far as they had a place by a third hour.

    Args:
        names: earlier id of a region -> its current id.
        first, end: the hours from `first` up to, but not including, `end`.
        decided_by: the latest last known hour of the decisions; None takes all.
    """
    longest_h = connection.scalar(select(func.max(decisions.c.duration_h)).where(_IS_REPLAYED)) or 0
    conditions = [
        _IS_REPLAYED,
        decisions.c.start_utc > iso(first - longest_h * _ONE_HOUR),
        decisions.c.start_utc < iso(end),
    ]
    if decided_by is not None:
        conditions.append(decisions.c.origin_utc <= iso(decided_by))
    query = select(*(decisions.c[name] for name in _COLUMNS)).where(*conditions)
    places = [_place(tuple(row), names) for row in connection.execute(query)]
    return [place for place in places if place.end_utc is not None and place.end_utc > first]


def replayed_jobs(connection: Connection, names: Mapping[str, str], *, first: Hour, end: Hour) -> list[ReplayedPlace]:
    """Return the jobs that began between two hours, and those that were denied between them.

    Args: as for `replayed_places`.
    """
    begins = and_(decisions.c.start_utc >= iso(first), decisions.c.start_utc < iso(end))
    is_denied = and_(
        decisions.c.start_utc.is_(None), decisions.c.origin_utc >= iso(first), decisions.c.origin_utc < iso(end)
    )
    query = select(*(decisions.c[name] for name in _COLUMNS)).where(_IS_REPLAYED, or_(begins, is_denied))
    return [_place(tuple(row), names) for row in connection.execute(query)]


_IS_REPLAYED = decisions.c.mode == "replay"


def _place(row: tuple[Any, ...], names: Mapping[str, str]) -> ReplayedPlace:
    job_id, region, start_utc, duration_h, power_mw, asked, binding = row
    record = None if asked is None else AskedRecord.model_validate(asked)
    if record is not None and names:
        home, regions = names.get(record.home_region, record.home_region), record.regions
        changed = {"home_region": home, "regions": tuple(names.get(name, name) for name in regions)}
        record = record.model_copy(update=changed)
    return ReplayedPlace(
        job_id=job_id,
        region=names.get(region, region),
        start_utc=None if start_utc is None else parse_hour(start_utc),
        duration_h=duration_h,
        power_mw=power_mw,
        asked=record,
        limit=binding["limit"],
    )
