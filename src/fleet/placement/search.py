"""The compiled search for the cheapest window in which a job fits."""

from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.placement.capacity import Capacity, fits, is_open
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.placement.windows import Windows
from fleet.units import FloatArray, IntArray

# Costs are compared in whole millionths of a dollar, because a rounding error of a sum must not make a job run later.
_RANKS_PER_USD = 1e6


class Jobs(NamedTuple):
    """The jobs of a batch. Arrays are (job,), as in the batch, unless stated otherwise.

    length: index of the job's duration in the table of windows.
    member, member_from: the regions of set i are member[member_from[i] : member_from[i + 1]], ascending.
    transfer_usd: cost of running away from home.
    change_usd: weight of leaving the region and start that the job holds already.
    share: how much each job counts in `Capacity.most_jobs`.
    """

    power_mw: FloatArray
    length: IntArray
    first: IntArray
    last: IntArray
    region_set: IntArray
    member: IntArray
    member_from: IntArray
    home: IntArray
    transfer_usd: FloatArray
    change_usd: FloatArray
    kept_region: IntArray
    kept_start: IntArray
    share: FloatArray

    @property
    def rolling(self) -> bool:
        """True if some jobs hold a region and start already.

        Then each hourly plan starts from the plan of the hour before and needs fewer rounds.
        """
        return bool((self.kept_region != NOWHERE).any())

    @classmethod
    def of(cls, offer: Offer, batch: Batch, length: IntArray) -> "Jobs":
        """Return the jobs of a batch.

        Args:
            length: (job,) index of each job's duration in the table of windows.
        Assumes: offer and batch have passed `check_case`; compiled loops do not check their indices.
        """
        return cls(
            batch.power_mw,
            length,
            # No job may start after the last start of the offer. The number of starts from `first` to `last` must not
            # overflow an integer, or a compiled loop would run far outside its arrays.
            np.minimum(batch.first, offer.starts),
            np.clip(batch.last, -1, offer.starts - 1),
            batch.region_set,
            *members(batch.sets),
            batch.home,
            offer.transfer_usd_per_gb * batch.data_gb,
            offer.change_usd_per_mwh * batch.energy_mwh,
            batch.kept_region,
            batch.kept_start,
            np.ones(len(batch)) if batch.share is None else batch.share,
        )


class Search(NamedTuple):
    """The data that a search for windows reads: jobs, windows with their costs, and the capacity that is left."""

    jobs: Jobs
    windows: Windows
    capacity: Capacity


class Placement(NamedTuple):
    """Region and start of each job, which compiled loops write; NOWHERE for a job that is not placed.

    region, start: (job,).
    """

    region: IntArray
    start: IntArray

    @classmethod
    def empty(cls, jobs: int) -> "Placement":
        """Return a placement in which no job is placed."""
        return cls(np.full(jobs, NOWHERE), np.full(jobs, NOWHERE))

    def plan(self) -> Plan:
        """Return the placement as a plan without an objective."""
        return Plan(region=self.region, start=self.start)


def members(sets: np.ndarray) -> tuple[IntArray, IntArray]:
    """Return the regions of all (set, region) sets, one set after another, and the index at which each set begins."""
    # np.nonzero returns a column of a matrix. For an array of that layout, the loops would be compiled again.
    return np.ascontiguousarray(np.nonzero(sets)[1]), np.concatenate([[0], np.cumsum(sets.sum(axis=1))])


@compiled
def rank(cost_usd: float) -> float:
    """Return the cost in whole millionths of a dollar. Compare costs by this number."""
    return np.rint(cost_usd * _RANKS_PER_USD)  # type: ignore[no-any-return]


@compiled
def cheapest(search: Search, job: int, usd_below: float) -> tuple[float, int, int]:
    """Find the cheapest window in which the job fits and costs less than `usd_below`, with transfer and change.

    Among windows of equal cost, the first region wins, and in it the earliest start.

    Returns: cost, region and start; `usd_below`, NOWHERE and NOWHERE if there is no such window.
    """
    jobs, windows, capacity = search.jobs, search.windows, search.capacity
    length, region_set, home = jobs.length[job], jobs.region_set[job], jobs.home[job]
    power, first, last = jobs.power_mw[job], jobs.first[job], jobs.last[job]
    transfer, change = jobs.transfer_usd[job], jobs.change_usd[job]
    kept_region, kept_start, share = jobs.kept_region[job], jobs.kept_start[job], jobs.share[job]
    # Reading a field of a tuple inside a loop is slow, so the loop's arrays are read here.
    member, spare_mw, reserved_mw, most_jobs = jobs.member, capacity.spare_mw, capacity.reserved_mw, capacity.most_jobs
    usd_per_mw, level_index, hours = windows.usd_per_mw, windows.level_index, windows.length_h[length]
    best_usd, best_rank, best_region, best_start = usd_below, rank(usd_below), NOWHERE, NOWHERE
    for entry in range(jobs.member_from[region_set], jobs.member_from[region_set + 1]):
        region = member[entry]
        if not is_open(most_jobs[region], share):
            continue
        away_usd = 0.0 if region == home else transfer
        for start in range(first, last + 1):
            cost = power * usd_per_mw[length, region, start] + away_usd
            if kept_region != NOWHERE and (region != kept_region or start != kept_start):
                cost += change
            if cost >= best_usd:
                continue
            cost_rank = rank(cost)
            if cost_rank < best_rank and fits(
                spare_mw[level_index[length, region, start], region], reserved_mw[region], start, hours, power
            ):
                best_usd, best_rank, best_region, best_start = cost, cost_rank, region, start
    return best_usd, best_region, best_start
