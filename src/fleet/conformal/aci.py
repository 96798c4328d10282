"""Adaptive conformal inference: each miss and each hit changes the miscoverage at which the margin is computed."""

import numpy as np

from fleet.conformal.base import BandMethod, MarginSettings, State
from fleet.conformal.queue import MarginQueue
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import FloatArray

# A miss lowers the working miscoverage by GAIN x (1 - miscoverage). A hit raises it by GAIN x miscoverage.
GAIN = 0.005
# Rounding errors in a sum of floats must not raise a rank by one.
_ROUNDING_ERROR = 1e-9


class ACI(BandMethod):
    """Computes the margin of `split` at a working miscoverage. A miss lowers the working miscoverage, a hit raises it.

    The working miscoverage may leave (0, 1). At or below 0 the margin is infinite; at or above 1 the margin is the
    smallest score. Scores become known late, so several misses in a row sometimes move the working miscoverage below 0.
    It is not clipped, because clipping would void the bound on the long-run miss rate.
    Source: Gibbs and Candes 2021.
    """

    def advance(
        self, state: State | None, due: FloatArray, tick_utc: HourArray, settings: MarginSettings
    ) -> tuple[State, FloatArray]:
        state = state or _initial_state(due, settings)
        scores = np.concatenate([state["known"], due])
        earlier = len(state["known"])
        month = clock.month_index(tick_utc)
        first_ticks = set(np.flatnonzero(np.diff(month, prepend=state["month"])).tolist())
        miscoverage, calibration = state["level"].copy(), state["calibration"]
        count = np.isfinite(calibration).sum(axis=0)
        queue = MarginQueue(state["queue"], len(due), settings.delay)
        for tick in range(len(due)):
            margin = queue.issued_for(tick)
            is_known = ~(np.isnan(due[tick]) | np.isnan(margin))
            miscoverage += GAIN * is_known * (float(settings.miscoverage) - (due[tick] > margin))
            if tick in first_ticks:
                calibration = np.sort(scores[: earlier + tick + 1], axis=0)
                count = np.isfinite(calibration).sum(axis=0)
            queue.issue(tick, calibrated_margin(calibration, count, miscoverage))
        last_month = month[-1:].reshape(()) if len(month) else state["month"]
        after = {
            "known": scores,
            "month": last_month,
            "calibration": calibration,
            "level": miscoverage,
            "queue": queue.waiting,
        }
        # NaN in the queue means that no score was known yet. Such a margin is neither hit nor missed. The caller gets
        # infinity.
        return after, np.where(np.isnan(queue.issued), np.inf, queue.issued)


def calibrated_margin(calibration: FloatArray, count: FloatArray, miscoverage: FloatArray) -> FloatArray:
    """Return the score of rank ceil((n + 1)(1 - miscoverage)).

    Args:
        calibration: (score, ...) ascending scores; NaN last.
        count: (...) n, the number of known scores.
        miscoverage: (...) any number.
    Returns: (...); infinite where the rank exceeds n, NaN where no score is known.
    """
    if not len(calibration):
        return np.full(miscoverage.shape, np.nan, dtype=calibration.dtype)
    rank = np.ceil((count + 1) * (1 - miscoverage) - _ROUNDING_ERROR)
    index = np.clip(rank, 1, np.maximum(count, 1)).astype(np.int64) - 1
    score = np.take_along_axis(calibration, index[None], axis=0)[0]
    return np.where(count == 0, np.nan, np.where(rank > count, np.inf, score))


def _initial_state(due: FloatArray, settings: MarginSettings) -> State:
    series = due.shape[1:]
    return {
        "known": np.empty((0, *series), dtype=due.dtype),
        "month": np.array(np.iinfo(np.int64).min),
        "calibration": np.empty((0, *series), dtype=due.dtype),
        "level": np.full(series, float(settings.miscoverage)),
        "queue": MarginQueue.empty(series, settings.delay, due.dtype),
    }
