"""Adaptive conformal inference: the level moves with every miss, and is never clipped."""

import numpy as np

from fleet.conformal.base import Aim, BandMethod, State
from fleet.conformal.queue import Queue
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import FloatArray

GAIN = 0.005
# Sums of floats must not lift a whole rank to the next.
_DUST = 1e-9


class ACI(BandMethod):
    """The calibration of `split` at a level that is lowered by a miss and raised by a hit.

    The level may leave (0, 1): at or below 0 the margin is infinite, at or above 1 it is the least score. Clipping it
    would void the bound on its long-run miscoverage. With errors known late it does reach infinity now and then.
    Source: Gibbs and Candes 2021.
    """

    def advance(self, state: State | None, due: FloatArray, tick_utc: HourArray, aim: Aim) -> tuple[State, FloatArray]:
        series = due.shape[1:]
        state = state or {
            "known": np.empty((0, *series), dtype=due.dtype),
            "month": np.array(np.iinfo(np.int64).min),
            "calibration": np.empty((0, *series), dtype=due.dtype),
            "level": np.full(series, float(aim.miscoverage)),
            "queue": Queue.empty(series, aim.delay, due.dtype),
        }
        known = np.concatenate([state["known"], due])
        before = len(state["known"])
        month = clock.month_index(tick_utc)
        begins = set(np.flatnonzero(np.diff(month, prepend=state["month"])).tolist())
        level, calibration = state["level"].copy(), state["calibration"]
        count = np.isfinite(calibration).sum(axis=0)
        queue = Queue(state["queue"], len(due), aim.delay)
        for tick in range(len(due)):
            promised = queue.promised(tick)
            counts = ~(np.isnan(due[tick]) | np.isnan(promised))
            level += GAIN * counts * (float(aim.miscoverage) - (due[tick] > promised))
            if tick in begins:
                calibration = np.sort(known[: before + tick + 1], axis=0)
                count = np.isfinite(calibration).sum(axis=0)
            queue.issue(tick, at_level(calibration, count, level))
        month_after = month[-1:].reshape(()) if len(month) else state["month"]
        after = {
            "known": known,
            "month": month_after,
            "calibration": calibration,
            "level": level,
            "queue": queue.waiting,
        }
        # Without a calibration nothing was promised, and no miss may count; to a reader that is infinity.
        return after, np.where(np.isnan(queue.since_then), np.inf, queue.since_then)


def at_level(calibration: FloatArray, count: FloatArray, level: FloatArray) -> FloatArray:
    """The score of rank ceil((n + 1)(1 - level)), infinite above the last; NaN where there is no calibration.

    Args:
        calibration: (score, ...) sorted. count: (...) how many of them are known. level: (...) any number.
    """
    if not len(calibration):
        return np.full(level.shape, np.nan, dtype=calibration.dtype)
    rank = np.ceil((count + 1) * (1 - level) - _DUST)
    at = np.clip(rank, 1, np.maximum(count, 1)).astype(np.int64) - 1
    picked = np.take_along_axis(calibration, at[None], axis=0)[0]
    return np.where(count == 0, np.nan, np.where(rank > count, np.inf, picked))
