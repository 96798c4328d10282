"""What a policy's year came to, in the contract's figures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.domain.conditions import Limit
from fleet.domain.costs import transfer_usd, waiting_usd
from fleet.domain.region import Costs
from fleet.domain.workload import Workload
from fleet.evaluation.intervals import day_block_interval
from fleet.replay.breakdown import Cell, Count, Unserved, breakdown, contested_cells, day_of, unserved_by_size
from fleet.replay.job_status import JobStatus
from fleet.replay.run import Run
from fleet.units import M3_PER_LITRE, TONNES_PER_KG, FloatArray


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Counts of jobs, and what running them took. Energy is facility energy that the jobs added; served is IT energy.

    A job whose window has an hour without actual weather or load, and no breach in the others, is unjudged: no rate
    counts it.

    approved: jobs that had a place at some time; withdrawn: those of them that lost it and never ran. moves: how often
        a job lost its place or was given another, before it began.
    migrate_advices: running jobs whose owners were advised to migrate them.
    waited_h_mean, waited_h_p95: from a job's earliest start to its start.
    cost_usd: of energy, carbon and water, of moving data and of waiting.
    objective_usd: cost, and the penalty of the lower bound for energy that is not served.
    contested_mwh, contested_breached_mwh: IT energy of the contested approvals that could be judged, and of those of
        them that breached.
    known_mwh: IT energy of the hours whose carbon, water and cost are known; these are sums and rates of those alone.
    breached_region_hours: hours in which jobs ran outside the envelope.
    breach_bound, controller: of the breach rate of all regions, and what is published of each; None where a policy has
        no controller.
    safe_contested: of the safe jobs, those that are contested in the oracle's run.
    denied_by_limit: jobs that never ran, withdrawn ones included, by the limit that bound them; `unknown` where no
        bound could be given.
    breakdown, contested_cells: of the module of that name.
    """

    jobs: int
    approved: int
    deferred: int
    denied: int
    withdrawn: int
    moves: int
    migrate_advices: int
    waited_h_mean: float
    waited_h_p95: float
    contested_jobs: int
    contested_approved: int
    contested_breached: int
    breached_jobs: int
    unjudged_jobs: int
    breach_rate: float
    contested_breach_rate: float
    breach_bound: float | None
    breach_interval_95: tuple[float, float]
    contested_breach_interval_95: tuple[float, float]
    contested_mwh: float
    contested_breached_mwh: float
    contested_breach_rate_mwh: float
    contested_breach_interval_95_mwh: tuple[float, float]
    breached_region_hours: int
    safe_jobs: int
    safe_approved: int
    safe_contested: int
    safe_contested_approved: int
    carbon_t: float
    water_m3: float
    energy_mwh: float
    served_mwh: float
    known_mwh: float
    unserved_mwh: float
    cost_usd: float
    cost_per_served_mwh: float
    objective_usd: float
    unserved_by_size: Mapping[str, Unserved]
    deadline_misses: int
    denied_by_limit: Mapping[str, int]
    breakdown: Mapping[str, Mapping[str, Count]]
    contested_cells: Sequence[Cell]
    controller: Mapping[str, Mapping[str, Any]] | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def outcome(run: Run, actuals: ActualHours, oracle: Run, horizon: int, penalty_usd_per_mwh: float) -> Outcome:
    """The figures of a run, beside that of perfect foresight on the same jobs.

    Args:
        penalty_usd_per_mwh: of LowerBound.
    """
    work, status, placed, breached, judged = run.work, run.status, run.placed, run.breached, run.judged
    energy = work.energy_mwh
    safe, safe_contested = oracle.safe, oracle.safe & oracle.contested
    waited_h = (status.start_h - work.earliest_h)[placed]
    day = day_of(status.start_or_arrival_h(work))
    served = float(energy[placed].sum())
    cost = float(np.nansum(run.resource_use.cost_usd)) + float(
        beyond_energy_usd(status, work, actuals.fleet.costs).sum()
    )
    hard = judged & run.contested
    known_mwh = float(run.job_mw[np.isfinite(run.resource_use.cost_usd)].sum())
    return Outcome(
        jobs=len(work),
        approved=int(status.committed.sum()),
        deferred=int((waited_h > 0).sum()),
        denied=int((~status.committed).sum()),
        withdrawn=int((status.committed & ~placed).sum()),
        moves=int(status.moves.sum()),
        migrate_advices=run.advices,
        waited_h_mean=float(waited_h.mean()) if waited_h.size else 0.0,
        waited_h_p95=float(np.percentile(waited_h, 95)) if waited_h.size else 0.0,
        contested_jobs=int(run.contested.sum()),
        contested_approved=int((placed & run.contested).sum()),
        contested_breached=int((hard & breached).sum()),
        breached_jobs=int(breached.sum()),
        unjudged_jobs=int((placed & ~judged).sum()),
        breach_rate=_rate(breached[judged]),
        contested_breach_rate=_rate(breached[hard]),
        breach_bound=None if run.controller is None else run.controller.fleet_bound,
        breach_interval_95=day_block_interval(breached[judged], day[judged]),
        contested_breach_interval_95=day_block_interval(breached[hard], day[hard]),
        contested_mwh=float(energy[hard].sum()),
        contested_breached_mwh=float(energy[hard & breached].sum()),
        contested_breach_rate_mwh=_share(energy[hard & breached].sum(), energy[hard].sum()),
        contested_breach_interval_95_mwh=day_block_interval(breached[hard], day[hard], energy[hard]),
        breached_region_hours=int((actuals.breached(run.job_mw) & (run.job_mw > 0)).sum()),
        safe_jobs=int(safe.sum()),
        safe_approved=int((safe & placed).sum()),
        safe_contested=int(safe_contested.sum()),
        safe_contested_approved=int((safe_contested & placed).sum()),
        carbon_t=TONNES_PER_KG * float(np.nansum(run.resource_use.carbon_kg)),
        water_m3=M3_PER_LITRE * float(np.nansum(run.resource_use.water_l)),
        energy_mwh=float(np.nansum(run.resource_use.energy_mwh)),
        served_mwh=served,
        known_mwh=known_mwh,
        unserved_mwh=float(energy[~placed].sum()),
        cost_usd=cost,
        cost_per_served_mwh=_share(cost, known_mwh),
        objective_usd=cost + penalty_usd_per_mwh * float(energy[~placed].sum()),
        unserved_by_size=unserved_by_size(energy, placed),
        deadline_misses=int((status.start_h > work.latest_start_h)[placed].sum()),
        denied_by_limit=_denied_by_limit(status),
        breakdown=breakdown(
            work,
            status,
            judged=judged,
            breached=breached,
            by_temperature=run.near_temperature_limit,
            by_load=run.contested & ~run.near_temperature_limit,
            horizon=horizon,
        ),
        contested_cells=contested_cells(work, status, actuals.fleet.region_ids, hard=hard, breached=breached),
        controller=None if run.controller is None else run.controller.as_dict(actuals.fleet.region_ids),
    )


def beyond_energy_usd(status: JobStatus, work: Workload, costs: Costs) -> FloatArray:
    """(job,) what moving data away from home, and waiting, cost the jobs that ran; 0 for the others."""
    placed = status.placed
    moved_usd = transfer_usd(costs, work.data_gb, status.region != work.home)
    waited_usd = waiting_usd(costs, work.energy_mwh, (status.start_h - work.earliest_h).astype(np.float64))
    return np.where(placed, moved_usd + waited_usd, 0.0)


def _denied_by_limit(status: JobStatus) -> dict[str, int]:
    count = np.bincount(status.denied_limit[~status.placed], minlength=len(Limit))
    return {limit.label: int(count[limit]) for limit in Limit}


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")


def _rate(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if flags.size else float("nan")
