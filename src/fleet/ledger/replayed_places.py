"""Reads the places that a replay had given by an hour. Nobody overrides a replay, so decisions alone are read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from fleet.domain.clock import Hour, iso
from fleet.ledger.records import stored_hour
from fleet.ledger.tables import decisions

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class ReplayedPlace:
    """A place of a replayed job."""

    job_id: str
    region: str
    start_utc: Hour
    duration_h: int
    power_mw: float

    @property
    def end_utc(self) -> Hour:
        """The hour after the job's last hour."""
        return self.start_utc + self.duration_h * _ONE_HOUR


def replayed_places(
    connection: Connection, names: Mapping[str, str], *, decided_by: Hour, first: Hour, end: Hour
) -> list[ReplayedPlace]:
    """Return the places of jobs that run between two hours, as far as they were given by a third hour.

    Args:
        names: earlier id of a region -> its current id.
        decided_by: the latest last known hour of the decisions.
        first, end: the hours from `first` up to, but not including, `end`.
    """
    is_replayed = decisions.c.mode == "replay"
    longest_h = connection.scalar(select(func.max(decisions.c.duration_h)).where(is_replayed)) or 0
    columns = [decisions.c[name] for name in ("job_id", "region", "start_utc", "duration_h", "power_mw")]
    query = select(*columns).where(
        is_replayed,
        decisions.c.start_utc > iso(first - longest_h * _ONE_HOUR),
        decisions.c.start_utc < iso(end),
        decisions.c.origin_utc <= iso(decided_by),
    )
    places = [
        ReplayedPlace(
            job_id=job_id,
            region=names.get(region, region),
            start_utc=stored_hour(start_utc),
            duration_h=duration_h,
            power_mw=power_mw,
        )
        for job_id, region, start_utc, duration_h, power_mw in connection.execute(query)
    ]
    return [place for place in places if place.end_utc > first]
