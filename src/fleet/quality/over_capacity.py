"""More IT load than the region can hold."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.quality.base import Flags, Rule, View

_COLUMN = "it_load_mw"
# A meter may read a few per cent too high, and a site may exceed its capacity for an hour.
_MARGIN = 1.25


class OverCapacity(Rule):
    """The IT load is above 1.25 times the IT capacity of the region. This rule needs the fleet and no history."""

    reason: ClassVar[str] = "more load than the region can hold"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of such loads; none without a fleet or for a region outside the fleet."""
        if view.fleet is None or _COLUMN not in view.values:
            return {}
        capacity = {region.id: region.it_capacity_mw for region in view.fleet.regions}
        limit_mw = np.array([capacity.get(region, np.inf) for region in view.regions])
        return {_COLUMN: view.values[_COLUMN] > _MARGIN * limit_mw[:, None]}
