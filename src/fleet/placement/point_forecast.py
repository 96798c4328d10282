"""The cheapest place and start that the point forecast calls safe."""

from fleet.placement.base import Belief
from fleet.placement.greedy import Greedy


class PointForecast(Greedy):
    """Believes the forecast as if it never missed."""

    belief = Belief.FORECAST
