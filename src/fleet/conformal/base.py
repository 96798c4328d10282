"""The contract of a band method: scores in as they become known, margins out, and a state to go on from."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.ticks import Ticks
from fleet.domain.clock import HourArray
from fleet.errors import ConfigError
from fleet.units import FloatArray, IntArray

# Named arrays, so that a state can be written to a file and read back as it was.
State = dict[str, NDArray[Any]]

# Numbers of an array that a processor's cache holds beside others.
CACHED = 100_000

# Keeps every rank within 64 bits for a century of hours.
_FINEST = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What a margin has to hold, and when it is told how it did.

    miscoverage: accepted share of scores above the margin, exact.
    delay: (lead,) ticks after its origin at which a score becomes known; at least one each.
    step_h: hours between two ticks.
    """

    miscoverage: Fraction
    delay: IntArray
    step_h: int


class BandMethod(ABC):
    """One-sided margins, the same whether hours come one by one or a year at once.

    scaled: its scores are divided by what is known of their spread at the origin.
    """

    scaled: ClassVar[bool] = False

    @abstractmethod
    def advance(self, state: State | None, due: FloatArray, tick_utc: HourArray, aim: Aim) -> tuple[State, FloatArray]:
        """Take in what became known tick by tick, and give the margins of each tick's forecast.

        Args:
            state: where the last call ended; None at the very beginning. It is left as it was.
            due: (tick, region, lead) scores that became known at each tick: at lead l, that of the forecast made
                `aim.delay[l]` ticks before. NaN where none did, and such a score never counts.
            tick_utc: (tick,) `aim.step_h` apart, and following those of the state.
        Returns: the state after the last tick, and (tick, region, lead) margins that a score exceeds with probability
            at most `aim.miscoverage`; infinite where nothing can be promised, never NaN.
        """

    def scores_needed(self, miscoverage: Fraction, step_h: int) -> int:
        """How many known scores a finite margin needs, of ticks so many hours apart."""
        return least_scores(miscoverage)

    def margin(
        self,
        score: FloatArray,
        origin_utc: HourArray,
        delay_h: IntArray,
        miscoverage: Fraction,
        *,
        since: int = 0,
    ) -> FloatArray:
        """Margins of a whole history, by advancing through it once.

        Args:
            score: (origin, region, lead) in time order; NaN where never observed.
            origin_utc: (origin,) the last known hour of each origin.
            delay_h: (lead,) hours after its origin at which a score becomes known.
            since: the first origin whose margin is wanted; the earlier ones only calibrate.
        Returns: (origin - since, region, lead).
        Raises: DataError if time does not go forward.
        """
        ticks = Ticks.of(origin_utc)
        delay = ticks.delay(delay_h)
        aim = Aim(miscoverage=miscoverage, delay=delay, step_h=ticks.step_h)
        _, margin = self.advance(None, delayed(ticks.spread(score), delay), ticks.utc, aim)
        return margin[ticks.position[since:]]


def delayed(values: FloatArray, delay: IntArray) -> FloatArray:
    """(tick, ..., lead): what was made `delay[lead]` ticks before each tick; NaN where nothing was."""
    later = np.full_like(values, np.nan)
    # Leads lie side by side in memory: as many ticks at a time as a cache holds, so that it is gone through once.
    run = max(CACHED // max(values[:1].size, 1), 1)
    for start in range(0, len(values), run):
        for lead, ticks in enumerate(delay):
            first, end = max(start - int(ticks), 0), min(start + run, len(values)) - int(ticks)
            later[first + ticks : start + run, ..., lead] = values[first : max(end, first), ..., lead]
    return later


def before_each(values: FloatArray, delay: IntArray, ticks: int) -> FloatArray:
    """(tick, ..., lead): of the last `ticks` ones, what stood `delay[lead]` before each; as many must be there."""
    start, end = len(values) - ticks, len(values)
    found = np.empty((ticks, *values.shape[1:]), dtype=values.dtype)
    for lead, back in enumerate(delay.tolist()):
        found[..., lead] = values[start - back : end - back, ..., lead]
    return found


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


def least_scores(miscoverage: Fraction) -> int:
    """How many scores a finite margin needs: with fewer, its rank lies above them all."""
    return math.ceil(1 / miscoverage) - 1


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
        return np.full(score.shape[1:], np.inf, dtype=score.dtype)
    picked = np.take_along_axis(ordered, np.where(enough, rank - 1, 0)[None], axis=0)[0]
    return np.where(enough, picked, np.inf)
