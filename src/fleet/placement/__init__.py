"""Policies choose where and when each job runs.

To add a policy, write one file here with a class that has a `name`, add the class to _POLICIES, and add a test.
"""

from collections.abc import Mapping

from fleet.placement.base import Belief, Policy
from fleet.placement.current_conditions import CurrentConditions
from fleet.placement.far_oracle import FarOracle
from fleet.placement.fixed_margin import FixedMargin
from fleet.placement.greedy import Greedy
from fleet.placement.home_region import HomeRegion
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.placement.oracle import Oracle
from fleet.placement.point_forecast import PointForecast
from fleet.placement.priced import Priced

_POLICIES: tuple[type[Policy], ...] = (
    HomeRegion,
    CurrentConditions,
    PointForecast,
    FixedMargin,
    Greedy,
    Priced,
    Oracle,
    FarOracle,
)
POLICIES: Mapping[str, type[Policy]] = {policy.name: policy for policy in _POLICIES}

DEFAULT_POLICY = Priced.name
ORACLE = Oracle.name
# These know later hours, so they run only in replays.
ORACLES = (Oracle.name, FarOracle.name)

__all__ = ["DEFAULT_POLICY", "NOWHERE", "ORACLE", "ORACLES", "POLICIES", "Batch", "Belief", "Offer", "Plan", "Policy"]
