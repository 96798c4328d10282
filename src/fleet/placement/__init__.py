"""Where and when a job runs. To add a policy: a file here, a line below, a test beside the others."""

from collections.abc import Mapping

from fleet.placement.greedy import Greedy
from fleet.placement.home_region import HomeRegion
from fleet.placement.options import Options, Policy
from fleet.placement.point_forecast import PointForecast

POLICIES: Mapping[str, type[Policy]] = {
    "home_region": HomeRegion,
    "point_forecast": PointForecast,
    "greedy": Greedy,
}

DEFAULT_POLICY = "greedy"

__all__ = ["DEFAULT_POLICY", "POLICIES", "Options", "Policy"]
