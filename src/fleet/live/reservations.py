"""What is known at a live hour, and the power that earlier approvals hold in the hours ahead."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from fleet.decisions.state import Placements
from fleet.domain.clock import Hour
from fleet.domain.job import Job
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.ledger import JobRecord
from fleet.live.approval_groups import numbered
from fleet.units import FloatArray


def known_at(telemetry: Telemetry, fleet: Fleet, at: Hour | None) -> Telemetry:
    """Return the fleet's telemetry up to an hour; by default up to the last stored hour.

    Raises: DataError if a region is missing or the hour is not stored.
    """
    telemetry = telemetry.of_regions(fleet.region_ids)
    return telemetry if at is None else telemetry.hours(0, telemetry.position(at) + 1)


def has_not_ended(record: JobRecord, fleet: Fleet, first: Hour) -> bool:
    """Tell whether a job has a place in this fleet and has not ended by `first`."""
    return record.has_place and record.region in fleet.region_ids and bool(record.end_utc > first)


def placed_job(record: JobRecord) -> Job:
    """Return the job of a record that has a place, as far as its place is concerned."""
    if record.region is None or record.start_utc is None:
        raise ValueError(f"job {record.job_id} has no place")
    return Job(
        id=record.job_id,
        power_mw=record.power_mw,
        duration_h=record.duration_h,
        earliest_utc=record.start_utc,
        deadline_utc=record.end_utc,
        home_region=record.region,
    )


def running_job(record: JobRecord, submitted: Job | None, fleet: Fleet) -> Job:
    """Return the job of a record as it runs, with the other properties of the submitted job.

    Where the submitted job is not known any more, the job may run in the regions that its decision considered.
    """
    job = placed_job(record)
    if submitted is None:
        considered = dict.fromkeys([job.home_region, *record.alternative_regions])
        return replace(job, regions=tuple(name for name in considered if name in fleet.region_ids))
    return replace(
        submitted,
        power_mw=job.power_mw,
        duration_h=job.duration_h,
        earliest_utc=job.earliest_utc,
        deadline_utc=job.deadline_utc,
    )


def placements_of(records: Sequence[JobRecord], offset: int, fleet: Fleet) -> Placements:
    """Return where recorded jobs run.

    Args:
        records: of jobs with a place in this fleet.
        offset: position of the first of them in the workload.
    """
    starts = [record.start_utc for record in records]
    return Placements(
        job=offset + np.arange(len(records)),
        region=np.array([fleet.region_ids.index(str(record.region)) for record in records], dtype=np.int64),
        start_h=np.array(starts, dtype="datetime64[h]").astype(np.int64),
        approval=numbered(records),
    )


def reserved_mw(recorded: Iterable[JobRecord], fleet: Fleet, first: Hour, hours: int) -> FloatArray:
    """Return the (region, hour ahead) power of all jobs that have a place, from `first` on.

    Jobs whose place may still change are included.

    Args:
        recorded: the latest record of each live job.
    """
    records = [record for record in recorded if has_not_ended(record, fleet, first)]
    work = Workload.of([placed_job(record) for record in records], fleet.region_ids)
    reserved = np.zeros((len(fleet.regions), hours))
    placements_of(records, 0, fleet).add_power(reserved, work, int(first.astype(np.int64)))
    return reserved
