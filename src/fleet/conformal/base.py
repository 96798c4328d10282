"""The contract of a band method: it takes scores when they become known and returns margins and a state."""

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

# Named arrays, so that a state can be written to a file and read back unchanged.
State = dict[str, NDArray[Any]]

# This many numbers fit into a processor's cache and leave room for other data.
CACHED = 100_000

# The largest denominator of a miscoverage. With it, the products in `conformal_rank` fit into 64 bits for a century of
# hours.
_MAX_DENOMINATOR = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class MarginSettings:
    """The miscoverage of a margin, and the delay of its scores.

    miscoverage: accepted share of scores above the margin, exact.
    delay: (lead,) ticks from an origin until the score of its forecast becomes known; at least 1.
    step_h: hours between two ticks.
    """

    miscoverage: Fraction
    delay: IntArray
    step_h: int


class BandMethod(ABC):
    """Computes one-sided margins. The margins are the same whether the ticks come one by one or a year at once.

    scaled: True if the method expects scores that are divided by the spread known at their origin.
    """

    scaled: ClassVar[bool] = False

    @abstractmethod
    def advance(
        self, state: State | None, due: FloatArray, tick_utc: HourArray, settings: MarginSettings
    ) -> tuple[State, FloatArray]:
        """Learn from the scores of each tick and return the margins of the forecast made at each tick.

        Args:
            state: the state that the last call returned; None in the first call. It is not changed.
            due: (tick, ..., lead) scores that become known at each tick. At lead l, this is the score of the forecast
                made `settings.delay[l]` ticks before. NaN where no score becomes known; NaN never counts.
            tick_utc: (tick,) times, `settings.step_h` hours apart, that follow the times of the state.
            settings: the same in every call.
        Returns: the state after the last tick, and (tick, ..., lead) margins that a score exceeds with probability at
            most `settings.miscoverage`. A margin is infinite where too few scores are known, and never NaN.
        """

    def scores_needed(self, miscoverage: Fraction, step_h: int) -> int:
        """Return how many known scores a finite margin needs when ticks are `step_h` hours apart."""
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
        """Return the margins of a whole history.

        Args:
            score: (origin, region, lead) in time order; NaN where no actual value was observed.
            origin_utc: (origin,) hours.
            delay_h: (lead,) hours from an origin until its score becomes known.
            miscoverage: accepted share of scores above the margin.
            since: index of the first origin that needs a margin. Earlier origins only calibrate.
        Returns: margins of the origins from `since` on, (origin, region, lead).
        Raises: DataError if two origins are equal or not in time order.
        """
        ticks = Ticks.from_origins(origin_utc)
        delay = ticks.delay(delay_h)
        settings = MarginSettings(miscoverage=miscoverage, delay=delay, step_h=ticks.step_h)
        _, margin = self.advance(None, delayed(ticks.on_ticks(score), delay), ticks.utc, settings)
        return margin[ticks.position[since:]]


def delayed(values: FloatArray, delay: IntArray) -> FloatArray:
    """Return, at each tick and lead, the value of `delay[lead]` ticks before; NaN where there is none.

    Args:
        values: (tick, ..., lead).
        delay: (lead,) in ticks.
    Returns: (tick, ..., lead).
    """
    late = np.full_like(values, np.nan)
    # Leads lie side by side in memory. Runs of ticks that fit into the cache are read from memory only once.
    run = max(CACHED // max(values[:1].size, 1), 1)
    for start in range(0, len(values), run):
        for lead, ticks in enumerate(delay):
            first, end = max(start - int(ticks), 0), min(start + run, len(values)) - int(ticks)
            late[first + ticks : start + run, ..., lead] = values[first : max(end, first), ..., lead]
    return late


def delayed_tail(values: FloatArray, delay: IntArray, ticks: int) -> FloatArray:
    """Return the last `ticks` ticks of `delayed`: (tick, ..., lead).

    Assumes: `values` has at least `ticks` plus the longest delay ticks.
    """
    start, end = len(values) - ticks, len(values)
    late = np.empty((ticks, *values.shape[1:]), dtype=values.dtype)
    for lead, back in enumerate(delay.tolist()):
        late[..., lead] = values[start - back : end - back, ..., lead]
    return late


def miscoverage_of(confidence: float) -> Fraction:
    """Return one minus the confidence as an exact fraction: 0.95 gives 1/20.

    With floats, some ranks would be one too high.

    Raises: ConfigError if the confidence is outside (0, 1) or rounds to 0 or 1.
    """
    miscoverage = 1 - Fraction(confidence).limit_denominator(_MAX_DENOMINATOR) if 0 < confidence < 1 else Fraction(0)
    if not 0 < miscoverage < 1:
        raise ConfigError(f"confidence is {confidence}, expected a number between 0 and 1 such as 0.95")
    return miscoverage


def conformal_rank(count: NDArray[np.int64], miscoverage: Fraction) -> NDArray[np.int64]:
    """Return ceil((n + 1)(1 - miscoverage)), elementwise, in integers. A rank above n means an infinite margin.

    Args:
        count: n, the number of known scores.
    Source: Lei et al. 2018, split conformal.
    """
    numerator, denominator = miscoverage.numerator, miscoverage.denominator
    rank: NDArray[np.int64] = count + 1 - (count + 1) * numerator // denominator
    return rank


def least_scores(miscoverage: Fraction) -> int:
    """Return how many scores a finite margin needs. With fewer, the conformal rank exceeds the number of scores."""
    return math.ceil(1 / miscoverage) - 1


def conformal_quantile(score: FloatArray, miscoverage: Fraction) -> FloatArray:
    """Return the score of conformal rank along the first axis.

    Args:
        score: (calibration, ...); NaN is left out.
    Returns: (...); infinite where too few scores are known.
    Assumes: exchangeable scores.
    """
    ordered = np.sort(score, axis=0)
    count = np.isfinite(score).sum(axis=0)
    rank = conformal_rank(count, miscoverage)
    enough = rank <= count
    if len(ordered) == 0:
        return np.full(score.shape[1:], np.inf, dtype=score.dtype)
    quantile = np.take_along_axis(ordered, np.where(enough, rank - 1, 0)[None], axis=0)[0]
    return np.where(enough, quantile, np.inf)
