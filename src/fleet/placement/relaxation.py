"""The placement of a batch as a linear programme: jobs that are alike as one class whose megawatts may be split."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.placement.capacity import Jobs
from fleet.placement.objective import penalty_usd_per_mwh
from fleet.placement.offer import NOWHERE, Batch, Offer
from fleet.placement.windows import Windows
from fleet.units import DUST_MW, FloatArray, IntArray


class Programme(NamedTuple):
    """No plan costs less than the optimum of this programme.

    A class of jobs, those of a group with the same first and last start, is placed in windows at their cost or stays
    unserved at the penalty. A row is a rung that windows are held at, the loosest first. When the last window of a row
    or of a tighter one is placed, all of those before it are counted in what is reserved: so the power of all windows
    at the row and at tighter ones stays within the row's capacity.

    length_h: (length,) hours of the windows.
    usd_per_mw: (length, region, start) what a megawatt costs in a window; inf where none of the jobs can run.
    row: (length, region, start) the row of each window.
    capacity_mw: (row, region, hour).
    length, region_set, home: (group,) what its jobs have in common, by which groups are sorted; home is NOWHERE where
        a transfer costs nothing.
    transfer_usd_per_mw: (group,) what a megawatt pays away from home, on the mean of the group.
    firsts, lasts: the first and last starts that occur, ascending.
    demand_mw: (group, first, last) power of each class.
    member, member_from: regions of the sets, as of Jobs.
    penalty_usd_per_mwh: of what stays unserved.
    """

    length_h: IntArray
    usd_per_mw: FloatArray
    row: NDArray[np.int8]
    capacity_mw: FloatArray
    length: IntArray
    region_set: IntArray
    home: IntArray
    transfer_usd_per_mw: FloatArray
    firsts: IntArray
    lasts: IntArray
    demand_mw: FloatArray
    member: IntArray
    member_from: IntArray
    penalty_usd_per_mwh: float


class ClassPosition(NamedTuple):
    """Where each job stands in the demand of a programme; all are (job,)."""

    group: IntArray
    first: IntArray
    last: IntArray


def programme_of(offer: Offer, batch: Batch, windows: Windows, jobs: Jobs) -> tuple[Programme, ClassPosition]:
    """The programme of a batch."""
    home = np.where((jobs.transfer_usd > 0) & batch.sets[batch.region_set, jobs.home], jobs.home, NOWHERE)
    key = (jobs.length * len(batch.sets) + batch.region_set) * (len(batch.sets[0]) + 1) + home + 1
    _, example, group = np.unique(key, return_index=True, return_inverse=True)
    firsts, first = np.unique(jobs.first, return_inverse=True)
    lasts, last = np.unique(jobs.last, return_inverse=True)
    shape = (len(example), len(firsts), len(lasts))
    demand_mw = np.zeros(shape)
    np.add.at(demand_mw, (group, first, last), jobs.power_mw)
    rows, row = np.unique(windows.rung, return_inverse=True)
    smallest_mw = np.full(len(windows.length_h), np.inf)
    np.minimum.at(smallest_mw, jobs.length, jobs.power_mw)
    usd_per_mw = windows.usd_per_mw.copy()
    _leave_out_what_holds_none(usd_per_mw, windows, offer.spare_mw, offer.reserved_mw, smallest_mw)
    transfer_usd = np.bincount(group, weights=jobs.transfer_usd, minlength=len(example))
    programme = Programme(
        length_h=windows.length_h,
        usd_per_mw=usd_per_mw,
        row=row.reshape(windows.rung.shape).astype(np.int8),
        # More than all jobs together is never used; and what a placement forgives, it may use.
        capacity_mw=np.clip(offer.spare_mw[rows] - offer.reserved_mw, 0, jobs.power_mw.sum()) + DUST_MW,
        length=jobs.length[example],
        region_set=batch.region_set[example],
        home=home[example],
        transfer_usd_per_mw=transfer_usd / demand_mw.sum(axis=(1, 2)),
        firsts=firsts,
        lasts=lasts,
        demand_mw=demand_mw,
        member=jobs.member,
        member_from=jobs.member_from,
        penalty_usd_per_mwh=penalty_usd_per_mwh(offer),
    )
    return programme, ClassPosition(group, first, last)


@compiled
def _leave_out_what_holds_none(
    usd_per_mw: FloatArray, windows: Windows, spare_mw: FloatArray, reserved_mw: FloatArray, smallest_mw: FloatArray
) -> None:
    """(length,) smallest job of each length: a window that cannot hold even that costs infinitely much."""
    length_h, rung = windows.length_h, windows.rung
    lengths, regions, starts = usd_per_mw.shape
    for i in range(lengths):
        for r in range(regions):
            for s in range(starts):
                for hour in range(s, s + length_h[i]):
                    if reserved_mw[r, hour] + smallest_mw[i] > spare_mw[rung[i, r, s], r, hour] + DUST_MW:
                        usd_per_mw[i, r, s] = np.inf
                        break
