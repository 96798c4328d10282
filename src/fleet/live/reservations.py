"""Where a live hour begins: what is known by then, and what earlier approvals hold of the hours ahead."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from fleet.decisions.state import Placements
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job import Job
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.ledger import Row
from fleet.units import FloatArray


def known_at(telemetry: Telemetry, fleet: Fleet, at: Hour | None) -> Telemetry:
    """The fleet's telemetry up to an hour; default the last one stored.

    Raises: DataError if a region is missing or the hour is not stored.
    """
    telemetry = telemetry.select(fleet.region_ids)
    return telemetry if at is None else telemetry.hours(0, telemetry.position(at) + 1)


def runs(row: Row, fleet: Fleet, first: Hour) -> bool:
    """It has a place in this fleet, and has not ended by `first`."""
    if row["verdict"] == "deny" or row["start_utc"] is None or row["region"] not in fleet.region_ids:
        return False
    return bool(clock.parse_hour(str(row["start_utc"])) + np.timedelta64(int(row["duration_h"]), "h") > first)


def began(row: Row, first: Hour) -> bool:
    """It has a place that begins before `first`."""
    return bool(clock.parse_hour(str(row["start_utc"])) < first)


def as_job(row: Row) -> Job:
    """The job of a recorded decision, as far as its place is concerned."""
    start, hours = clock.parse_hour(str(row["start_utc"])), int(row["duration_h"])
    return Job(
        id=row["job_id"],
        power_mw=row["power_mw"],
        duration_h=hours,
        earliest_utc=start,
        deadline_utc=start + np.timedelta64(hours, "h"),
        home_region=row["region"],
    )


def running_job(row: Row, known: Job | None, fleet: Fleet) -> Job:
    """The job of a recorded decision as it runs, with what is known of it beyond its place.

    Of one that is not known any more, the regions that its decision considered are those that it may run in.
    """
    job = as_job(row)
    if known is None:
        considered = dict.fromkeys([row["region"], *(each["region"] for each in row["alternatives"])])
        return replace(job, regions=tuple(name for name in considered if name in fleet.region_ids))
    return replace(
        known,
        power_mw=job.power_mw,
        duration_h=job.duration_h,
        earliest_utc=job.earliest_utc,
        deadline_utc=job.deadline_utc,
    )


def places_of(rows: Sequence[Row], offset: int, fleet: Fleet) -> Placements:
    """Where recorded jobs run; `offset` is the position of the first of them in the workload."""
    starts = [clock.parse_hour(str(row["start_utc"])) for row in rows]
    return Placements(
        job=offset + np.arange(len(rows)),
        region=np.array([fleet.region_ids.index(row["region"]) for row in rows], dtype=np.int64),
        start_h=np.array(starts, dtype="datetime64[h]").astype(np.int64),
    )


def reserved_mw(recorded: Iterable[Row], fleet: Fleet, first: Hour, hours: int) -> FloatArray:
    """(region, hour ahead) power of all jobs that have a place, from `first` on, those that may still move included.

    Args:
        recorded: the ledger's effective live rows.
    """
    rows = [row for row in recorded if runs(row, fleet, first)]
    work = Workload.of([as_job(row) for row in rows], fleet.region_ids)
    reserved = np.zeros((len(fleet.regions), hours))
    places_of(rows, 0, fleet).add_power(reserved, work, int(first.astype(np.int64)))
    return reserved
