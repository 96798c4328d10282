"""The cheapest place and start that are safe should it be 2 degC warmer and more humid than forecast."""

from fleet.placement.base import Belief
from fleet.placement.greedy import Greedy


class FixedMargin(Greedy):
    """The usual rule of thumb: the same margin everywhere and always."""

    belief = Belief.MARGIN
