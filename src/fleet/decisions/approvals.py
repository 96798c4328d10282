"""The approvals that the controller counts: one for each job, and one for jobs of an array that get a place together.

The jobs of an array differ only in id and name. If the decisions of one hour give some of these jobs the same region
and start, they run in the same hours, so they all breach or none does. They are one approval with one outcome. Counted
one by one, an array of thousands of tiny jobs would close a region whose headroom the array hardly uses.
"""

from dataclasses import replace

import numpy as np

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


def count_approvals(places: Placements, regions: int, *, besides: Placements) -> IntArray:
    """Return the (region,) number of approvals of `places`, without the approvals that `besides` has too."""
    approval, first = np.unique(places.approval, return_index=True)
    is_counted = (approval != NOWHERE) & ~np.isin(approval, besides.approval)
    return np.bincount(places.region[first[is_counted]], minlength=regions)


def shares(work: Workload, job: IntArray) -> FloatArray | None:
    """Return the (entry,) part of an approval that each job counts as in a plan; None if each counts as one.

    The policy cannot know in advance which jobs of an array get the same place. So each of n jobs of an array counts as
    1/n. If the plan then has more approvals than allowed, `within_most_jobs` removes the surplus.

    Args:
        job: (entry,) positions of the jobs to decide.
    """
    if not work.has_arrays:
        return None
    _, group, count = np.unique(work.array[job], return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[group])


def within_most_jobs(plan: Plan, offer: Offer, batch: Batch, work: Workload, before: Placements, first_h: int) -> Plan:
    """Return the plan without the approvals that exceed `most_jobs` of a region.

    Approvals of earlier hours are kept first, then new approvals in the order of the batch. The jobs of all other
    approvals get no place.

    Args: as for `approvals_of`.
    """
    if batch.share is None:
        return plan
    approval = approvals_of(plan, work, before, first_h)
    numbers, first = np.unique(approval, return_index=True)
    numbers, first = numbers[numbers != NOWHERE], first[numbers != NOWHERE]
    is_new = ~np.isin(numbers, before.approval)
    refused = [np.empty(0, dtype=np.int64)]
    for region, most in enumerate(offer.most_jobs.tolist()):
        here = np.flatnonzero(plan.region[first] == region)
        here = here[np.lexsort((first[here], is_new[here]))]
        refused.append(numbers[here[min(most, len(here)) :]])
    is_refused = np.isin(approval, np.concatenate(refused))
    if not is_refused.any():
        return plan
    kept = replace(
        plan, region=np.where(is_refused, NOWHERE, plan.region), start=np.where(is_refused, NOWHERE, plan.start)
    )
    return kept if plan.objective_usd is None else replace(kept, objective_usd=objective_usd(offer, batch, kept))
