"""Places one job after another, each in the cheapest window in which it fits at the bound."""

from typing import ClassVar

import numpy as np

from fleet.placement.base import Policy
from fleet.placement.case_check import check_case
from fleet.placement.fill import fill
from fleet.placement.offer import Batch, Offer, Plan


class Greedy(Policy):
    """Each job takes the cheapest window that is left, in the order of the batch."""

    name: ClassVar[str] = "greedy"

    def plan(self, offer: Offer, batch: Batch) -> Plan:
        check_case(offer, batch)
        return fill(offer, batch, np.arange(len(batch)))
