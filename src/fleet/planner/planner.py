"""The planner: takes the new jobs of each step, and keeps the places of all jobs between the steps."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.errors import ConfigError, DataError, PlacementError
from fleet.planner.open_jobs import OpenJobs
from fleet.planner.planner_job import PlannerJob
from fleet.planner.planner_state import PlannerState
from fleet.planner.resource_table import ResourceTable
from fleet.planner.run_step import run_step
from fleet.planner.step_clock import StepClock, length_of, utc_moment
from fleet.planner.step_result import StepResult
from fleet.planner.transfers import Transfers


class Planner:
    """Places jobs into arrays of capacity and cost, step after step.

    A job that has begun is never moved. The places of all other jobs may change in each step, so that all jobs together
    cost less. In no region and step do the jobs use more of a resource than its capacity.
    """

    def __init__(
        self,
        capacity: Any,
        costs: Any,
        *,
        regions: Sequence[str],
        step: str | timedelta = "1h",
        energy: str = "mw",
        transfers: Transfers | None = None,
    ) -> None:
        """Create a planner that knows no job.

        Args:
            capacity: resource -> (region, step) array, in any unit; one array alone is of the energy resource. NaN is
                zero, and inf is no limit. Step 0 begins at the first `now`. Arrays are copied.
            costs: (region, step) cost of one unit of the energy resource for one hour, such as USD per MWh; NaN where a
                place is not used.
            regions: names, in the order of the arrays.
            step: length of a step, such as "15min".
            energy: the resource that costs money. Each job uses some of it.
            transfers: cost and time of moving data between regions; None if neither counts.
        Raises: ConfigError for a name or step that cannot be used; DataError for an array of another shape, a negative
            capacity or an infinite cost.
        """
        self._length = length_of(step)
        self._energy = energy
        self._table = ResourceTable.of(capacity, costs, regions, energy)
        if transfers is not None and not isinstance(transfers, Transfers):
            raise ConfigError(f"transfers has the type {type(transfers).__name__}, expected Transfers or None")
        self._transfers = (transfers or Transfers()).between(len(self._table.regions))
        self._state: PlannerState | None = None

    def step(
        self,
        now: datetime,
        jobs: Iterable[PlannerJob] = (),
        *,
        cancelled: Collection[str] = (),
        capacity: Any = None,
        costs: Any = None,
    ) -> StepResult:
        """Plan one step: place the new jobs, plan again all jobs that have not begun, and release what has ended.

        Args:
            now: begin of the step, with a time zone; one step after the last call.
            jobs: the jobs that are new.
            cancelled: ids of jobs to release; a running job, too, no longer uses any capacity.
            capacity, costs: arrays that replace those of the planner; their step 0 begins at `now`. Without them the
                planner goes on with the steps that it has left.
        Returns: verdicts, prices, objective and bound of the step.
        Raises: DataError for a wrong time, id or array, or if no step of capacity is left; PlacementError for a job
            that this planner cannot hold. After an error the planner is as it was before the call.
        """
        before = self._at(utc_moment(now, "now"))
        table = before.table
        if capacity is not None or costs is not None:
            table = table.with_new(capacity, costs, self._energy)
        if not table.steps:
            raise DataError(f"capacity and costs end before {now.isoformat()}, expected more steps: pass both again")
        has_ended = before.jobs.has_place & (before.jobs.end <= before.step)
        known = before.jobs.where(~has_ended & ~_named(before.jobs, cancelled))
        new = self._new_jobs(jobs, known, replace(before, table=table))
        state = replace(
            before,
            table=table,
            jobs=known.followed_by(new),
            arrived=before.arrived + len(new),
            prices=None if before.prices is None else before.prices.ahead(1, table.steps),
        )
        result, self._state = run_step(state, tuple(before.jobs.id[has_ended].tolist()))
        return result

    def _at(self, moment: datetime) -> PlannerState:
        """Return the state at a time, one step after the last one, without the jobs and arrays that are new."""
        last = self._state
        if last is None:
            clock = StepClock(first_utc=moment, length=self._length)
            none = OpenJobs.of([], self._table, clock, self._energy, self._transfers)
            energy = self._table.resources.index(self._energy)
            return PlannerState(clock=clock, step=0, table=self._table, energy=energy, jobs=none)
        last.clock.check_next(moment, last.step + 1)
        return replace(last, step=last.step + 1, table=last.table.one_step_later())

    def _new_jobs(self, jobs: Iterable[PlannerJob], known: OpenJobs, state: PlannerState) -> OpenJobs:
        """Return the new jobs. Raises: DataError for an object that is no job; PlacementError for an id that exists."""
        if isinstance(jobs, PlannerJob) or not isinstance(jobs, Iterable):
            raise DataError(f"jobs has the type {type(jobs).__name__}, expected a list of PlannerJob")
        new, ids = list(jobs), set(known.id.tolist())
        for job in new:
            if not isinstance(job, PlannerJob):
                raise DataError(f"jobs holds a value of type {type(job).__name__}, expected PlannerJob")
            if job.id in ids:
                raise PlacementError("the planner knows this id already, expected a new one", job_id=job.id)
            ids.add(job.id)
        return OpenJobs.of(new, state.table, state.clock, self._energy, self._transfers, arrived=state.arrived)


def _named(jobs: OpenJobs, ids: Collection[str]) -> NDArray[np.bool_]:
    """Tell which jobs are named. Raises: DataError for an id that no open job has."""
    if not isinstance(ids, Iterable) or not all(isinstance(name, str) for name in ids):
        raise DataError(f"cancelled is {ids!r:.60}, expected a list of ids")
    names = {ids} if isinstance(ids, str) else set(ids)
    if not names:
        return np.zeros(len(jobs), dtype=np.bool_)
    unknown = names.difference(jobs.id.tolist())
    if unknown:
        raise DataError(f"cancelled names {min(unknown):.60}, expected ids of jobs that have not ended")
    return np.array([name in names for name in jobs.id.tolist()], dtype=np.bool_)
