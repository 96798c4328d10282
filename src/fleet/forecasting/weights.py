"""How much each forecaster counts, by what it recently earned."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.units import FloatArray

HALF_LIFE_D = 180.0
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Exponential weights on the linearised absolute error, so that mixtures compete and not only single experts.

    All are (expert, region, lead), aged by the day.

    regret: how much less each expert would have lost than the mixture.
    square, largest: of the single differences; they set each expert's own learning rate.
    Source: Wintenberger 2017, Bernstein online aggregation; Gaillard, Stoltz & van Erven 2014.
    """

    regret: FloatArray
    square: FloatArray
    largest: FloatArray

    @classmethod
    def equal(cls, experts: int, regions: int, horizon: int) -> Self:
        """Before anything is known."""
        shape = (experts, regions, horizon)
        return cls(regret=np.zeros(shape), square=np.zeros(shape), largest=np.zeros(shape))

    @property
    def share(self) -> FloatArray:
        """(expert, region, lead), adding up to one over the experts."""
        # A common unit keeps a variable in MW and the same in kW alike.
        largest = np.maximum(self.largest.max(axis=0), _TINY)
        square = np.maximum(self.square, _TINY * largest**2)
        rate = np.minimum(0.5 / largest, np.sqrt(np.log(len(self.regret)) / square))
        power = rate * self.regret
        raw = rate * np.exp(power - power.max(axis=0))
        share: FloatArray = raw / raw.sum(axis=0)
        return share

    def aged(self) -> Self:
        """A day later."""
        keep = 0.5 ** (1 / HALF_LIFE_D)
        return type(self)(regret=keep * self.regret, square=keep * self.square, largest=self.largest)

    def taught(self, leads: slice, expert: FloatArray, mixture: FloatArray, actual: FloatArray) -> Self:
        """After the forecasts of one origin for some leads came true or not; a missing actual teaches nothing.

        Args:
            expert: (expert, region, lead), mixture, actual: (region, lead) of those leads.
        """
        gain = np.sign(mixture - actual) * (mixture - expert)
        gain = np.where(np.isfinite(gain), gain, 0.0)
        regret, square, largest = self.regret.copy(), self.square.copy(), self.largest.copy()
        regret[..., leads] += gain
        square[..., leads] += gain**2
        largest[..., leads] = np.maximum(largest[..., leads], np.abs(gain))
        return type(self)(regret=regret, square=square, largest=largest)
