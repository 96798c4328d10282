"""The cheapest place and start that stay inside the envelope at the bound, one job after another."""

import numpy as np

from fleet.placement.base import Policy
from fleet.placement.fill import fill
from fleet.placement.offer import Batch, Offer, Plan


class Greedy(Policy):
    """Each job takes the best that is left, in the order of the batch."""

    def plan(self, offer: Offer, batch: Batch) -> Plan:
        return fill(offer, batch, np.arange(len(batch)))
