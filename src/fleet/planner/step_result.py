"""What a planner answers after a step: a verdict for each job, overloads, prices, objective and bound."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.planner.open_jobs import OpenJobs
from fleet.planner.step_case import NOWHERE
from fleet.planner.step_clock import StepClock
from fleet.planner.step_overload import Overload
from fleet.units import FloatArray

APPROVE, DEFER, DENY = "approve", "defer", "deny"


@dataclass(frozen=True, kw_only=True, slots=True)
class StepVerdict:
    """The verdict on one job in one step.

    verdict: "approve": the job, or the transfer of its data, begins in this step, and its place is fixed. "defer": the
        job has a later place, which may still change, or waits without one. "deny": the job can no longer end by its
        deadline; the planner has forgotten the job.
    region, start_utc, end_utc: the place; None without one.
    transfer_utc: when the transfer of the data must begin; None if there is none.
    lost_place: the job had a place and has lost it, because capacity shrank or a higher priority needed it.
    """

    job_id: str
    verdict: str
    region: str | None
    start_utc: datetime | None
    end_utc: datetime | None
    transfer_utc: datetime | None
    lost_place: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class StepResult:
    """The result of one step. Arrays are copies; changing them changes nothing in the planner.

    now: begin of the step.
    ended: ids of the jobs whose time is over in this step.
    overloads: see `Overload`; one for each resource, region and step.
    prices: resource -> (region, step) what one more unit would save in one hour; zero where capacity is left, NaN in a
        place that is not used. Step 0 is the present step.
    objective_usd: cost of energy and transfer of the jobs whose place may still change, plus a penalty for each of them
        that has no place: three times the dearest cost of its energy.
    bound_usd: lower bound of this objective. No plan of the same jobs costs less.
    """

    now: datetime
    ended: tuple[str, ...]
    overloads: tuple[Overload, ...]
    prices: Mapping[str, FloatArray]
    objective_usd: float
    bound_usd: float
    _jobs: OpenJobs
    _verdict: NDArray[np.str_]
    _lost_place: NDArray[np.bool_]
    _regions: tuple[str, ...]
    _clock: StepClock

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def verdicts(self) -> Iterator[StepVerdict]:
        """The verdict on each job that did not run before this step, in the order in which the jobs are placed."""
        jobs, time_utc = self._jobs, self._clock.time_utc
        begins, end = jobs.begins(), jobs.end
        for row, region in enumerate(jobs.region.tolist()):
            start = int(jobs.start[row])
            is_placed = region != NOWHERE
            yield StepVerdict(
                job_id=jobs.id[row],
                verdict=str(self._verdict[row]),
                region=self._regions[region] if is_placed else None,
                start_utc=time_utc(start) if is_placed else None,
                end_utc=time_utc(int(end[row])) if is_placed else None,
                transfer_utc=time_utc(int(begins[row])) if is_placed and begins[row] < start else None,
                lost_place=bool(self._lost_place[row]),
            )

    def to_frame(self) -> pl.DataFrame:
        """Return one row per verdict: the fields of `StepVerdict`."""
        zone = pl.Datetime("us", "UTC")
        schema = {
            "job_id": pl.String(),
            "verdict": pl.String(),
            "region": pl.String(),
            "start_utc": zone,
            "end_utc": zone,
            "transfer_utc": zone,
            "lost_place": pl.Boolean(),
        }
        rows = [[getattr(verdict, name) for name in schema] for verdict in self.verdicts]
        return pl.DataFrame(rows, schema=schema, orient="row")
