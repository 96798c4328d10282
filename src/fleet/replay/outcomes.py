"""The figures of a policy's run. The field names are the keys of the JSON output."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.domain.costs import transfer_usd, waiting_usd
from fleet.domain.region import Costs
from fleet.domain.workload import Workload
from fleet.replay.breach_figures import BreachFigures, breach_figures
from fleet.replay.breakdown import (
    Unserved,
    unserved_by_size,
)
from fleet.replay.job_status import JobStatus
from fleet.replay.run import Run
from fleet.replay.segment_figures import SegmentFigures, of_whole_jobs, segment_figures
from fleet.units import M3_PER_LITRE, TONNES_PER_KG, FloatArray


@dataclass(frozen=True, kw_only=True)
class JobCounts:
    """Counts of jobs.

    Args:
        approved: jobs that had a place at some time.
        deferred: jobs that started after their earliest start.
        denied: jobs that never had a place.
        withdrawn: approved jobs that lost their place and never ran.
        moves: how often jobs lost their place or got another place before they began.
        migrate_advices: number of advices to migrate a running job.
        waited_h_mean, waited_h_p95: mean and 95th percentile of the hours from a job's earliest start to its start; 0
            if no job ran.
        deadline_misses: jobs that started too late for their deadline.
        denied_by_limit: jobs that never ran, withdrawn ones included, by binding limit; `unknown` if there was no
            finite bound or no known cost.
        denied_without_data: how many of these were denied while a region that they allow had no data.
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
    deadline_misses: int
    denied_by_limit: Mapping[str, int]
    denied_without_data: int


@dataclass(frozen=True, kw_only=True)
class SafeJobs:
    """Safe jobs: those that the oracle ran without a breach.

    Args:
        safe_approved: safe jobs that the policy ran.
        safe_contested: safe jobs that are contested in the oracle's run.
        safe_contested_approved: those among them that the policy ran.
    """

    safe_jobs: int
    safe_approved: int
    safe_contested: int
    safe_contested_approved: int


@dataclass(frozen=True, kw_only=True)
class ResourceFigures:
    """The resources that the jobs added.

    Args:
        carbon_t, water_m3, energy_mwh: sums over the region-hours in which the quantity is known. `energy_mwh` is
            facility energy.
        served_mwh, unserved_mwh: IT energy of the jobs that were completed, and of the others. A job with segments is
            completed if all of them ran.
        wasted_mwh: IT energy of segments that ran of jobs that were not completed; part of `unserved_mwh`.
        served_share: share of the energy of all jobs that was served; NaN without jobs.
        known_mwh: IT energy of the region-hours whose facility energy and water are known.
        energy_known_mwh, carbon_known_mwh, water_known_mwh, cost_known_mwh: IT energy of the region-hours in which the
            quantity is known.
        unknown_price_mwh, unknown_carbon_mwh, unknown_water_mwh: IT energy of the region-hours without an actual price,
            without an actual carbon intensity, and without actual weather or load.
        unserved_by_size: see `fleet.replay.breakdown`.
        cost_usd: known cost of energy, carbon and water, plus the cost of moving data and of waiting.
        cost_per_served_mwh: cost of energy, carbon and water over `cost_known_mwh`, plus the cost of moving data and of
            waiting over `served_mwh`.
        objective_usd: `cost_usd` plus the penalty of `LowerBound` for the unserved energy.
    """

    carbon_t: float
    water_m3: float
    energy_mwh: float
    served_mwh: float
    served_share: float
    known_mwh: float
    energy_known_mwh: float
    carbon_known_mwh: float
    water_known_mwh: float
    cost_known_mwh: float
    unknown_price_mwh: float
    unknown_carbon_mwh: float
    unknown_water_mwh: float
    unserved_mwh: float
    wasted_mwh: float
    unserved_by_size: Mapping[str, Unserved]
    cost_usd: float
    cost_per_served_mwh: float
    objective_usd: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All figures of a policy's run."""

    counts: JobCounts
    breaches: BreachFigures
    safe: SafeJobs
    resources: ResourceFigures
    segments: SegmentFigures

    def as_dict(self) -> dict[str, Any]:
        """Return all figures in one dictionary, as in the JSON output."""
        parts = asdict(self.counts) | asdict(self.breaches) | asdict(self.safe)
        return parts | asdict(self.resources) | asdict(self.segments)


def outcome(run: Run, actuals: ActualHours, oracle: Run, horizon: int, penalty_usd_per_mwh: float) -> Outcome:
    """Compute the figures of a run.

    Args:
        actuals: the actual hours of the run.
        oracle: the oracle's run with the same jobs.
        horizon: leads of the forecasts [h].
        penalty_usd_per_mwh: as in `LowerBound`.
    """
    return Outcome(
        counts=_counts(run),
        breaches=breach_figures(run, actuals, horizon),
        safe=_safe_jobs(run, oracle),
        resources=_resources(run, actuals, penalty_usd_per_mwh),
        segments=segment_figures(run),
    )


def beyond_energy_usd(status: JobStatus, work: Workload, costs: Costs) -> FloatArray:
    """Return the (job,) cost of moving data away from home and of waiting; 0 for a job that never ran."""
    moved_usd = transfer_usd(costs, work.data_gb, status.region != work.home)
    waited_usd = waiting_usd(costs, work.energy_mwh, (status.start_h - work.earliest_h).astype(np.float64))
    return np.where(status.placed, moved_usd + waited_usd, 0.0)


def _counts(run: Run) -> JobCounts:
    work, status, placed = run.work, run.status, run.placed
    waited_h = (status.start_h - work.earliest_h)[placed]
    return JobCounts(
        jobs=len(work),
        approved=int(status.committed.sum()),
        deferred=int((waited_h > 0).sum()),
        denied=int((~status.committed).sum()),
        withdrawn=int((status.committed & ~placed).sum()),
        moves=int(status.moves.sum()),
        migrate_advices=run.advices,
        waited_h_mean=float(waited_h.mean()) if waited_h.size else 0.0,
        waited_h_p95=float(np.percentile(waited_h, 95)) if waited_h.size else 0.0,
        deadline_misses=int((status.start_h > work.latest_start_h)[placed].sum()),
        denied_by_limit=status.denied_by_limit(),
        denied_without_data=int((status.denied_without_data & ~status.placed).sum()),
    )


def _safe_jobs(run: Run, oracle: Run) -> SafeJobs:
    safe, safe_contested = oracle.safe, oracle.safe & oracle.contested
    return SafeJobs(
        safe_jobs=int(safe.sum()),
        safe_approved=int((safe & run.placed).sum()),
        safe_contested=int(safe_contested.sum()),
        safe_contested_approved=int((safe_contested & run.placed).sum()),
    )


def _resources(run: Run, actuals: ActualHours, penalty_usd_per_mwh: float) -> ResourceFigures:
    used, energy_mwh, completed = run.resource_use, run.work.energy_mwh, run.completed
    served_mwh, unserved_mwh = float(energy_mwh[completed].sum()), float(energy_mwh[~completed].sum())
    running_usd = float(np.nansum(used.cost_usd))
    beyond_usd = float(beyond_energy_usd(run.status, run.work, actuals.fleet.costs).sum())

    def mwh_where(flags: NDArray[np.bool_]) -> float:
        return float(run.job_mw[flags].sum())

    cost_known_mwh, water_known_mwh = mwh_where(np.isfinite(used.cost_usd)), mwh_where(np.isfinite(used.water_l))
    return ResourceFigures(
        carbon_t=TONNES_PER_KG * float(np.nansum(used.carbon_kg)),
        water_m3=M3_PER_LITRE * float(np.nansum(used.water_l)),
        energy_mwh=float(np.nansum(used.energy_mwh)),
        served_mwh=served_mwh,
        served_share=_share(served_mwh, served_mwh + unserved_mwh),
        known_mwh=water_known_mwh,
        energy_known_mwh=mwh_where(np.isfinite(used.energy_mwh)),
        carbon_known_mwh=mwh_where(np.isfinite(used.carbon_kg)),
        water_known_mwh=water_known_mwh,
        cost_known_mwh=cost_known_mwh,
        unknown_price_mwh=mwh_where(np.isnan(actuals.price_usd_per_mwh)),
        unknown_carbon_mwh=mwh_where(np.isnan(actuals.carbon_g_per_kwh)),
        unknown_water_mwh=mwh_where(np.isnan(used.water_l)),
        unserved_mwh=unserved_mwh,
        wasted_mwh=float(energy_mwh[run.placed & ~completed].sum()),
        unserved_by_size=unserved_by_size(*of_whole_jobs(run)),
        cost_usd=running_usd + beyond_usd,
        cost_per_served_mwh=_share(running_usd, cost_known_mwh) + _share(beyond_usd, served_mwh),
        objective_usd=running_usd + beyond_usd + penalty_usd_per_mwh * unserved_mwh,
    )


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")
