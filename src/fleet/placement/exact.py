"""Places whole jobs within the quotas of the linear programme's optimum, and the other jobs where they cost least."""

import numpy as np

from fleet.compiled import compiled
from fleet.placement.best_response import write_priced_windows
from fleet.placement.capacity import fits, is_open, reserve
from fleet.placement.improve import finish_priority
from fleet.placement.job_order import JobOrder, largest_first
from fleet.placement.offer import NOWHERE, Batch, Plan
from fleet.placement.quotas import Quotas
from fleet.placement.relaxation import ClassPosition, Programme
from fleet.placement.search import Placement, Search, cheapest
from fleet.placement.windows import Windows
from fleet.units import FloatArray, IntArray


def fill_quotas(
    programme: Programme,
    position: ClassPosition,
    quotas: Quotas,
    batch: Batch,
    search: Search,
    usd_per_mwh: FloatArray,
) -> Plan:
    """Place the jobs, the largest first, and reserve the capacity of each job that is placed.

    Each job takes the quota of its class that has the most power left. If the class has no quota, or if the job does
    not fit in the window of this quota, it takes the cheapest window that costs less than the penalty. If there is no
    such window, or if the quota is of unserved power, the job waits until the other jobs of its priority are placed.

    Args:
        usd_per_mwh: (row, region, hour) prices of the optimum.
    """
    windows = search.windows
    priced = Windows(windows.length_h, np.empty(programme.usd_per_mw.shape), windows.level_index)
    write_priced_windows(programme, usd_per_mwh, priced.usd_per_mw)
    placement = Placement.empty(len(batch))
    _place(
        largest_first(batch),
        quotas.class_of[position.group, position.first, position.last],
        quotas._replace(power_mw=quotas.power_mw.copy()),
        search._replace(windows=priced),
        windows,
        programme.penalty_usd_per_mwh,
        placement,
    )
    return placement.plan()


@compiled
def _fullest_quota(quotas: Quotas, class_: int, left_mw: FloatArray) -> int:
    """Return the quota of the class that has the most power left, or NOWHERE if the class has no quota.

    Taking this quota fills all quotas about equally, because the largest jobs come first. A class has no quota if its
    power is so small that the solver of the programme rounds it to zero.
    """
    best = NOWHERE
    if class_ != NOWHERE:
        for quota in range(quotas.begin[class_], quotas.begin[class_ + 1]):
            if best == NOWHERE or left_mw[quota] > left_mw[best]:
                best = quota
    return best


@compiled
def _place(
    order: JobOrder,
    class_of: IntArray,
    quotas: Quotas,
    search: Search,
    real_windows: Windows,
    penalty_usd_per_mwh: float,
    placement: Placement,
) -> None:
    """Write the placement.

    Args:
        class_of: (job,) class of each job.
        quotas: `power_mw` is written: the power of each job is subtracted.
        search: costs of its windows include the prices.
        real_windows: the same windows, with costs that do not include the prices.
    """
    jobs, priced, capacity, left_mw = search.jobs, search.windows, search.capacity, quotas.power_mw
    begin = 0
    for end in order.priority_end:
        some_jobs = order.job[begin:end]
        for job in some_jobs:
            length, power = jobs.length[job], jobs.power_mw[job]
            hours = priced.length_h[length]
            best = _fullest_quota(quotas, class_of[job], left_mw)
            has_place = False
            if best != NOWHERE:
                left_mw[best] -= power
                region, start = quotas.region[best], quotas.start[best]
                if region == NOWHERE:
                    continue
                spare_mw = capacity.spare_mw[priced.level_index[length, region, start], region]
                has_place = is_open(capacity.most_jobs[region], jobs.share[job]) and fits(
                    spare_mw, capacity.reserved_mw[region], start, hours, power
                )
            if not has_place:
                _, region, start = cheapest(search, job, penalty_usd_per_mwh * hours * power)
            if region != NOWHERE:
                reserve(capacity, region, start, hours, power, jobs.share[job])
                placement.region[job], placement.start[job] = region, start
        # Prices keep capacity free for later jobs. After the last job, only the real costs count.
        windows = real_windows if end == len(order.job) else priced
        finish_priority(some_jobs, search, windows, penalty_usd_per_mwh, placement)
        begin = end
