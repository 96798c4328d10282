"""The objective of a plan: its cost, and the penalty for jobs that are not placed."""

import numpy as np

from fleet.placement.case_check import check_plan
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan

# Leaving a job out must never save money, so unserved energy costs three times the most expensive hour of the offer.
PENALTY_OVER_HIGHEST_COST = 3.0


def penalty_usd_per_mwh(offer: Offer) -> float:
    """Return the penalty for unserved IT energy; 0 if no known cost is positive."""
    known_usd_per_mwh = offer.cost_usd_per_mwh[np.isfinite(offer.cost_usd_per_mwh)]
    return PENALTY_OVER_HIGHEST_COST * float(known_usd_per_mwh.max(initial=0.0))


def objective_usd(offer: Offer, batch: Batch, plan: Plan) -> float:
    """Return the cost of energy, transfer and waiting of the placed jobs, plus the penalty for the other jobs.

    Waiting counts from hour 0 on, because the hours that a job has waited before are the same in every plan. The weight
    of a change is no expense and does not count here. It only keeps jobs from moving back and forth for a small gain.

    Raises: DataError as `check_plan`.
    """
    check_plan(offer, batch, plan)
    is_placed = plan.region != NOWHERE
    region, start = plan.region[is_placed], plan.start[is_placed]
    power_mw, energy_mwh = batch.power_mw[is_placed], batch.energy_mwh[is_placed]
    cost_so_far, end = offer.cost_so_far, start + batch.duration_h[is_placed]
    energy_usd = power_mw @ (cost_so_far[region, end] - cost_so_far[region, start])
    transfer_usd = offer.transfer_usd_per_gb * batch.data_gb[is_placed] @ (region != batch.home[is_placed])
    waiting_usd = offer.waiting_usd_per_mwh_per_h * (energy_mwh @ start)
    unserved_usd = penalty_usd_per_mwh(offer) * batch.energy_mwh[~is_placed].sum()
    return float(energy_usd + transfer_usd + waiting_usd + unserved_usd)
