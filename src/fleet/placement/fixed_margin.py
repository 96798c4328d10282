"""Places each job in the cheapest window that is safe with a fixed margin on weather and load.

The weather is 3 K warmer and more humid than forecast, and the load is larger by 5 % of the IT capacity.
"""

from typing import ClassVar

from fleet.placement.base import Belief
from fleet.placement.greedy import Greedy


class FixedMargin(Greedy):
    """Follows the usual rule of thumb: the same margin in every region and hour."""

    name: ClassVar[str] = "fixed_margin"
    belief: ClassVar[Belief] = Belief.MARGIN
