"""Quantile tracking: the margin rises when a miss becomes known and falls when a hit becomes known."""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.conformal.base import BandMethod, MarginSettings, State, conformal_quantile, least_scores
from fleet.conformal.queue import MarginQueue
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

WARM_UP_DAYS = 60
# The gain is EARLY_GAIN / sqrt(number of scores), clipped to LEAST_GAIN and MOST_GAIN. So the quantile moves fast in a
# short history and slowly in a long one.
LEAST_GAIN, EARLY_GAIN, MOST_GAIN = 0.015, 2.0, 0.2
# A step is a share of |quantile|, because bursts need larger steps than calm times. If |quantile| is below this many
# spreads, the step is a share of this many spreads.
_LEAST_STEP = 0.5


class Tracker(BandMethod):
    """Moves a quantile q of the scaled scores: q += gain x max(|q|, 1/2) x (miss - miscoverage).

    The margin is q. It is infinite until enough scores are known, and then starts at their conformal quantile.

    Steps are multiples of q, so the rule tracks the logarithm of q. Let P(q) = 2q within 1/2 of zero, and
    P(q) = sign(q) (1 + log |2q|) beyond. One step moves P by gain x (miss - miscoverage), up to terms of gain squared.
    Consider n scores that become known while the gain falls from g0 to g1 and q stays between q_lo and q_hi. For any
    sequence of scores,

        |miss rate - miscoverage| <= (1 + g0) (P(q_hi) - P(q_lo)) / (g1 n) + g0 miscoverage (1 - miscoverage)

    If all scores lie between s_lo and s_hi, P(q) passes P(s_lo) or P(s_hi) by at most `delay` steps of at most
    g0 (1 + g0), because a miss becomes known late. The last term of the bound exists because steps are multiples of q.
    Half of this term remains as a bias: with LEAST_GAIN, the miss rate is 5.04 % instead of 5 %.
    Source: Angelopoulos, Candes and Tibshirani 2023 (quantile tracking).
    """

    scaled = True

    def __init__(self, *, warm_up_days: int = WARM_UP_DAYS, most_until_known: float = np.inf) -> None:
        """Args:
        warm_up_days: days of scores before the margin is finite.
        most_until_known: the gain is at most this, divided by the ticks until a score becomes known. Until then, every
            score meets the same margin. So a run of misses could otherwise multiply the quantile.
        """
        self._warm_up_days, self._most_until_known = warm_up_days, most_until_known

    def scores_needed(self, miscoverage: Fraction, step_h: int) -> int:
        return max(self._warm_up_days * HOURS_PER_DAY // step_h, least_scores(miscoverage))

    def advance(
        self, state: State | None, due: FloatArray, tick_utc: HourArray, settings: MarginSettings
    ) -> tuple[State, FloatArray]:
        state = state or _initial_state(due, settings)
        needed = self.scores_needed(settings.miscoverage, settings.step_h)
        quantile, count, warm_up = state["quantile"].copy(), state["count"].copy(), state["warm_up"]
        earlier, ticks = len(state["queue"]), len(due)
        # (tick, ...) issued margins: first those whose scores are still to come, then those of these ticks.
        margins = np.concatenate([state["queue"], np.empty_like(due)])
        number = due.dtype.type
        most_gain = self._most_until_known / np.maximum(settings.delay, 1).astype(due.dtype)
        walk = _Walk(
            due=_flat(due),
            margins=_flat(margins),
            quantile=quantile.reshape(-1),
            known=count.reshape(-1),
            back=np.broadcast_to(settings.delay, quantile.shape).ravel(),
            direction=np.array([-number(settings.miscoverage), number(1) - number(settings.miscoverage)]),
            gains=_gains(due.dtype),
            most_gain=np.broadcast_to(most_gain, quantile.shape).ravel(),
            least_step=number(_LEAST_STEP),
        )
        tick: int = _walk(walk, 0, needed)
        while tick < ticks:
            # At least one series has just got enough scores to begin.
            ready = np.isinf(quantile) & (count >= needed)
            first_scores = np.concatenate([warm_up[:, ready], due[: tick + 1, ready]])
            quantile[ready] = conformal_quantile(first_scores, settings.miscoverage)
            margins[earlier + tick] = quantile
            tick = _walk(walk, tick + 1, needed)
        is_warming_up = bool(np.isinf(quantile).any())
        after = {
            "quantile": quantile,
            "count": count,
            "warm_up": _still_needed(np.concatenate([warm_up, due]), quantile) if is_warming_up else warm_up[:0],
            "queue": margins[len(margins) - max(int(settings.delay.max(initial=1)), 1) :].copy(),
        }
        return after, margins[earlier:]


class _Walk(NamedTuple):
    """What the loop over the ticks reads and writes, by (tick, series) or (series,).

    Args:
        due: scores that become known at each tick; NaN where none does.
        margins: earlier margins, then those of the ticks, which the loop fills.
        quantile, known: the quantile and the number of known scores; the loop changes them in place.
        back: ticks from a margin to its score.
        direction: of the quantile after a hit and after a miss.
        gains: gain by number of scores; the last one holds for all larger numbers.
        most_gain: the largest gain.
        least_step: the least size of a step before the gain.
    """

    due: FloatArray
    margins: FloatArray
    quantile: FloatArray
    known: IntArray
    back: IntArray
    direction: FloatArray
    gains: FloatArray
    most_gain: FloatArray
    least_step: float


def _flat(values: FloatArray) -> FloatArray:
    """Return (tick, series) values from (tick, ...) ones."""
    return np.ascontiguousarray(values).reshape(len(values), math.prod(values.shape[1:]))


@compiled
def _walk(walk: _Walk, first: int, needed: int) -> int:
    """Advance from a tick on, until a series may begin or the ticks end; return that tick.

    A tick at which a series may begin has counted its scores, and has not issued its margins.
    """
    due, margins, quantile, known, back, direction, gains, most_gain, least_step = walk
    ticks, earlier = len(due), len(margins) - len(due)
    for tick in range(first, ticks):
        is_ready = False
        for one in range(len(quantile)):
            score = due[tick, one]
            if not np.isnan(score):
                known[one] += 1
                margin = margins[earlier + tick - back[one], one]
                # No score exceeds an infinite margin, so the score must not move the quantile.
                if np.isfinite(margin):
                    gain = min(gains[min(known[one], len(gains) - 1)], most_gain[one])
                    step = max(abs(quantile[one]), least_step) * gain
                    quantile[one] += step * (direction[1] if score > margin else direction[0])
            if np.isinf(quantile[one]) and known[one] >= needed:
                is_ready = True
        if is_ready:
            return tick
        margins[earlier + tick] = quantile
    return ticks


def _still_needed(warm_up: FloatArray, quantile: FloatArray) -> FloatArray:
    """Return the ticks that hold a score of a series whose quantile is still infinite."""
    is_waiting = np.isinf(quantile)
    return warm_up[np.isfinite(warm_up[:, is_waiting]).any(axis=1)]


def _initial_state(due: FloatArray, settings: MarginSettings) -> State:
    series = due.shape[1:]
    return {
        "quantile": np.full(series, np.inf, dtype=due.dtype),
        "count": np.zeros(series, dtype=np.int64),
        "warm_up": np.empty((0, *series), dtype=due.dtype),
        "queue": MarginQueue.empty(series, settings.delay, due.dtype),
    }


def _gains(dtype: np.dtype[np.floating]) -> FloatArray:
    """Return the gain by number of scores. The last gain holds for all larger numbers."""
    last = math.ceil((EARLY_GAIN / LEAST_GAIN) ** 2)
    count = np.maximum(np.arange(last + 1, dtype=dtype), 1)
    gains: FloatArray = np.clip(EARLY_GAIN / np.sqrt(count), LEAST_GAIN, MOST_GAIN)
    return gains
