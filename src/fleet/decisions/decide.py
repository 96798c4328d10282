"""One hour of decisions: jobs that wait, that arrive and that have not started, against the conditions ahead."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fleet.conformal.controller import Controller
from fleet.decisions.build_offer import offer_of
from fleet.decisions.hour_result import APPROVE, DEFER, DENY, HourResult
from fleet.decisions.migration import advise
from fleet.decisions.state import Placements, State
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.region import Fleet
from fleet.domain.workload import Workload
from fleet.placement import NOWHERE, Batch, Policy
from fleet.preparation.prepared import Prepared
from fleet.units import IntArray

# A job without a place is denied so long before its last start: its owner can still run it elsewhere.
NOTICE_H = 1


def decide(
    prepared: Prepared,
    state: State,
    work: Workload,
    arrived: IntArray,
    policy: Policy,
    policy_name: str,
    ended: Sequence[JobOutcome] = (),
) -> tuple[HourResult, State]:
    """Decide every job that has no place yet, and where the policy plans anew, those that have not started.

    A job that no region can hold safely now waits while its window lasts, and is denied NOTICE_H before it closes.

    Args:
        work: all jobs that the state and `arrived` speak of.
        arrived: positions of the jobs that have arrived since the last hour.
        ended: approved jobs that have ended since, for the controller.
    Returns: what changed, and the state one hour later.
    """
    first_h = int(prepared.origin_utc[state.step].astype(np.int64)) + 1
    controller = heard(state.controller, prepared.fleet, ended)
    asked, before = _asked(work, state, arrived)
    horizon = prepared.settings.horizon
    hours = horizon - 1 + int(work.duration_h[asked].max(initial=1))
    offer = offer_of(
        prepared,
        state.step,
        policy.belief,
        state.reserved_mw[:, :hours],
        extra=None if controller is None else controller.level,
        most_jobs=None if controller is None else _room(controller, state.queued),
    )
    plan = policy.plan(offer, _batch(work, asked, before, first_h, horizon))
    placed, starts_now = plan.region != NOWHERE, plan.start == 0
    denied = ~placed & (work.latest_start_h[asked] <= first_h + NOTICE_H)
    places = Placements(job=asked, region=plan.region, start_h=np.where(placed, first_h + plan.start, NOWHERE))
    controller = _counted(controller, before.region, plan.region)
    fixed = placed & starts_now if policy.replans else placed
    reserved = state.reserved_mw.copy()
    places.where(fixed).add_power(reserved, work, first_h)
    running = state.fixed.and_(places.where(fixed))
    queued = places.where(placed & ~fixed)
    had = before.region != NOWHERE
    moved = had & ((before.region != places.region) | (before.start_h != places.start_h))
    changed = np.isin(asked, arrived) | moved | (~had & (placed | denied))
    decided = HourResult(
        prepared=prepared,
        step=state.step,
        policy_name=policy_name,
        asks_bound=policy.asks_bound(),
        work=work,
        places=places.where(changed),
        before=before.where(changed),
        verdict=np.where(denied, DENY, np.where(placed & starts_now, APPROVE, DEFER))[changed],
        started=places.where(placed & starts_now) if policy.replans else places.where(placed),
        reserved_mw=reserved,
        queued=queued,
        controller=controller,
        objective_usd=plan.objective_usd,
        bound_usd=plan.bound_usd,
    )
    advised: frozenset[int] = frozenset()
    if policy.asks_bound():
        told, advised = advise(decided, offer, state)
        decided = replace(decided, advice=told)
    after = State(
        step=state.step + 1,
        reserved_mw=np.concatenate([reserved[:, 1:], np.zeros_like(reserved[:, :1])], axis=1),
        fixed=running.where(running.start_h + work.duration_h[running.job] > first_h + 1),
        queued=queued,
        waiting=asked[~placed & ~denied],
        controller=controller,
        advised=advised,
    )
    return decided, after


def heard(controller: Controller | None, fleet: Fleet, ended: Sequence[JobOutcome]) -> Controller | None:
    """An hour has passed, and these jobs have ended in it."""
    if controller is None:
        return None
    place = {region.id: index for index, region in enumerate(fleet.regions)}
    return controller.heard_all((place[each.region], each.breached) for each in ended).hour_passed()


def _asked(work: Workload, state: State, arrived: IntArray) -> tuple[IntArray, Placements]:
    """The jobs that are decided now, in the order of their turn, and the places that they have."""
    without = np.concatenate([state.waiting, arrived])
    nowhere = np.full(len(without), NOWHERE)
    held = state.queued.and_(Placements(job=without, region=nowhere, start_h=nowhere))
    order = np.argsort(work.turn[held.job])
    return held.job[order], held.where(order)


def _batch(work: Workload, asked: IntArray, before: Placements, first_h: int, starts: int) -> Batch:
    had = before.region != NOWHERE
    return Batch(
        power_mw=work.power_mw[asked],
        duration_h=work.duration_h[asked],
        first=np.maximum(work.earliest_h[asked] - first_h, 0),
        last=np.minimum(work.latest_start_h[asked] - first_h, starts - 1),
        sets=work.sets,
        region_set=work.region_set[asked],
        home=work.home[asked],
        priority=work.priority[asked],
        waited_h=np.maximum(first_h - work.earliest_h[asked], 0),
        data_gb=work.data_gb[asked],
        kept_region=before.region,
        kept_start=np.where(had, before.start_h - first_h, NOWHERE),
    )


def _room(controller: Controller, queued: Placements) -> IntArray:
    """(region,) how many jobs each may hold of those that are decided now; a queued one is among the unresolved."""
    rules = controller.rules
    again = np.bincount(queued.region, minlength=len(controller.level))
    room = rules.most_unresolved - controller.unresolved + again
    return np.where(controller.level < rules.closes_at, np.maximum(room, 0), 0)


def _counted(controller: Controller | None, before: IntArray, after: IntArray) -> Controller | None:
    """Approvals of the hour; a job that leaves a region never ends there."""
    if controller is None:
        return None
    regions = len(controller.level)
    left = before[(before != NOWHERE) & (before != after)].tolist()
    came = np.bincount(after[(after != NOWHERE) & (after != before)], minlength=regions)
    return controller.heard_all((region, None) for region in left).approved(came)
