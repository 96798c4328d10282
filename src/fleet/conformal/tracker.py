"""Quantile tracking: a margin that rises with every miss and falls with every hit, told late."""

import math
from fractions import Fraction

import numpy as np

from fleet.conformal.base import Aim, BandMethod, State, conformal_quantile, least_scores
from fleet.conformal.queue import Queue
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, FloatArray

WARM_UP_DAYS = 60
# The gain falls with the root of the scores seen, so that a short history still moves, down to one that forgets.
LEAST_GAIN, EARLY_GAIN, MOST_GAIN = 0.015, 2.0, 0.2
# A step is a share of the quantile, as a burst needs larger ones than a calm; near zero, of this many spreads.
_LEAST_STEP = 0.5


class Tracker(BandMethod):
    """q += gain x max(|q|, 1/2) x (miss - miscoverage), on scores in units of their spread.

    It starts from the conformal quantile of the first scores, and is infinite before there are enough of them.

    As the steps are multiples of q, its logarithm is what is tracked. With P(q) = 2q within 1/2 of zero, and
    sign(q) (1 + log |2q|) beyond, a step moves P by gain x (miss - miscoverage), but for terms of gain squared. So on
    every path, over n scores that become known while the gain falls from g to h and q stays between q_lo and q_hi,

        |miss rate - miscoverage| <= (1 + g) (P(q_hi) - P(q_lo)) / (h n) + g miscoverage (1 - miscoverage)

    and scores between s_lo and s_hi hold P(q) to within `delay` steps, of g (1 + g) at most, of P(s_lo) and P(s_hi).
    The last term is what multiples cost: half of it stays, with the least gain 5.04 % of misses for 5 %.
    Source: Angelopoulos, Candes and Tibshirani 2023 (quantile tracking).
    """

    scaled = True

    def __init__(self, *, warm_up_days: int = WARM_UP_DAYS) -> None:
        self._warm_up_days = warm_up_days

    def scores_needed(self, miscoverage: Fraction, step_h: int) -> int:
        return max(self._warm_up_days * HOURS_PER_DAY // step_h, least_scores(miscoverage))

    def advance(self, state: State | None, due: FloatArray, tick_utc: HourArray, aim: Aim) -> tuple[State, FloatArray]:
        series = due.shape[1:]
        state = state or {
            "quantile": np.full(series, np.inf, dtype=due.dtype),
            "count": np.zeros(series, dtype=np.int64),
            "warm_up": np.empty((0, *series), dtype=due.dtype),
            "queue": Queue.empty(series, aim.delay, due.dtype),
        }
        needed = self.scores_needed(aim.miscoverage, aim.step_h)
        quantile, count, before = state["quantile"].copy(), state["count"].copy(), state["warm_up"]
        starting = bool(np.isinf(quantile).any())
        miscoverage = due.dtype.type(aim.miscoverage)
        gains = _gains(due.dtype)
        queue = Queue(state["queue"], len(due), aim.delay)
        for tick, score in enumerate(due):
            known = ~np.isnan(score)
            count += known
            promised = queue.promised(tick)
            step = np.maximum(np.abs(quantile), _LEAST_STEP)
            step *= gains.take(count, mode="clip")
            # What was infinite promised nothing, and no miss may count.
            counts = known & np.isfinite(promised)
            np.add(quantile, step * ((score > promised) - miscoverage), out=quantile, where=counts)
            if starting:
                ready = np.isinf(quantile) & (count >= needed)
                if ready.any():
                    so_far = np.concatenate([before[:, ready], due[: tick + 1, ready]])
                    quantile[ready] = conformal_quantile(so_far, aim.miscoverage)
                    starting = bool(np.isinf(quantile).any())
            queue.issue(tick, quantile)
        after = {
            "quantile": quantile,
            "count": count,
            "warm_up": np.concatenate([before, due]) if starting else before[:0],
            "queue": queue.waiting,
        }
        return after, queue.since_then


def _gains(kind: np.dtype[np.floating]) -> FloatArray:
    """The gain after so many scores; the last one stays."""
    last = math.ceil((EARLY_GAIN / LEAST_GAIN) ** 2)
    scores = np.maximum(np.arange(last + 1, dtype=kind), 1)
    gains: FloatArray = np.clip(EARLY_GAIN / np.sqrt(scores), LEAST_GAIN, MOST_GAIN)
    return gains
