"""Which running jobs had better leave, and where to."""

from dataclasses import replace

import numpy as np

from fleet.decisions.build_offer import offer_of
from fleet.decisions.hour_result import HourResult
from fleet.decisions.overload import crowding, passed
from fleet.decisions.reasons import advice_of
from fleet.decisions.state import Placements, State
from fleet.domain.advice import Advice
from fleet.domain.job import Job
from fleet.placement import NOWHERE, Batch, Belief, Offer
from fleet.placement.fill import fill
from fleet.units import FloatArray, IntArray


def advise(decided: HourResult, offer: Offer, state: State) -> tuple[tuple[Advice, ...], frozenset[int]]:
    """Advice for running jobs whose region's bound turned bad, and all that stand advised.

    A bound is bad where what has a place passes, in some hour that is left of a running job, the spare power at the
    rung of those hours. Of the jobs that run there it keeps what it holds, by priority and the smaller first; others
    had better leave. Each is told once, as long as the bound stays bad.

    Args:
        offer: what the decisions were made on, at the bound.
        state: before the decisions.
    """
    first_h, work = decided.first_h, decided.work
    running = state.fixed.running(first_h)
    left_h = running.left_h(work, first_h)
    offer = _reaching(decided, offer, int(left_h.max(initial=1)))
    taken = decided.reserved_mw[:, : offer.spare_mw.shape[2]].copy()
    decided.queued.add_power(taken, work, first_h)
    rung = offer.rung[offer.bucket[left_h, 0], running.region, 0]
    past = passed(rung, running.region, left_h, taken, offer.spare_mw)
    if not past.any():
        return (), frozenset()
    there = np.isin(running.region, running.region[past])
    running, left_h, rung = running.where(there), left_h[there], rung[there]
    told = np.isin(running.job, list(state.advised))
    # A job that was told to leave may be on its way: it makes room before another is told to.
    order = np.lexsort((work.power_mw[running.job], -work.priority[running.job], told))
    cause = crowding(order, rung, running.region, left_h, work.power_mw[running.job], taken, offer.spare_mw)
    leaves = order[(cause[order] != NOWHERE) & ~told[order]]
    stand = frozenset(running.job[told].tolist() + running.job[leaves].tolist())
    if not len(leaves):
        return (), stand
    to_region = _destinations(decided, offer, running.where(leaves), taken)
    advice = tuple(
        _advice(decided, running, left_h, int(entry), int(cause[entry]), int(to))
        for entry, to in zip(leaves, to_region, strict=True)
    )
    return advice, stand


def _reaching(decided: HourResult, offer: Offer, longest_h: int) -> Offer:
    """The offer, or where it ends too early for what is left of the longest job, one that does not."""
    if longest_h < len(offer.bucket):
        return offer
    # Not what the decisions are made on: a policy's weights look at every hour that it is offered.
    controller = decided.controller
    return offer_of(
        decided.prepared,
        decided.step,
        Belief.BOUND,
        decided.reserved_mw[:, : offer.starts - 1 + longest_h],
        extra=None if controller is None else controller.level,
    )


def _destinations(decided: HourResult, offer: Offer, leaving: Placements, taken_mw: FloatArray) -> IntArray:
    """(entry,) the cheapest other region that holds the rest of each job from the first hour on; NOWHERE for none.

    Args:
        leaving: in the order in which they choose.
        taken_mw: (region, hour) power of all that has a place.
    """
    work, job, count = decided.work, leaving.job, len(leaving)
    sets = work.sets[work.region_set[job]]
    sets[np.arange(count), leaving.region] = False
    if decided.controller is not None:
        sets &= decided.controller.open
    nothing, nowhere = np.zeros(count, dtype=np.int64), np.full(count, NOWHERE)
    rest = Batch(
        power_mw=work.power_mw[job],
        duration_h=leaving.left_h(work, decided.first_h),
        first=nothing,
        last=nothing,
        sets=sets,
        region_set=np.arange(count),
        # What it has worked on by now lies where it runs.
        home=leaving.region,
        priority=work.priority[job],
        waited_h=nothing,
        data_gb=work.data_gb[job],
        kept_region=nowhere,
        kept_start=nowhere,
    )
    room = np.full(len(taken_mw), np.iinfo(np.int64).max)
    return fill(replace(offer, reserved_mw=taken_mw, most_jobs=room), rest, np.arange(count)).region


def _advice(decided: HourResult, running: Placements, left_h: IntArray, entry: int, cause: int, to: int) -> Advice:
    regions = decided.prepared.fleet.regions
    region = int(running.region[entry])
    origin_utc = decided.prepared.origin_utc[decided.step]
    held = decided.work.jobs[int(running.job[cause])]
    binding = decided.explainer.passed(_rest(held, int(left_h[cause]), decided.first_h), region)
    to_region = None if to == NOWHERE else regions[to].id
    return Advice(
        job_id=decided.work.jobs[int(running.job[entry])].id,
        region=regions[region].id,
        origin_utc=origin_utc,
        binding=binding,
        to_region=to_region,
        reason=advice_of(binding, to_region=to_region),
    )


def _rest(job: Job, left_h: int, first_h: int) -> Job:
    """What is left of a running job, as a job."""
    first = np.datetime64(first_h, "h")
    return replace(job, duration_h=left_h, earliest_utc=first, deadline_utc=first + np.timedelta64(left_h, "h"))
