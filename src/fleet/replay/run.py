"""One policy's run through history, and what came of each of its jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours, ResourceUse
from fleet.conformal.controller import Controller
from fleet.domain.clock import Hour
from fleet.domain.decision import Decision
from fleet.domain.workload import Workload
from fleet.preparation.prepared import Prepared
from fleet.replay.job_status import JobStatus
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where each job ran, and what came of it.

    breached, judged: (job,). A job that ran is judged if it breached or all its hours can be.
    contested, near_temperature_limit: (job,). A job is contested where it was placed, or at home on arrival if it never
        was: with all jobs that were placed there, the upper bound of each hour by itself, as it was known then, leaves
        no headroom in some hour of its window, or the forecast comes within 3 degC of a temperature limit
        (near_temperature_limit) or within 5 % of another.
    job_mw: (region, hour) IT power of the jobs, on the telemetry's hours.
    controllers: as they stood after the decisions of each origin; empty where the run had none.
    decisions: the last one on each job, whole; empty unless asked for.
    advices: how often the owner of a running job was advised to migrate it.
    batch_objective_usd, batch_bound_usd: (origin,) of the plan of each hour; NaN where the policy knows no bound.
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
    batch_objective_usd: FloatArray
    batch_bound_usd: FloatArray

    def plans(self) -> dict[str, float | None]:
        """Objective and bound of all hours' plans, added up, and how far apart they are; None without a bound."""
        known = np.isfinite(self.batch_bound_usd)
        if not known.any():
            return {"objective_usd": None, "bound_usd": None, "gap": None}
        objective, bound = (float(each[known].sum()) for each in (self.batch_objective_usd, self.batch_bound_usd))
        return {"objective_usd": objective, "bound_usd": bound, "gap": objective / bound - 1 if bound > 0 else None}

    @property
    def placed(self) -> NDArray[np.bool_]:
        """(job,) ran."""
        return self.status.placed

    @property
    def controller(self) -> Controller | None:
        """As the run left it."""
        return self.controllers[-1] if self.controllers else None

    @property
    def safe(self) -> NDArray[np.bool_]:
        """(job,) ran, and is known not to have breached."""
        return self.judged & ~self.breached


def judge(
    policy: str,
    work: Workload,
    status: JobStatus,
    prepared: Prepared,
    actuals: ActualHours,
    first_hour: Hour,
    *,
    controllers: Sequence[Controller] = (),
    decisions: Sequence[Decision] = (),
    advices: int = 0,
    batches: Sequence[tuple[float, float]] = (),
) -> Run:
    """Add the jobs that ran up, and find those that met a breach and those that were contested.

    Args:
        prepared: what they were decided on.
        first_hour: the first hour of the actuals.
        controllers, decisions, advices: of Run. batches: objective and bound of each hour's plan.
    """
    first_h = int(first_hour.astype(np.int64))
    regions, hours = actuals.base_load_mw.shape
    job_mw = job_load_mw(status, work, regions, hours, first_h)
    breached = any_within(actuals.breached(job_mw), status, work, first_h)
    hard, near_temperature_limit = contested(status, work, prepared, job_mw, first_h)
    objective, bound = np.array(batches, dtype=np.float64).reshape(-1, 2).T
    return Run(
        policy=policy,
        work=work,
        status=status,
        breached=breached,
        judged=status.placed & (breached | ~any_within(~actuals.judged, status, work, first_h)),
        contested=hard,
        near_temperature_limit=near_temperature_limit,
        job_mw=job_mw,
        resource_use=actuals.resource_use(job_mw),
        controllers=controllers,
        decisions=decisions,
        advices=advices,
        batch_objective_usd=objective,
        batch_bound_usd=bound,
    )


def job_load_mw(status: JobStatus, work: Workload, regions: int, hours: int, first_h: int) -> FloatArray:
    """(region, hour) IT power of the jobs that ran, on hours from `first_h` on."""
    ran = status.placed
    region, start = status.region[ran], status.start_h[ran] - first_h
    end, power = start + work.duration_h[ran], work.power_mw[ran]
    change, count = np.zeros((regions, hours + 1)), np.zeros((regions, hours + 1), dtype=np.int64)
    for at, sign in ((start, 1), (end, -1)):
        np.add.at(change, (region, at), sign * power)
        np.add.at(count, (region, at), sign)
    # Sums of floats leave dust where no job runs; the exact count clears it.
    return np.where(np.cumsum(count, axis=1) > 0, np.cumsum(change, axis=1), 0.0)[:, :hours]


def any_within(flags: NDArray[np.bool_], status: JobStatus, work: Workload, first_h: int) -> NDArray[np.bool_]:
    """(job,): some (region, hour) flag is set while the job ran."""
    ran = status.placed
    region, start = status.region[ran], status.start_h[ran] - first_h
    so_far = np.zeros((flags.shape[0], flags.shape[1] + 1), dtype=np.int64)
    so_far[:, 1:] = np.cumsum(flags, axis=1)
    found = np.zeros(len(work), dtype=np.bool_)
    found[ran] = so_far[region, start + work.duration_h[ran]] > so_far[region, start]
    return found


def contested(
    status: JobStatus, work: Workload, prepared: Prepared, job_mw: FloatArray, first_h: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(job,) contested and near_temperature_limit: see Run."""
    ran = status.placed
    # A job that never ran is judged by the hour of its arrival, not by that of its denial.
    origin_h = np.where(ran, status.origin_h, work.earliest_h - 1)
    start_h = status.start_or_arrival_h(work)
    region = np.where(ran, status.region, work.home)
    own_mw = np.where(ran, 0.0, work.power_mw)
    # From here on an entry is an hour of a job.
    owner = np.repeat(np.arange(len(work)), work.duration_h)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(work.duration_h) - work.duration_h, work.duration_h)
    hour = start_h[owner] + within
    near_limit, near_limit_mw, headroom_mw = prepared.seen_at(
        origin_h[owner].astype("datetime64[h]"), region[owner], hour.astype("datetime64[h]")
    )
    taken = job_mw[region[owner], hour - first_h] + own_mw[owner]
    hard = near_limit | (taken > near_limit_mw) | (taken >= headroom_mw)

    def any_hour(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(np.bincount(owner, weights=flags, minlength=len(work)) > 0)

    return any_hour(hard), any_hour(near_limit)
