"""A run of four jobs in two regions, small enough to compute by hand."""

from collections.abc import Sequence

import numpy as np
from support.sites import calm, fleet_of, hour, job, prepared_of, region

from fleet.actuals.actual_hours import ActualHours
from fleet.domain.job import Job
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.physics.limits import IT_POWER, Limit, code_of
from fleet.preparation.prepared import Prepared
from fleet.replay.hour_loop import RunRecord
from fleet.replay.job_status import JobStatus
from fleet.replay.run import Run, judge

REGIONS = ("alpha", "beta")
FLEET = fleet_of(region("alpha"), region("beta"))
ORIGIN = hour("2024-01-01T00")


def status_of(*places: tuple[str, str] | None, limit: Limit = IT_POWER) -> JobStatus:
    """Return the status of jobs that run at these regions and starts.

    Args:
        places: region and start of each job; None for a job that was denied.
        limit: the limit by which jobs were denied.
    """
    status = JobStatus.initial(len(places))
    status.origin_h[:] = ORIGIN.astype(np.int64)
    for index, place in enumerate(places):
        if place is None:
            status.denied_limit[index] = code_of(limit)
            continue
        region_id, start = place
        status.region[index], status.start_h[index] = REGIONS.index(region_id), hour(start).astype(np.int64)
        status.committed[index] = True
    return status


def january_job(name: str, **changes) -> Job:
    """Return a job with a window from 01 to 12 of the first of January."""
    defaults = {"earliest_utc": hour("2024-01-01T01"), "deadline_utc": hour("2024-01-01T12")}
    return job(name, **(defaults | changes))


# Two jobs meet in alpha at 03, with 5 MW; the third job is denied; the fourth runs alone in beta.
WORK = Workload.of(
    [
        january_job("now", power_mw=2.0, duration_h=3),
        january_job("later", power_mw=3.0, duration_h=2),
        january_job("denied", power_mw=1.0, duration_h=4),
        january_job("elsewhere", power_mw=1.0, duration_h=1),
    ],
    REGIONS,
)
STATUS = status_of(("alpha", "2024-01-01T01"), ("alpha", "2024-01-01T03"), None, ("beta", "2024-01-01T01"))
# At every origin 4 MW of headroom are left in each region.
PREPARED = prepared_of(np.full((2, 2, 24), 4.0), regions=REGIONS, first="2024-01-01T00")


def judged_run(
    telemetry: Telemetry | None = None,
    *,
    work: Workload = WORK,
    status: JobStatus = STATUS,
    prepared: Prepared = PREPARED,
    plans: Sequence[tuple[float, float]] = (),
) -> tuple[Run, ActualHours]:
    """Return the judged run and the actual hours; by default of a calm day."""
    observed = telemetry or calm(FLEET, 1)
    actuals = ActualHours.of(observed, FLEET)
    record = RunRecord(work=work, status=status, plans=plans)
    return judge("greedy", record, prepared, actuals, observed.time_utc[0]), actuals
