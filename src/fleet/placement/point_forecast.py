"""Places each job in the cheapest window that is safe if the point forecast is exact."""

from typing import ClassVar

from fleet.placement.base import Belief
from fleet.placement.greedy import Greedy


class PointForecast(Greedy):
    """Trusts the forecast and adds no margin."""

    name: ClassVar[str] = "point_forecast"
    belief: ClassVar[Belief] = Belief.FORECAST
