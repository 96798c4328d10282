"""What a plan costs, and what it costs not to run a job."""

import numpy as np

from fleet.placement.offer import NOWHERE, Batch, Offer, Plan

# Not running a job must never pay: it costs three times the dearest hour on offer.
PENALTY_OVER_DEAREST = 3.0


def penalty_usd_per_mwh(offer: Offer) -> float:
    """What IT energy costs that is not served; 0 where every known cost is negative, or none is known."""
    known = offer.cost_usd_per_mwh[np.isfinite(offer.cost_usd_per_mwh)]
    return PENALTY_OVER_DEAREST * float(known.max(initial=0.0))


def objective_usd(offer: Offer, batch: Batch, plan: Plan) -> float:
    """Energy, transfer and waiting of the jobs that have a place, and the penalty of those that have none.

    Hours are waited from hour 0 on: what a job has waited before is the same in every plan. The weight of a change is
    no money, but keeps plans from flickering: it steers the choice of a place and is not counted here.
    """
    placed = plan.region != NOWHERE
    region, start = plan.region[placed], plan.start[placed]
    power_mw, energy_mwh = batch.power_mw[placed], batch.energy_mwh[placed]
    so_far, end = offer.cost_so_far, start + batch.duration_h[placed]
    energy_usd = power_mw @ (so_far[region, end] - so_far[region, start])
    transfer_usd = offer.transfer_usd_per_gb * batch.data_gb[placed] @ (region != batch.home[placed])
    waiting_usd = offer.waiting_usd_per_mwh_per_h * (energy_mwh @ start)
    unserved_usd = penalty_usd_per_mwh(offer) * batch.energy_mwh[~placed].sum()
    return float(energy_usd + transfer_usd + waiting_usd + unserved_usd)
