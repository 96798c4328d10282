"""What a policy's year came to, in the contract's figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.controller import Controller
from fleet.domain.clock import Hour
from fleet.domain.conditions import Limit
from fleet.domain.decision import Decision
from fleet.domain.job import Job
from fleet.pipeline import Prepared
from fleet.replay.breakdown import Cell, Count, breakdown, contested_cells, day_of, starts_utc
from fleet.replay.intervals import day_block_interval
from fleet.replay.truth import Taken, Truth
from fleet.units import M3_PER_LITRE, TONNES_PER_KG, FloatArray

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Counts of jobs, and what running them took. Energy is facility energy that the jobs added; served is IT energy.

    A job whose window has an hour without actual weather or load, and no breach in the others, is unjudged: no rate
    counts it.

    contested_mwh, contested_breached_mwh: IT energy of the contested approvals that could be judged, and of those of
        them that breached.
    known_mwh: IT energy of the hours whose carbon, water and cost are known; these are sums and rates of those alone.
    breached_region_hours: hours in which jobs ran outside the envelope.
    breach_bound, controller: of the breach rate of all regions, and what is published of each; None where a policy has
        no controller.
    safe_contested: of the safe jobs, those that are contested in the oracle's run.
    denied_by_limit: denied jobs by the limit that bound them, `unknown` where no bound could be given.
    breakdown, contested_cells: of the module of that name.
    """

    jobs: int
    approved: int
    deferred: int
    denied: int
    withdrawn: int
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
    deadline_misses: int
    denied_by_limit: Mapping[str, int]
    breakdown: Mapping[str, Mapping[str, Count]]
    contested_cells: Sequence[Cell]
    controller: Mapping[str, Mapping[str, Any]] | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Run:
    """The final decision on each job, in the order of `jobs`, and what it came to.

    placed, breached, judged: (job,). A placed job is judged if it breached or all its hours can be.
    contested, near_temperature_limit: (job,). A job is contested where it was placed, or at home on arrival if it never
        was: with all jobs that were placed there, the upper bound of each hour by itself, as it was known then, leaves
        no headroom in some hour of its window, or the forecast comes within 3 degC of a temperature limit
        (near_temperature_limit) or within 5 % of another.
    job_mw: (region, hour) IT power of the jobs, on the telemetry's hours.
    controllers: as they stood after the decisions of each origin; empty where the run had none.
    """

    policy: str
    jobs: Sequence[Job]
    decisions: Sequence[Decision]
    placed: NDArray[np.bool_]
    breached: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    contested: NDArray[np.bool_]
    near_temperature_limit: NDArray[np.bool_]
    job_mw: FloatArray
    taken: Taken
    controllers: Sequence[Controller] = ()

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
    jobs: Sequence[Job],
    decisions: Sequence[Decision],
    prepared: Prepared,
    truth: Truth,
    first_hour: Hour,
    controllers: Sequence[Controller] = (),
) -> Run:
    """Add the placed jobs up, and find those that met a breach and those that were contested.

    Args:
        decisions: the final one of each job, in the order of the jobs.
        prepared: what they were decided on.
        first_hour: the first hour of the truth.
        controllers: after each origin.
    """
    place = {region: index for index, region in enumerate(truth.fleet.region_ids)}
    placed = np.array([decision.start_utc is not None for decision in decisions], dtype=np.bool_)
    region = np.array([place.get(decision.region or "", 0) for decision in decisions], dtype=np.int64)
    start = np.array(
        [0 if d.start_utc is None else int((d.start_utc - first_hour) / _ONE_HOUR) for d in decisions], dtype=np.int64
    )
    end = start + np.array([job.duration_h for job in jobs], dtype=np.int64)
    power = np.array([job.power_mw for job in jobs], dtype=np.float64)
    hours = truth.base_load_mw.shape[1]
    change = np.zeros((len(place), hours + 1))
    np.add.at(change, (region[placed], start[placed]), power[placed])
    np.add.at(change, (region[placed], end[placed]), -power[placed])
    count = np.zeros((len(place), hours + 1), dtype=np.int64)
    np.add.at(count, (region[placed], start[placed]), 1)
    np.add.at(count, (region[placed], end[placed]), -1)
    # Sums of floats leave dust where no job runs; the exact count clears it.
    job_mw = np.where(np.cumsum(count, axis=1) > 0, np.cumsum(change, axis=1), 0.0)[:, :hours]
    breached = placed & _any_within(truth.breached(job_mw), region, start, end)
    contested, near_temperature_limit = _contested(jobs, decisions, prepared, job_mw, first_hour)
    return Run(
        policy=policy,
        jobs=jobs,
        decisions=decisions,
        placed=placed,
        breached=breached,
        judged=placed & (breached | ~_any_within(~truth.judged, region, start, end)),
        contested=contested,
        near_temperature_limit=near_temperature_limit,
        job_mw=job_mw,
        taken=truth.taken(job_mw),
        controllers=controllers,
    )


def _contested(
    jobs: Sequence[Job], decisions: Sequence[Decision], prepared: Prepared, job_mw: FloatArray, first_hour: Hour
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(job,) contested and near_temperature_limit: see Run."""
    place = {region: index for index, region in enumerate(prepared.fleet.region_ids)}
    pairs = list(zip(jobs, decisions, strict=True))
    # A job that was never placed is judged by the hour of its arrival, not by that of its denial.
    origin = [job.earliest_utc - _ONE_HOUR if d.start_utc is None else d.origin_utc for job, d in pairs]
    start = [job.earliest_utc if d.start_utc is None else d.start_utc for job, d in pairs]
    region = np.array([place[d.region or job.home_region] for job, d in pairs])
    own_mw = np.array([job.power_mw if d.start_utc is None else 0.0 for job, d in pairs])
    duration = np.array([job.duration_h for job in jobs])
    # From here on an entry is an hour of a job.
    owner = np.repeat(np.arange(len(jobs)), duration)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(duration) - duration, duration)
    hour = np.array(start)[owner] + within
    near_limit, near_limit_mw, headroom_mw = prepared.seen_at(np.array(origin)[owner], region[owner], hour)
    position = ((hour - first_hour) / _ONE_HOUR).astype(np.int64)
    taken = job_mw[region[owner], position] + own_mw[owner]
    hard = near_limit | (taken > near_limit_mw) | (taken >= headroom_mw)

    def any_hour(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(np.bincount(owner, weights=flags, minlength=len(jobs)) > 0)

    return any_hour(hard), any_hour(near_limit)


def _any_within(
    flags: NDArray[np.bool_], region: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """(job,): some (region, hour) flag is set in the hours start..end-1 of the job's region."""
    so_far = np.zeros((flags.shape[0], flags.shape[1] + 1), dtype=np.int64)
    so_far[:, 1:] = np.cumsum(flags, axis=1)
    return np.asarray(so_far[region, end] > so_far[region, start])


def outcome(run: Run, truth: Truth, oracle: Run, horizon: int) -> Outcome:
    """The figures of a run, beside that of perfect foresight on the same jobs."""
    jobs, decisions, placed, breached, judged = run.jobs, run.decisions, run.placed, run.breached, run.judged
    energy = np.array([job.energy_mwh for job in jobs])
    safe, safe_contested = oracle.safe, oracle.safe & oracle.contested
    starts = [(job, d.start_utc) for job, d in zip(jobs, decisions, strict=True) if d.start_utc is not None]
    day = day_of(starts_utc(jobs, decisions))
    served = float(energy[placed].sum())
    cost = float(np.nansum(run.taken.cost_usd))
    hard = judged & run.contested
    known_mwh = float(run.job_mw[np.isfinite(run.taken.cost_usd)].sum())
    return Outcome(
        jobs=len(jobs),
        approved=int(placed.sum()),
        deferred=sum(bool(start > job.earliest_utc) for job, start in starts),
        denied=int((~placed).sum()),
        withdrawn=0,
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
        breached_region_hours=int((truth.breached(run.job_mw) & (run.job_mw > 0)).sum()),
        safe_jobs=int(safe.sum()),
        safe_approved=int((safe & placed).sum()),
        safe_contested=int(safe_contested.sum()),
        safe_contested_approved=int((safe_contested & placed).sum()),
        carbon_t=TONNES_PER_KG * float(np.nansum(run.taken.carbon_kg)),
        water_m3=M3_PER_LITRE * float(np.nansum(run.taken.water_l)),
        energy_mwh=float(np.nansum(run.taken.energy_mwh)),
        served_mwh=served,
        known_mwh=known_mwh,
        unserved_mwh=float(energy[~placed].sum()),
        cost_usd=cost,
        cost_per_served_mwh=_share(cost, known_mwh),
        deadline_misses=sum(bool(start > job.latest_start_utc) for job, start in starts),
        denied_by_limit=_denied_by_limit(decisions),
        breakdown=breakdown(
            jobs,
            decisions,
            judged=judged,
            breached=breached,
            by_temperature=run.near_temperature_limit,
            by_load=run.contested & ~run.near_temperature_limit,
            horizon=horizon,
        ),
        contested_cells=contested_cells(
            jobs, decisions, truth.fleet.region_ids, hard=hard, breached=breached, energy_mwh=energy
        ),
        controller=None if run.controller is None else run.controller.as_dict(truth.fleet.region_ids),
    )


def _denied_by_limit(decisions: Sequence[Decision]) -> dict[str, int]:
    found = Counter(decision.binding.limit for decision in decisions if decision.start_utc is None)
    return {limit.label: found[limit.label] for limit in Limit}


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")


def _rate(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if flags.size else float("nan")
