"""Finds the steps in which running jobs use more than there is, after the capacity has shrunk."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from fleet.planner.open_jobs import OpenJobs
from fleet.planner.resource_table import ResourceTable
from fleet.planner.step_clock import StepClock
from fleet.units import FloatArray

# Largest rounding error of a sum of uses, as a share of the largest sum of the resource.
_ROUNDING_SHARE = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Overload:
    """Running jobs use more than there is. The planner never stops a job; the caller may stop it and cancel it.

    time_utc: begin of the step.
    used, capacity: in the unit of the resource.
    job_ids: the running jobs that use the resource there then.
    """

    resource: str
    region: str
    time_utc: datetime
    used: float
    capacity: float
    job_ids: tuple[str, ...]


def rounding(use: FloatArray) -> FloatArray:
    """Return the (resource, 1, 1) largest rounding error of a (resource, region, step) sum of uses."""
    return np.asarray(_ROUNDING_SHARE * use.max(axis=(1, 2), keepdims=True))


def overloads_of(
    running: OpenJobs, use: FloatArray, step: int, table: ResourceTable, clock: StepClock
) -> tuple[Overload, ...]:
    """Return the overloads by resource, region and step.

    Args:
        use: (resource, region, step) use of the running jobs.
        step: the present step, counted from the planner's first one.
    """
    cells = np.argwhere(use > table.capacity + rounding(use))
    overloads = []
    for resource, region, ahead in cells.tolist():
        is_there = (running.region == region) & (running.end > step + ahead) & (running.use[:, resource] > 0)
        overloads.append(
            Overload(
                resource=table.resources[resource],
                region=table.regions[region],
                time_utc=clock.time_utc(step + ahead),
                used=float(use[resource, region, ahead]),
                capacity=float(table.capacity[resource, region, ahead]),
                job_ids=tuple(running.id[is_there].tolist()),
            )
        )
    return tuple(overloads)
