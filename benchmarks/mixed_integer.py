"""Placement as a mixed-integer programme, solved by HiGHS: a peer of the policies."""

import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from fleet.placement import Batch, Offer
from fleet.placement.objective import penalty_usd_per_mwh


def mixed_integer(offer: Offer, batch: Batch, *, limit_s: float) -> tuple[float, float, bool]:
    """Return seconds, the cost of the best plan found, and True if the solver proves that no plan is cheaper.

    Args:
        limit_s: seconds after which the solver stops.
    """
    job, region, start = np.array(
        [
            (job, region, start)
            for job in range(len(batch))
            for region in np.flatnonzero(batch.sets[batch.region_set[job]])
            for start in range(batch.first[job], batch.last[job] + 1)
        ]
    ).T
    hours, count = batch.duration_h[job], len(job)
    penalty = penalty_usd_per_mwh(offer)
    energy_usd = offer.cost_so_far[region, start + hours] - offer.cost_so_far[region, start]
    option = np.repeat(np.arange(count), hours)
    hour = start[option] + np.arange(len(option)) - np.repeat(np.cumsum(hours) - hours, hours)
    cell = np.ravel_multi_index((region[option], hour), offer.reserved_mw.shape)
    once = csr_array((np.ones(count), (job, np.arange(count))))
    uses = csr_array((batch.power_mw[job[option]], (cell, option)), shape=(offer.reserved_mw.size, count))
    started = time.perf_counter()
    result = milp(
        batch.power_mw[job] * (energy_usd - penalty * hours),
        constraints=[LinearConstraint(once, ub=1), LinearConstraint(uses, ub=offer.spare_mw[0].ravel())],
        integrality=np.ones(count),
        bounds=Bounds(0, 1),
        options={"time_limit": limit_s},
    )
    return time.perf_counter() - started, result.fun + penalty * batch.energy_mwh.sum(), result.status == 0
