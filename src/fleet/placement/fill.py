"""Places one job after another, each in the cheapest window in which it still fits."""

import numpy as np

from fleet.compiled import compiled
from fleet.placement.capacity import Capacity, reserve
from fleet.placement.case_check import check_case, check_order
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.placement.search import Jobs, Placement, Search, cheapest
from fleet.placement.windows import Windows
from fleet.units import IntArray


def fill(offer: Offer, batch: Batch, order: IntArray) -> Plan:
    """Place the jobs one by one, each in the cheapest window in which it still fits.

    Among windows of equal cost, the first region wins, and in it the earliest start.

    Args:
        order: (job,) the order in which the jobs choose.
    Raises: DataError if offer, batch and order do not belong together, or if a job lasts longer than the offer reaches.
    """
    check_case(offer, batch)
    check_order(order, batch)
    windows, length = Windows.of(offer, batch.duration_h)
    search = Search(Jobs.of(offer, batch, length), windows, Capacity.of(offer))
    placement = Placement.empty(len(batch))
    _fill(order, search, placement)
    return placement.plan()


@compiled
def _fill(order: IntArray, search: Search, placement: Placement) -> None:
    """Write the placement, and reserve the capacity of each job that is placed."""
    for job in order:
        _, region, start = cheapest(search, job, np.inf)
        if region != NOWHERE:
            hours = search.windows.length_h[search.jobs.length[job]]
            reserve(search.capacity, region, start, hours, search.jobs.power_mw[job], search.jobs.share[job])
            placement.region[job], placement.start[job] = region, start
