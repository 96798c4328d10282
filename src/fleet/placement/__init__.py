"""Where and when a job runs. To add a policy: a file here, a line below, a test beside the others."""

from collections.abc import Mapping

from fleet.placement.base import Belief, Policy
from fleet.placement.current_conditions import CurrentConditions
from fleet.placement.fixed_margin import FixedMargin
from fleet.placement.greedy import Greedy
from fleet.placement.home_region import HomeRegion
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.placement.oracle import Oracle
from fleet.placement.point_forecast import PointForecast
from fleet.placement.priced import Priced

POLICIES: Mapping[str, type[Policy]] = {
    "home_region": HomeRegion,
    "current_conditions": CurrentConditions,
    "point_forecast": PointForecast,
    "fixed_margin": FixedMargin,
    "greedy": Greedy,
    "priced": Priced,
    "oracle": Oracle,
}

DEFAULT_POLICY = "priced"
ORACLE = "oracle"

__all__ = ["DEFAULT_POLICY", "NOWHERE", "ORACLE", "POLICIES", "Batch", "Belief", "Offer", "Plan", "Policy"]
