"""The placement of a batch as a linear programme. Jobs that are alike form one class, whose power may be split."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.placement.capacity import exceeds
from fleet.placement.objective import penalty_usd_per_mwh
from fleet.placement.offer import NOWHERE, Batch, Offer
from fleet.placement.search import Jobs
from fleet.placement.windows import Windows
from fleet.units import ROUNDING_MW, FloatArray, IntArray


class Programme(NamedTuple):
    """The linear programme of a batch. If transfers cost nothing, no plan costs less than the optimum of the programme.

    A group holds jobs of one duration, region set and home. A class holds the jobs of one group with the same first and
    last start. The power of a class runs in windows at their cost, or stays unserved at the penalty.

    A row is a level that windows require, the lowest level first. A job is placed only if its power and the power that
    is already reserved fit together at the level of its window. So the power of all windows that require the level of a
    row or a higher level stays within the capacity of the row.

    length_h: (length,) hours of the windows.
    usd_per_mw: (length, region, start) cost of one megawatt in a window; inf where no job fits.
    row: (length, region, start) the row of each window.
    capacity_mw: (row, region, hour).
    length, region_set, home: (group,) index of the duration, region set and home of the jobs; groups are sorted by
        these. Home is NOWHERE if a transfer costs nothing or if the jobs may not run at home.
    transfer_usd_per_mw: (group,) mean transfer cost of one megawatt away from home.
    first_start, last_start: the first and the last starts that occur, ascending.
    demand_mw: (group, first, last) power of each class; `first` and `last` are indices in first_start and last_start.
    member, member_from: the regions of the sets, as in Jobs.
    penalty_usd_per_mwh: cost of unserved energy.
    """

    length_h: IntArray
    usd_per_mw: FloatArray
    row: NDArray[np.int8]
    capacity_mw: FloatArray
    length: IntArray
    region_set: IntArray
    home: IntArray
    transfer_usd_per_mw: FloatArray
    first_start: IntArray
    last_start: IntArray
    demand_mw: FloatArray
    member: IntArray
    member_from: IntArray
    penalty_usd_per_mwh: float


class ClassPosition(NamedTuple):
    """(job,) indices of each job's class in the demand of a programme."""

    group: IntArray
    first: IntArray
    last: IntArray


def programme_of(offer: Offer, batch: Batch, windows: Windows, jobs: Jobs) -> tuple[Programme, ClassPosition]:
    """Return the programme of a batch, and the class of each job."""
    home = np.where((jobs.transfer_usd > 0) & batch.sets[batch.region_set, jobs.home], jobs.home, NOWHERE)
    key = (jobs.length * len(batch.sets) + batch.region_set) * (len(batch.sets[0]) + 1) + home + 1
    _, example, group = np.unique(key, return_index=True, return_inverse=True)
    first_start, first = np.unique(jobs.first, return_inverse=True)
    last_start, last = np.unique(jobs.last, return_inverse=True)
    demand_mw = np.zeros((len(example), len(first_start), len(last_start)))
    np.add.at(demand_mw, (group, first, last), jobs.power_mw)
    level_index, row = np.unique(windows.level_index, return_inverse=True)
    smallest_mw = np.full(len(windows.length_h), np.inf)
    np.minimum.at(smallest_mw, jobs.length, jobs.power_mw)
    usd_per_mw = windows.usd_per_mw.copy()
    _exclude_full_windows(usd_per_mw, windows, offer.spare_mw, offer.reserved_mw, smallest_mw)
    transfer_usd = np.bincount(group, weights=jobs.transfer_usd, minlength=len(example))
    capacity_mw = np.clip(offer.spare_mw[level_index] - offer.reserved_mw, 0, jobs.power_mw.sum())
    programme = Programme(
        length_h=windows.length_h,
        usd_per_mw=usd_per_mw,
        row=row.reshape(windows.level_index.shape).astype(np.int8),
        # A job also fits if it exceeds the capacity by a rounding error. The programme allows the same error.
        capacity_mw=capacity_mw + ROUNDING_MW,
        length=jobs.length[example],
        region_set=batch.region_set[example],
        home=home[example],
        transfer_usd_per_mw=transfer_usd / demand_mw.sum(axis=(1, 2)),
        first_start=first_start,
        last_start=last_start,
        demand_mw=demand_mw,
        member=jobs.member,
        member_from=jobs.member_from,
        penalty_usd_per_mwh=penalty_usd_per_mwh(offer),
    )
    return programme, ClassPosition(group, first, last)


@compiled
def _exclude_full_windows(
    usd_per_mw: FloatArray, windows: Windows, spare_mw: FloatArray, reserved_mw: FloatArray, smallest_mw: FloatArray
) -> None:
    """Write an infinite cost for each window in which even the smallest job of its (length,) duration does not fit."""
    length_h, level_index = windows.length_h, windows.level_index
    lengths, regions, starts = usd_per_mw.shape
    for length in range(lengths):
        for region in range(regions):
            for start in range(starts):
                level = level_index[length, region, start]
                for hour in range(start, start + length_h[length]):
                    if exceeds(reserved_mw[region, hour] + smallest_mw[length], spare_mw[level, region, hour]):
                        usd_per_mw[length, region, start] = np.inf
                        break
