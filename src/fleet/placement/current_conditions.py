"""Starts each job at once in the cheapest region with capacity, judged by the last known hour."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from fleet.placement.base import Belief, Policy
from fleet.placement.case_check import check_case
from fleet.placement.fill import fill
from fleet.placement.offer import Batch, Offer, Plan


class CurrentConditions(Policy):
    """Assumes that the hours ahead are like the last known hour. A job that cannot start in hour 0 is not placed."""

    name: ClassVar[str] = "current_conditions"
    belief: ClassVar[Belief] = Belief.PRESENT

    def plan(self, offer: Offer, batch: Batch) -> Plan:
        check_case(offer, batch)
        return fill(offer, replace(batch, last=np.minimum(batch.last, 0)), np.arange(len(batch)))
