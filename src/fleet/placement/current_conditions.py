"""The region that is cheapest and has room at present."""

from dataclasses import replace

import numpy as np

from fleet.placement.base import Belief, Policy
from fleet.placement.fill import fill
from fleet.placement.offer import Batch, Offer, Plan


class CurrentConditions(Policy):
    """Takes the hours ahead for what the last one was, so it has no reason to wait for a later one."""

    belief = Belief.PRESENT

    def plan(self, offer: Offer, batch: Batch) -> Plan:
        return fill(offer, replace(batch, last=np.minimum(batch.last, 0)), np.arange(len(batch)))
