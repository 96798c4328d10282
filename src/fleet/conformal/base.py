"""The contract of a band method: scores in, margins out, and no score used before it is known."""

from abc import ABC, abstractmethod
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fleet.domain.clock import HourArray
from fleet.errors import ConfigError
from fleet.units import FloatArray

# Keeps every rank within 64 bits for a century of hours.
_FINEST = 1_000_000_000


class BandMethod(ABC):
    """One-sided margins. A two-sided band is two of them at half the miscoverage each."""

    @abstractmethod
    def margin(
        self,
        score: FloatArray,
        origin_utc: HourArray,
        delay_h: NDArray[np.int64],
        miscoverage: Fraction,
        *,
        since: int = 0,
    ) -> FloatArray:
        """Margin that the score exceeds with probability at most `miscoverage`.

        Args:
            score: (origin, region, lead) in time order; NaN where never observed, and such scores never count.
            origin_utc: (origin,) the last known hour of each origin.
            delay_h: (lead,) hours after its origin at which a score becomes known.
            miscoverage: in (0, 1), exact.
            since: the first origin whose margin is wanted; the earlier ones only calibrate.
        Returns: (origin - since, region, lead); infinite where too few scores are known.
        """


def miscoverage_of(confidence: float) -> Fraction:
    """One minus the confidence, exactly as a person wrote it: floats would put some ranks one too high.

    Raises: ConfigError outside (0, 1).
    """
    miscoverage = 1 - Fraction(confidence).limit_denominator(_FINEST) if 0 < confidence < 1 else Fraction(0)
    if not 0 < miscoverage < 1:
        raise ConfigError(f"confidence is {confidence}, expected a number between 0 and 1 such as 0.95")
    return miscoverage


def conformal_rank(count: NDArray[np.int64], miscoverage: Fraction) -> NDArray[np.int64]:
    """ceil((n + 1)(1 - miscoverage)), elementwise, in integers; a rank above n stands for infinity.

    Source: Lei et al. 2018, split conformal.
    """
    up, down = miscoverage.numerator, miscoverage.denominator
    rank: NDArray[np.int64] = count + 1 - (count + 1) * up // down
    return rank


def conformal_quantile(score: FloatArray, miscoverage: Fraction) -> FloatArray:
    """The score of conformal rank along the first axis; NaN is left out, and infinity says that too few are left.

    Args:
        score: (calibration, ...).
    Returns: (...).
    Assumes: exchangeable scores.
    """
    ordered = np.sort(score, axis=0)
    known = np.isfinite(score).sum(axis=0)
    rank = conformal_rank(known, miscoverage)
    enough = rank <= known
    if len(ordered) == 0:
        return np.full(score.shape[1:], np.inf)
    picked = np.take_along_axis(ordered, np.where(enough, rank - 1, 0)[None], axis=0)[0]
    return np.where(enough, picked, np.inf)
