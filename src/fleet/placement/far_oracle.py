"""The default policy with the true values of all hours that are forecast, beyond the horizon too."""

from typing import ClassVar

from fleet.placement.base import Belief
from fleet.placement.oracle import Oracle


class FarOracle(Oracle):
    """Knows whether a long job is safe in every hour of its run. So it shows what the bounds of long jobs cost."""

    name: ClassVar[str] = "far_oracle"
    belief: ClassVar[Belief] = Belief.FAR_TRUTH
