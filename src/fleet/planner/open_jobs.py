"""The jobs that a planner knows: those that wait, have a place or run, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.errors import PlacementError
from fleet.planner.planner_job import PlannerJob
from fleet.planner.resource_table import ResourceTable
from fleet.planner.step_case import NOWHERE
from fleet.planner.step_clock import StepClock
from fleet.units import FloatArray, IntArray

# A transfer that never ends. Sums with step numbers do not overflow.
NEVER = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenJobs:
    """Jobs that have not ended. The first axis of every array is (job,). Steps count from the planner's first step.

    id: texts.
    arrival: number of the job in the order of arrival; jobs of one call are numbered in the order of their ids.
    use: (job, resource).
    factor: (job, region) factor on the use of the energy resource.
    allowed: (job, region) True where the job may run.
    transfer_steps, transfer_usd: (job, region) duration and cost of moving the job's data there.
    steps: duration.
    earliest: first allowed start.
    deadline: step at whose begin the job must have ended.
    priority: jobs of a higher priority are placed first.
    region, start: the job's place; NOWHERE without one.
    is_fixed: the transfer or the run of the job has begun.
    """

    id: NDArray[np.object_]
    arrival: IntArray
    use: FloatArray
    factor: FloatArray
    allowed: NDArray[np.bool_]
    transfer_steps: IntArray
    transfer_usd: FloatArray
    steps: IntArray
    earliest: IntArray
    deadline: IntArray
    priority: IntArray
    region: IntArray
    start: IntArray
    is_fixed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def of(
        cls,
        jobs: Sequence[PlannerJob],
        table: ResourceTable,
        clock: StepClock,
        energy: str,
        transfers: tuple[FloatArray, FloatArray],
        *,
        arrived: int = 0,
    ) -> Self:
        """Return new jobs, in the order of their ids.

        Args:
            energy: name of the energy resource.
            transfers: cost and hours of one gigabyte, (home, region) each.
            arrived: number of jobs that have arrived before.
        Raises: PlacementError for a job with an unknown region or resource, a job that uses no energy, or a job that
            lasts longer than the table reaches.
        """
        jobs = sorted(jobs, key=lambda job: job.id)
        position = {name: index for index, name in enumerate(table.regions)}
        count, regions = len(jobs), len(table.regions)
        for job in jobs:
            _check(job, table, clock, energy)
        allowed, factor = np.zeros((count, regions), dtype=np.bool_), np.ones((count, regions))
        for row, job in enumerate(jobs):
            allowed[row, [position[name] for name in job.regions] if job.regions else slice(None)] = True
            for name, value in job.energy_factor.items():
                factor[row, position[name]] = value
        home = np.array([position.get(job.home_region, 0) for job in jobs], dtype=np.int64)
        data_gb = np.array([job.data_gb for job in jobs], dtype=np.float64)
        usd_per_gb, h_per_gb = transfers
        has_data = data_gb[:, None] > 0
        # An infinite time times no data would be NaN.
        hours = np.where(has_data, np.where(has_data, h_per_gb[home], 0.0) * data_gb[:, None], 0.0)
        # A rounding error of a product must not cost a whole step.
        steps = np.minimum(np.ceil(hours / clock.hours - 1e-9), float(NEVER)).astype(np.int64)
        return cls(
            id=np.array([job.id for job in jobs], dtype=np.object_),
            arrival=arrived + np.arange(count),
            use=np.array([[job.uses.get(name, 0.0) for name in table.resources] for job in jobs]).reshape(
                count, len(table.resources)
            ),
            factor=factor,
            allowed=allowed & (steps < NEVER),
            transfer_steps=steps,
            transfer_usd=usd_per_gb[home] * data_gb[:, None],
            steps=np.array([clock.steps_for(job.duration) for job in jobs], dtype=np.int64),
            earliest=np.array([clock.first_step_from(job.earliest_utc) for job in jobs], dtype=np.int64),
            deadline=np.array([clock.last_step_until(job.deadline_utc) for job in jobs], dtype=np.int64),
            priority=np.array([job.priority for job in jobs], dtype=np.int64),
            region=np.full(count, NOWHERE),
            start=np.full(count, NOWHERE),
            is_fixed=np.zeros(count, dtype=np.bool_),
        )

    @property
    def has_place(self) -> NDArray[np.bool_]:
        """(job,) True for a job with a place."""
        return np.asarray(self.region != NOWHERE)

    @property
    def end(self) -> IntArray:
        """(job,) step after the last one of the job's place. Only for jobs with a place."""
        return self.start + self.steps

    def runs(self, step: int) -> NDArray[np.bool_]:
        """(job,) True for the jobs that began before a step."""
        return np.asarray(self.has_place & (self.start < step))

    def begins(self) -> IntArray:
        """(job,) step in which the job's transfer, or its run without one, begins. Only for jobs with a place."""
        rows = np.arange(len(self))
        return self.start - self.transfer_steps[rows, np.maximum(self.region, 0)]

    def where(self, which: NDArray[np.bool_] | IntArray) -> Self:
        """Return the chosen jobs, in the order in which they are chosen."""
        # Numbers of rows, because a mask is read anew for each array.
        rows = np.flatnonzero(which) if which.dtype == np.bool_ else which
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def followed_by(self, others: Self) -> Self:
        """Return these jobs followed by others."""
        if not len(others):
            return self
        return type(self)(
            **{
                field.name: np.concatenate([getattr(self, field.name), getattr(others, field.name)])
                for field in fields(self)
            }
        )


def _check(job: PlannerJob, table: ResourceTable, clock: StepClock, energy: str) -> None:
    """Refuse a job that does not match the planner."""
    for name in (job.home_region, *job.regions, *job.energy_factor):
        if name and name not in table.regions:
            raise PlacementError(
                f"region is {name:.60}, expected one of {', '.join(table.regions):.200}", job_id=job.id
            )
    for name in job.uses:
        if name not in table.resources:
            raise PlacementError(
                f"uses {name!r:.60}, expected resources of the planner: {', '.join(table.resources):.200}",
                job_id=job.id,
            )
    if not job.uses.get(energy, 0.0) > 0:
        raise PlacementError(
            f"uses no {energy}, expected more than zero, because costs are per unit of it", job_id=job.id
        )
    steps = clock.steps_for(job.duration)
    if steps > table.steps:
        raise PlacementError(
            f"duration is {job.duration}, which is {steps} steps of {clock.length}, expected at most the {table.steps} "
            "steps of the capacity; give capacity and costs further ahead",
            job_id=job.id,
        )
