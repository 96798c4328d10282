"""The contract of a policy: it gives each job of a batch one region and start of the offer, or none."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import ClassVar

from fleet.placement.offer import Batch, Offer, Plan


class Belief(StrEnum):
    """The assumption of a policy about the hours ahead. It selects the offer that the policy receives.

    PRESENT: the hours ahead are like the last known hour.
    FORECAST: the hours ahead are as forecast.
    MARGIN: temperature and dew point of the hours ahead are 3 K above the forecast, and the load is above it by 5 % of
        the IT capacity.
    BOUND: the hours ahead reach the bound, at the level of conservatism that each window requires. A controller can
        raise the level of this belief only.
    TRUTH: the hours ahead within the horizon are known.
    FAR_TRUTH: all hours ahead that are forecast are known.
    """

    PRESENT = "present"
    FORECAST = "forecast"
    MARGIN = "margin"
    BOUND = "bound"
    TRUTH = "truth"
    FAR_TRUTH = "far_truth"


class Policy(ABC):
    """Chooses where and when jobs run. A policy keeps no state.

    name: the key of the policy in the catalogue.
    belief: the policy's assumption about the hours ahead.
    replans: True if, each hour, the policy decides again on jobs that have a region and start but do not run yet.
    """

    name: ClassVar[str]
    belief: ClassVar[Belief] = Belief.BOUND
    replans: ClassVar[bool] = False

    @classmethod
    def uses_bound(cls) -> bool:
        """Return True if the policy approves only jobs that fit at the bound.

        A controller governs only such policies.
        """
        return cls.belief is Belief.BOUND

    @abstractmethod
    def plan(self, offer: Offer, batch: Batch) -> Plan:
        """Choose a region and start for each job, or none. Only `home_region` may exceed the offer.

        An implementation calls `check_case` first, because compiled loops do not check their indices.
        """
