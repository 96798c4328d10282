"""Places each job in the cheapest window that is safe if the weather is 2 degC warmer and more humid than forecast."""

from typing import ClassVar

from fleet.placement.base import Belief
from fleet.placement.greedy import Greedy


class FixedMargin(Greedy):
    """Follows the usual rule of thumb: the same margin in every region and hour."""

    name: ClassVar[str] = "fixed_margin"
    belief: ClassVar[Belief] = Belief.MARGIN
