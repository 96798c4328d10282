"""Runs each job in its home region at its first allowed start. All policies are compared with this policy."""

from typing import ClassVar

import numpy as np

from fleet.placement.base import Belief, Policy
from fleet.placement.case_check import check_case
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan


class HomeRegion(Policy):
    """Ignores weather, grid and capacity."""

    name: ClassVar[str] = "home_region"
    belief: ClassVar[Belief] = Belief.PRESENT

    def plan(self, offer: Offer, batch: Batch) -> Plan:
        check_case(offer, batch)
        is_open = batch.first <= batch.last
        return Plan(region=np.where(is_open, batch.home, NOWHERE), start=np.where(is_open, batch.first, NOWHERE))
