"""The contract of a policy: of the places and starts that the hours ahead offer, choose one or none for each job."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import ClassVar

from fleet.placement.offer import Batch, Offer, Plan


class Belief(StrEnum):
    """What a policy takes for true of the hours ahead: the offer that it is shown.

    PRESENT: they are as the last hour was. FORECAST: as forecast. MARGIN: 2 degC warmer and more humid than forecast.
    BOUND: up to the bound at the conservatism that each window asks for; only here a controller governs.
    TRUTH: as they will be.
    """

    PRESENT = "present"
    FORECAST = "forecast"
    MARGIN = "margin"
    BOUND = "bound"
    TRUTH = "truth"


class Policy(ABC):
    """Chooses where and when jobs run. Policies keep no state.

    belief: what it is shown of the hours ahead.
    replans: jobs that have a place but do not run yet are decided again each hour.
    """

    belief: ClassVar[Belief] = Belief.BOUND
    replans: ClassVar[bool] = False

    @classmethod
    def asks_bound(cls) -> bool:
        """It approves nothing that the bound does not hold, so that a controller can govern it."""
        return cls.belief is Belief.BOUND

    @abstractmethod
    def plan(self, offer: Offer, batch: Batch) -> Plan:
        """A place for each job or none; together they stay within the offer."""
