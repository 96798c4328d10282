"""One policy's run through history, and the outcome of each of its jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours, ResourceUse
from fleet.conformal.controller import Controller
from fleet.decisions.contested import contested_hours
from fleet.domain.clock import Hour
from fleet.domain.decision import Decision
from fleet.domain.workload import Workload
from fleet.preparation.prepared import Prepared
from fleet.replay.hour_loop import RunRecord
from fleet.replay.job_status import JobStatus
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where each job ran, and its outcome.

    A job that ran is judged if it breached, or if the actual values of all its hours are known.

    A job is contested if one of its hours meets a condition: the upper bounds leave no headroom beside all jobs that
    were placed there; the forecast comes within 3 K of a temperature limit (near_temperature_limit); or the forecast
    comes within 5 % of another limit. A job that ran is looked at in its own hours, with the forecasts and bounds of
    its last decision. A job that never ran is looked at as if it ran at home on arrival, with those of its arrival.

    Args:
        policy: name of the policy, or of the variant.
        breached, judged, contested, near_temperature_limit: (job,).
        job_mw: (region, hour) IT power of the jobs, on the hours of the telemetry.
        resource_use: the resources that the jobs added to the fleet's use.
        controllers, decisions, advices: as in `RunRecord`.
        plan_objective_usd, plan_bound_usd: (origin,) objective and lower bound of each hour's plan; NaN if the policy
            gives none.
    """

    policy: str
    work: Workload
    status: JobStatus
    breached: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    contested: NDArray[np.bool_]
    near_temperature_limit: NDArray[np.bool_]
    job_mw: FloatArray
    resource_use: ResourceUse
    controllers: Sequence[Controller]
    decisions: Sequence[Decision]
    advices: int
    plan_objective_usd: FloatArray
    plan_bound_usd: FloatArray

    def plans(self) -> dict[str, float | None]:
        """Return the sums of objective and lower bound over the plans with a bound, and their relative gap.

        All three are None without such a plan. The gap is also None if the sum of the bounds is not positive.
        """
        has_bound = np.isfinite(self.plan_bound_usd)
        if not has_bound.any():
            return {"objective_usd": None, "bound_usd": None, "gap": None}
        objective, bound = (float(usd[has_bound].sum()) for usd in (self.plan_objective_usd, self.plan_bound_usd))
        return {"objective_usd": objective, "bound_usd": bound, "gap": objective / bound - 1 if bound > 0 else None}

    @property
    def placed(self) -> NDArray[np.bool_]:
        """(job,) whether the job ran."""
        return self.status.placed

    @cached_property
    def completed(self) -> NDArray[np.bool_]:
        """(job,) whether the job ran, and with it all segments of its whole job."""
        whole = self.work.whole
        return np.asarray(np.bincount(whole, weights=~self.placed, minlength=len(self.work))[whole] == 0)

    @property
    def controller(self) -> Controller | None:
        """The controller at the end of the run."""
        return self.controllers[-1] if self.controllers else None

    @property
    def safe(self) -> NDArray[np.bool_]:
        """(job,) whether the job ran and certainly did not breach."""
        return self.judged & ~self.breached

    @property
    def contested_judged(self) -> NDArray[np.bool_]:
        """(job,) whether the job is contested, ran and was judged. The promise limits the breach rate of these jobs."""
        return self.judged & self.contested


def judge(
    policy: str,
    record: RunRecord,
    prepared: Prepared,
    actuals: ActualHours,
    first_hour: Hour,
) -> Run:
    """Sum the power of the jobs that ran, and find the jobs that breached and those that were contested.

    Args:
        prepared: the forecasts and bounds that tell which jobs are contested; the same for all policies.
        first_hour: the first hour of the actual hours.
    """
    work, status, first_h = record.work, record.status, int(first_hour.astype(np.int64))
    regions, hours = actuals.base_load_mw.shape
    job_mw = job_load_mw(status, work, regions, hours, first_h)
    breached = any_within(actuals.breached(job_mw), status, work, first_h)
    is_contested, near_temperature_limit = contested(status, work, prepared, job_mw, first_h)
    objective, bound = np.array(record.plans, dtype=np.float64).reshape(-1, 2).T
    return Run(
        policy=policy,
        work=work,
        status=status,
        breached=breached,
        judged=status.placed & (breached | ~any_within(~actuals.judged, status, work, first_h)),
        contested=is_contested,
        near_temperature_limit=near_temperature_limit,
        job_mw=job_mw,
        resource_use=actuals.resource_use(job_mw),
        controllers=record.controllers,
        decisions=record.decisions,
        advices=record.advices,
        plan_objective_usd=objective,
        plan_bound_usd=bound,
    )


def job_load_mw(status: JobStatus, work: Workload, regions: int, hours: int, first_h: int) -> FloatArray:
    """Return the (region, hour) IT power of the jobs that ran. Hour 0 is `first_h`, counted from 1970-01-01T00 UTC."""
    ran = status.placed
    region, start = status.region[ran], status.start_h[ran] - first_h
    end, power = start + work.duration_h[ran], work.power_mw[ran]
    change, count = np.zeros((regions, hours + 1)), np.zeros((regions, hours + 1), dtype=np.int64)
    for hour, sign in ((start, 1), (end, -1)):
        np.add.at(change, (region, hour), sign * power)
        np.add.at(count, (region, hour), sign)
    # Sums of floats leave rounding errors in hours without a job. The exact count of jobs removes them.
    return np.where(np.cumsum(count, axis=1) > 0, np.cumsum(change, axis=1), 0.0)[:, :hours]


def any_within(flags: NDArray[np.bool_], status: JobStatus, work: Workload, first_h: int) -> NDArray[np.bool_]:
    """Return (job,) whether a flag is set in an hour in which the job ran; False for a job that never ran.

    Args:
        flags: (region, hour) from `first_h` on.
    """
    ran = status.placed
    region, start = status.region[ran], status.start_h[ran] - first_h
    count_before = np.zeros((flags.shape[0], flags.shape[1] + 1), dtype=np.int64)
    count_before[:, 1:] = np.cumsum(flags, axis=1)
    is_set = np.zeros(len(work), dtype=np.bool_)
    is_set[ran] = count_before[region, start + work.duration_h[ran]] > count_before[region, start]
    return is_set


def contested(
    status: JobStatus, work: Workload, prepared: Prepared, job_mw: FloatArray, first_h: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which jobs are contested, and which are near a temperature limit, as two (job,) arrays; see `Run`."""
    ran = status.placed
    # A job that never ran is looked at from the hour before its arrival, not from the hour before its denial.
    origin_h = np.where(ran, status.origin_h, work.earliest_h - 1)
    start_h = status.start_or_arrival_h(work)
    region = np.where(ran, status.region, work.home)
    own_mw = np.where(ran, 0.0, work.power_mw)
    # From here on an entry is an hour of a job.
    owner = np.repeat(np.arange(len(work)), work.duration_h)
    hour_of_job = np.arange(len(owner)) - np.repeat(np.cumsum(work.duration_h) - work.duration_h, work.duration_h)
    hour = start_h[owner] + hour_of_job
    near_limit, near_limit_mw, headroom_mw = prepared.seen_at(
        origin_h[owner].astype("datetime64[h]"), region[owner], hour.astype("datetime64[h]")
    )
    taken_mw = job_mw[region[owner], hour - first_h] + own_mw[owner]
    is_contested_hour = contested_hours(near_limit, near_limit_mw, headroom_mw, taken_mw)

    def in_any_hour(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(np.bincount(owner, weights=flags, minlength=len(work)) > 0)

    return in_any_hour(is_contested_hour), in_any_hour(near_limit)
