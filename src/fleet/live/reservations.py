"""The telemetry that is known at a live hour, and the power that earlier approvals reserve in the hours ahead."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from fleet.decisions.state import Placements, add_power
from fleet.domain.clock import Hour, iso
from fleet.domain.job import Job
from fleet.domain.observed import newest_observation, up_to
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.ledger import JobRecord
from fleet.live.approval_groups import numbered
from fleet.units import FloatArray, IntArray


def known_at(telemetry: Telemetry, fleet: Fleet, at: Hour | None, horizon: int) -> Telemetry:
    """Return the fleet's telemetry up to an hour; by default up to the newest observation.

    Hours after the end of the telemetry are missing values.

    Args:
        horizon: leads [h]. If the newest observation is older than this, nothing can be bounded.
    Raises: DataError if the hour is before the telemetry, or more than the horizon after its newest observation.
    """
    telemetry = telemetry.of_regions(fleet.region_ids)
    newest = newest_observation(telemetry)
    if newest is None:
        raise DataError("no observed value is stored, expected telemetry of the fleet's regions")
    hour = newest if at is None else at
    if hour - newest > horizon * np.timedelta64(1, "h"):
        raise DataError(
            f"{iso(hour)} is outside the telemetry: its newest observed value is of {iso(newest)}, and nothing is "
            f"bounded more than {horizon} h later"
        )
    return up_to(telemetry, hour)


def has_not_ended(record: JobRecord, fleet: Fleet, first: Hour) -> bool:
    """Tell whether a job has a place in this fleet and has not ended by `first`."""
    return record.has_place and record.region in fleet.region_ids and bool(record.end_utc > first)


def placed_job(record: JobRecord) -> Job:
    """Return a job that can only run in the place of the record. Assumes that the record has a place."""
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
    """Return the job of a record: power, length and window from the record, all else from the submitted job.

    If the job is not submitted any more, it may run in the regions that its decision considered.
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
        region=_positions(records, fleet),
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
    reserved = np.zeros((len(fleet.regions), hours))
    start = np.array([record.start_utc for record in records], dtype="datetime64[h]").astype(np.int64)
    add_power(
        reserved,
        region=_positions(records, fleet),
        start=start - int(first.astype(np.int64)),
        duration_h=np.array([record.duration_h for record in records], dtype=np.int64),
        power_mw=np.array([record.power_mw for record in records], dtype=np.float64),
    )
    return reserved


def _positions(records: Sequence[JobRecord], fleet: Fleet) -> IntArray:
    """Return the (record,) position of each record's region in the fleet."""
    position = {region_id: index for index, region_id in enumerate(fleet.region_ids)}
    return np.array([position[str(record.region)] for record in records], dtype=np.int64)
