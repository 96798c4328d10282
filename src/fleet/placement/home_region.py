"""Run where it was submitted, now: the original footprint."""

import numpy as np

from fleet.placement.base import Belief, Policy
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan


class HomeRegion(Policy):
    """Asks nothing of weather or grid. What every other policy is compared with."""

    belief = Belief.PRESENT

    def plan(self, offer: Offer, batch: Batch) -> Plan:
        runs = batch.first <= batch.last
        return Plan(region=np.where(runs, batch.home, NOWHERE), start=np.where(runs, batch.first, NOWHERE))
