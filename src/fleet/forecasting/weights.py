"""The weights of the forecasters (the experts) in a blend. An expert gains weight if it recently beat the blend."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.units import FloatArray

HALF_LIFE_D = 180.0
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Exponential weights on the linearised absolute error. They find the best mixture, not only the best expert.

    Arrays are (expert, region, lead). Once a day, `regret` and `square` shrink by a fixed factor. A difference is the
    linearised loss of the mixture minus that of the expert.

    regret: sum of the differences.
    square: sum of the squared differences.
    largest: the largest absolute difference. `square` and `largest` set the learning rate of each expert.
    Source: Wintenberger 2017, Bernstein online aggregation; Gaillard, Stoltz & van Erven 2014.
    """

    regret: FloatArray
    square: FloatArray
    largest: FloatArray

    @classmethod
    def equal(cls, experts: int, regions: int, horizon: int) -> Self:
        """Return equal weights, for the time before any actual value is known."""
        shape = (experts, regions, horizon)
        return cls(regret=np.zeros(shape), square=np.zeros(shape), largest=np.zeros(shape))

    @property
    def share(self) -> FloatArray:
        """(expert, region, lead) share of each expert in the mixture. The shares of all experts add up to one."""
        # A scale per region and lead makes the shares independent of the unit, MW or kW.
        largest = np.maximum(self.largest.max(axis=0), _TINY)
        square = np.maximum(self.square, _TINY * largest**2)
        rate = np.minimum(0.5 / largest, np.sqrt(np.log(len(self.regret)) / square))
        power = rate * self.regret
        raw = rate * np.exp(power - power.max(axis=0))
        share: FloatArray = raw / raw.sum(axis=0)
        return share

    def aged(self) -> Self:
        """Return the weights one day later."""
        keep = 0.5 ** (1 / HALF_LIFE_D)
        return type(self)(regret=keep * self.regret, square=keep * self.square, largest=self.largest)

    def updated(self, leads: slice, expert: FloatArray, mixture: FloatArray, actual: FloatArray) -> Self:
        """Return the weights after they have learnt the actual values of some leads of one origin.

        Args:
            leads: positions on the axis of leads.
            expert: (expert, region, lead) forecasts of the experts at these leads.
            mixture: (region, lead) forecast of the blend at these leads.
            actual: (region, lead) actual values; a missing value changes nothing.
        """
        gain = np.sign(mixture - actual) * (mixture - expert)
        gain = np.where(np.isfinite(gain), gain, 0.0)
        regret, square, largest = self.regret.copy(), self.square.copy(), self.largest.copy()
        regret[..., leads] += gain
        square[..., leads] += gain**2
        largest[..., leads] = np.maximum(largest[..., leads], np.abs(gain))
        return type(self)(regret=regret, square=square, largest=largest)
