"""One hour of decisions on the jobs that wait, have just arrived, or have a place but have not started."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import JOBS, NEAR
from fleet.decisions.approvals import amounts_of, approvals_of, shares, within_places
from fleet.decisions.build_offer import WITHOUT_LEVELS, offer_of
from fleet.decisions.caution import Caution
from fleet.decisions.hour_result import APPROVE, DEFER, DENY, HourResult
from fleet.decisions.level_rows import LevelRows
from fleet.decisions.migration import advise
from fleet.decisions.state import Placements, State
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.region import Fleet
from fleet.domain.workload import Workload
from fleet.placement import NOWHERE, Batch, Plan, Policy
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray, IntArray

# A job without a place is denied this long before its last start, so that the owner can still run it elsewhere.
NOTICE_H = 1


def decide(
    prepared: Prepared,
    state: State,
    work: Workload,
    arrived: IntArray,
    policy: Policy,
    ended: Sequence[JobOutcome] = (),
) -> tuple[HourResult, State]:
    """Decide every job without a place. If the policy replans, decide also the placed jobs that have not started.

    A job that gets no place waits. It is denied NOTICE_H before its last start.

    Args:
        work: all jobs that `state` and `arrived` refer to.
        arrived: positions of the jobs that have arrived since the last hour.
        ended: outcomes of the approved jobs that have ended since the last hour, for the controller.
    Returns: the result of the hour, and the state one hour later.
    """
    # 1. Update the controller with the jobs that have ended.
    controller = updated(state.controller, prepared.fleet, ended)
    return decide_further(prepared, replace(state, controller=controller), work, arrived, policy)


def decide_further(
    prepared: Prepared, state: State, work: Workload, arrived: IntArray, policy: Policy
) -> tuple[HourResult, State]:
    """Decide as `decide` does, in an hour for which the controller was updated already."""
    first_h, controller = int(prepared.origin_utc[state.step].astype(np.int64)) + 1, state.controller
    # 2. Collect the jobs to decide, with the places that some of them already have.
    before = _jobs_to_decide(work, state, arrived)
    # 3. Build the offer: the power that may be added in the hours ahead, and its cost.
    places = None if controller is None else _places(controller, state, work)
    rows = _rows(prepared, state, policy)
    # A policy's penalty depends on every hour of its offer, so it gets no more hours than its jobs need.
    hours = prepared.settings.horizon - 1 + int(work.duration_h[before.job].max(initial=1))
    offer = offer_of(
        prepared,
        state.step,
        policy.belief,
        state.reserved_mw[:, :hours],
        rows=rows,
        most_jobs=None if places is None else places[NEAR],
    )
    # 4. Let the policy plan, and read the verdicts from its plan.
    batch = _batch(work, before, first_h, prepared.settings.horizon)
    plan = policy.plan(offer, batch)
    if places is not None:
        plan = within_places(plan, offer, batch, work, before, first_h=first_h, places=places)
    verdicts = _Verdicts.of(plan, work, before, first_h, replans=policy.replans)
    # 5. Count the approvals and reserve the power of the jobs whose place is now fixed.
    controller = _with_approvals(controller, verdicts, state.fixed, work)
    result = _result(prepared, state, work, policy, verdicts, plan)
    result = replace(result, controller=controller, rows=rows)
    # 6. Advise the owners of running jobs that the bound of their region no longer covers.
    advised: frozenset[int] = frozenset()
    if policy.uses_bound() and rows is not None:
        advice, advised = advise(result, rows, state)
        result = replace(result, advice=advice)
    return result, _next_state(state, result, verdicts, advised)


def updated(controller: Controller | None, fleet: Fleet, ended: Sequence[JobOutcome]) -> Controller | None:
    """Return the controller one hour later, after the outcomes of the jobs that ended in that hour."""
    if controller is None:
        return None
    return with_outcomes(controller, fleet, ended).next_hour()


def with_outcomes(controller: Controller, fleet: Fleet, ended: Sequence[JobOutcome]) -> Controller:
    """Return the controller after approvals that ended in one hour."""
    unknown, safe, breached = (
        sums_of([job for job in ended if job.breached is state], controller, fleet) for state in (None, False, True)
    )
    return controller.without(unknown).with_outcomes(safe + breached, breached)


def sums_of(approvals: Sequence[JobOutcome], controller: Controller, fleet: Fleet) -> FloatArray:
    """Return the (unit, track, region) sums of some approvals."""
    if not len(approvals):
        return np.zeros_like(controller.level)
    position = {region.id: index for index, region in enumerate(fleet.regions)}
    columns = [(position[job.region], job.duration_h, job.approvals, job.energy_wh) for job in approvals]
    return controller.rules.amounts(len(position), *np.array(columns, dtype=np.int64).T)


def is_due(latest_start_h: IntArray, first_h: int) -> NDArray[np.bool_]:
    """Tell which jobs are denied if they have no place yet, given their last starts and the first hour ahead."""
    return np.asarray(latest_start_h <= first_h + NOTICE_H)


def verdict_codes(starts_now: NDArray[np.bool_], is_denied: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return positions in VERDICTS: a job that is not denied and does not start now has a later start, or waits."""
    return np.where(is_denied, DENY, np.where(starts_now, APPROVE, DEFER))


@dataclass(frozen=True, kw_only=True)
class _Verdicts:
    """The verdicts of one hour; arrays are (job,) over the jobs that were decided.

    before, after: places before and after the hour; NOWHERE for a job without a place.
    starts_now: the job starts in the first hour ahead.
    is_placed, is_denied: the job has a place, or is denied. A job for which both are False waits.
    is_fixed: the place of the job cannot change any more.
    """

    before: Placements
    after: Placements
    starts_now: NDArray[np.bool_]
    is_placed: NDArray[np.bool_]
    is_denied: NDArray[np.bool_]
    is_fixed: NDArray[np.bool_]

    @classmethod
    def of(cls, plan: Plan, work: Workload, before: Placements, first_h: int, *, replans: bool) -> "_Verdicts":
        is_placed, starts_now = plan.region != NOWHERE, plan.start == 0
        start_h = np.where(is_placed, first_h + plan.start, NOWHERE)
        return cls(
            before=before,
            after=Placements(
                job=before.job,
                region=plan.region,
                start_h=start_h,
                approval=approvals_of(plan, work, before, first_h),
            ),
            starts_now=starts_now,
            is_placed=is_placed,
            is_denied=~is_placed & is_due(work.latest_start_h[before.job], first_h),
            is_fixed=is_placed & starts_now if replans else is_placed,
        )

    @property
    def codes(self) -> NDArray[np.int64]:
        """Positions in VERDICTS."""
        return verdict_codes(self.is_placed & self.starts_now, self.is_denied)

    def is_changed(self, waiting: IntArray) -> NDArray[np.bool_]:
        """Return True for the jobs that are new, have moved, have got a place or are denied.

        Args:
            waiting: positions of the jobs that waited before the hour. A job without a place that did not wait is new.
        """
        had_place = self.before.region != NOWHERE
        is_elsewhere = (self.before.region != self.after.region) | (self.before.start_h != self.after.start_h)
        is_settled = ~had_place & (self.is_placed | self.is_denied)
        is_new = ~had_place & ~np.isin(self.before.job, waiting) if len(waiting) else ~had_place
        return np.asarray(is_new | (had_place & is_elsewhere) | is_settled)


def _jobs_to_decide(work: Workload, state: State, arrived: IntArray) -> Placements:
    """Queued, waiting and new jobs in the order in which they are placed; NOWHERE for a job without a place."""
    without_place = np.concatenate([state.waiting, arrived])
    nowhere = np.full(len(without_place), NOWHERE)
    jobs = state.queued.followed_by(Placements(job=without_place, region=nowhere, start_h=nowhere, approval=nowhere))
    return jobs.where(np.argsort(work.placement_rank[jobs.job]))


def _rows(prepared: Prepared, state: State, policy: Policy) -> LevelRows | None:
    """Return the spare power of all hours ahead; None if the policy believes in one level only."""
    if policy.belief in WITHOUT_LEVELS:
        return None
    caution = Caution.of(state.controller, len(prepared.fleet.regions))
    return LevelRows.of(prepared, state.step, state.reserved_mw.shape[1], caution)


def _batch(work: Workload, jobs: Placements, first_h: int, starts: int) -> Batch:
    job, has_place = jobs.job, jobs.region != NOWHERE
    # A segment first holds the place that directly follows the segment before it. So a pause, like any other change of
    # a plan, must save more than `change_usd_per_mwh`.
    follows = work.resumes[job] & ~has_place & (work.earliest_h[job] >= first_h)
    follows &= work.earliest_h[job] < first_h + starts
    kept_region = np.where(follows, work.home[job], jobs.region)
    kept_start = np.where(follows, work.earliest_h[job], jobs.start_h) - first_h
    return Batch(
        power_mw=work.power_mw[job],
        duration_h=work.duration_h[job],
        first=np.maximum(work.earliest_h[job] - first_h, 0),
        last=np.minimum(work.latest_start_h[job] - first_h, starts - 1),
        sets=work.sets,
        region_set=work.region_set[job],
        home=work.home[job],
        priority=work.priority[job],
        waited_h=np.maximum(first_h - work.earliest_h[job], 0),
        data_gb=work.data_gb[job],
        kept_region=kept_region,
        kept_start=np.where(kept_region != NOWHERE, kept_start, NOWHERE),
        share=shares(work, job),
    )


def _places(controller: Controller, state: State, work: Workload) -> IntArray:
    """(track, region) how many approvals each track may give or keep in this hour.

    Queued jobs are decided again. So their approvals do not count as taken, unless a job with a fixed place shares the
    approval.
    """
    queued = amounts_of(state.queued, work, controller, besides=state.fixed)
    return controller.places(queued[JOBS].astype(np.int64))


def _with_approvals(
    controller: Controller | None, verdicts: _Verdicts, fixed: Placements, work: Workload
) -> Controller | None:
    """Count the new approvals of the hour. An approval that no job holds any more gets an unknown outcome."""
    if controller is None:
        return None
    before, after = verdicts.before, verdicts.after
    left = amounts_of(before, work, controller, besides=after.followed_by(fixed))
    came = amounts_of(after, work, controller, besides=before)
    return controller.without(left).with_approvals(came)


def _result(
    prepared: Prepared,
    state: State,
    work: Workload,
    policy: Policy,
    verdicts: _Verdicts,
    plan: Plan,
) -> HourResult:
    is_changed = verdicts.is_changed(state.waiting)
    has_started = verdicts.is_placed & verdicts.starts_now if policy.replans else verdicts.is_placed
    reserved_mw = state.reserved_mw.copy()
    first_h = int(prepared.origin_utc[state.step].astype(np.int64)) + 1
    verdicts.after.where(verdicts.is_fixed).add_power(reserved_mw, work, first_h)
    return HourResult(
        prepared=prepared,
        step=state.step,
        policy_name=policy.name,
        uses_bound=policy.uses_bound(),
        work=work,
        places=verdicts.after.where(is_changed),
        before=verdicts.before.where(is_changed),
        verdict=verdicts.codes[is_changed],
        started=verdicts.after.where(has_started),
        reserved_mw=reserved_mw,
        queued=verdicts.after.where(verdicts.is_placed & ~verdicts.is_fixed),
        controller=None,
        rows=None,
        objective_usd=plan.objective_usd,
        bound_usd=plan.bound_usd,
    )


def _next_state(state: State, result: HourResult, verdicts: _Verdicts, advised: frozenset[int]) -> State:
    reserved_mw, work = result.reserved_mw, result.work
    fixed = state.fixed.followed_by(verdicts.after.where(verdicts.is_fixed))
    return State(
        step=state.step + 1,
        reserved_mw=np.concatenate([reserved_mw[:, 1:], np.zeros_like(reserved_mw[:, :1])], axis=1),
        fixed=fixed.where(fixed.start_h + work.duration_h[fixed.job] > result.first_h + 1),
        queued=result.queued,
        waiting=verdicts.before.job[~verdicts.is_placed & ~verdicts.is_denied],
        controller=result.controller,
        advised=advised,
    )
