"""The approvals that the controller counts: one for each job, and one for jobs of an array that get a place together.

The jobs of an array differ only in id and name. If the decisions of one hour give some of these jobs the same region
and start, they run in the same hours, so they all breach or none does. They are one approval with one outcome. Counted
one by one, an array of thousands of tiny jobs would close a region whose headroom the array hardly uses.
"""

from dataclasses import replace
from itertools import product

import numpy as np

from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import FAR, NEAR
from fleet.decisions.state import Placements
from fleet.domain.workload import Workload
from fleet.placement import NOWHERE, Batch, Offer, Plan
from fleet.placement.objective import objective_usd
from fleet.units import FloatArray, IntArray


def approvals_of(plan: Plan, work: Workload, before: Placements, first_h: int) -> IntArray:
    """Return the (entry,) number of each job's approval; NOWHERE for a job that is not placed.

    A job that keeps its place keeps its approval. A new number is larger than all numbers of earlier hours.

    Args:
        before: the places before the hour, in the order of the plan.
        first_h: the first hour ahead, in hours since 1970-01-01T00 UTC.
    """
    is_kept = (before.region == plan.region) & (before.start_h == first_h + plan.start)
    approval = np.where(is_kept, before.approval, first_h * len(work) + before.job)
    if work.has_arrays:
        fresh = np.flatnonzero(~is_kept & (plan.region != NOWHERE))
        regions, starts = plan.region.max(initial=0) + 1, plan.start.max(initial=0) + 1
        place = (work.array[before.job[fresh]] * regions + plan.region[fresh]) * starts + plan.start[fresh]
        _, first, group = np.unique(place, return_index=True, return_inverse=True)
        approval[fresh] = approval[fresh[first]][group]
    return np.where(plan.region == NOWHERE, NOWHERE, approval)


def amounts_of(places: Placements, work: Workload, controller: Controller, *, besides: Placements) -> FloatArray:
    """Return the (unit, track, region) sums of the approvals of `places`, without those that `besides` has too.

    An array of which `besides` has some jobs is the same approval, so only the energy of its other jobs counts.
    """
    counted = (places.approval != NOWHERE) & (_approval_of(places.job, besides) != places.approval)
    first = np.ones(len(places), dtype=np.int64)
    if work.has_arrays:
        first[:] = 0
        first[np.unique(places.approval, return_index=True)[1]] = 1
        first[np.isin(places.approval, besides.approval)] = 0
    job = places.job[counted]
    return controller.rules.amounts(
        controller.level.shape[-1], places.region[counted], work.duration_h[job], first[counted], work.energy_wh[job]
    )


def _approval_of(job: IntArray, places: Placements) -> IntArray:
    """Return the approval that each of the (job,) jobs has in `places`; NOWHERE for a job that is not there."""
    if not len(places):
        return np.full(len(job), NOWHERE)
    # An array over all jobs of a year would take longer to fill than the few jobs of an hour take to sort.
    order = np.argsort(places.job)
    entry = order[np.minimum(np.searchsorted(places.job, job, sorter=order), len(order) - 1)]
    return np.where(places.job[entry] == job, places.approval[entry], NOWHERE)


def shares(work: Workload, job: IntArray) -> FloatArray | None:
    """Return the (entry,) part of an approval that each job counts as in a plan; None if each counts as one.

    The policy cannot know in advance which jobs of an array get the same place. So each of n jobs of an array counts as
    1/n. If the plan then has more approvals than allowed, `within_places` removes the surplus.

    Args:
        job: (entry,) positions of the jobs to decide.
    """
    if not work.has_arrays:
        return None
    _, group, count = np.unique(work.array[job], return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[group])


def within_places(
    plan: Plan, offer: Offer, batch: Batch, work: Workload, before: Placements, *, first_h: int, places: IntArray
) -> Plan:
    """Return the plan without the approvals that exceed the places of a track.

    Approvals of earlier hours are kept first, then new approvals in the order of the batch. The jobs of all other
    approvals get no place.

    Args:
        places: (track, region) as `Controller.places`.
        Other arguments: as for `approvals_of`.
    """
    if batch.share is None and (places[FAR] == places[NEAR]).all():
        # The plan counted each job as an approval.
        return plan
    approval = approvals_of(plan, work, before, first_h)
    numbers, first = np.unique(approval, return_index=True)
    numbers, first = numbers[numbers != NOWHERE], first[numbers != NOWHERE]
    is_new = ~np.isin(numbers, before.approval)
    is_far = batch.duration_h[first] > offer.starts
    refused = np.empty(0, dtype=np.int64)
    # All approvals of a region share the places of the first track; long jobs may have fewer of them.
    for track, region in product((FAR, NEAR), range(places.shape[1])):
        is_here = (plan.region[first] == region) & ~np.isin(numbers, refused)
        here = np.flatnonzero(is_here & is_far if track == FAR else is_here)
        here = here[np.lexsort((first[here], is_new[here]))]
        refused = np.append(refused, numbers[here[min(int(places[track, region]), len(here)) :]])
    is_refused = np.isin(approval, refused)
    if not is_refused.any():
        return plan
    kept = replace(
        plan, region=np.where(is_refused, NOWHERE, plan.region), start=np.where(is_refused, NOWHERE, plan.start)
    )
    return kept if plan.objective_usd is None else replace(kept, objective_usd=objective_usd(offer, batch, kept))
