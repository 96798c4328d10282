"""The spread of each tick's forecasts, tick by tick or a year at once."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.base import State
from fleet.conformal.spread import features, model
from fleet.conformal.spread.average import forgetful_mean
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, FloatArray

SIDES = (-1, 1)
_SLOW_H = 30 * HOURS_PER_DAY
_SMALLEST = 1e-9
# Every few ticks a row is learnt from: the ones between say nearly the same.
_ROW_TICKS = 5


@dataclass(frozen=True, kw_only=True)
class Block:
    """What a run of ticks brings; arrays are (tick, region, lead).

    tick_utc: (tick,), step_h apart.
    delay: (lead,) ticks after which an error becomes known.
    forecast: made at each tick; NaN where none was.
    due: actual less forecast of what became known at each tick; of lead l, of the forecast made delay[l] ticks before.
    """

    tick_utc: HourArray
    step_h: int
    delay: NDArray[np.int64]
    forecast: FloatArray
    due: FloatArray

    def during(self, ticks: slice) -> "Block":
        """Some of its ticks."""
        return replace(self, tick_utc=self.tick_utc[ticks], forecast=self.forecast[ticks], due=self.due[ticks])


@dataclass(frozen=True, kw_only=True)
class Spread:
    """slow: (tick, region, lead) mean absolute error lately. learnt: (tick, side, region, lead), below and above.

    In the variable's unit; NaN before the first error of a region and lead is known.
    """

    slow: FloatArray
    learnt: FloatArray


def advance(state: State | None, block: Block) -> tuple[State, Spread]:
    """Take in what became known tick by tick, and give the spread of each tick's forecast.

    The model is refitted when a calendar month begins.

    Args:
        state: where the last call ended; None at the very beginning. It is left as it was.
    Returns: the state after the last tick, and the spread; the same however a history is cut into blocks.
    """
    state = dict(state or _beginning(block))
    month = clock.month_index(block.tick_utc)
    begins = np.flatnonzero(np.diff(month, prepend=state["month"]))
    cuts = sorted({0, *begins.tolist(), len(month)})
    slow = np.empty_like(block.forecast)
    learnt = np.empty((len(month), len(SIDES), *block.forecast.shape[1:]), dtype=block.forecast.dtype)
    for start, end in itertools.pairwise(cuts):
        if month[start] != state["month"]:
            state["weights"] = model.fit(state["gram"], state["moment"], row_h=_ROW_TICKS * block.step_h)
            state["month"] = month[start : start + 1].reshape(())
        run = slice(start, end)
        slow[run], learnt[run] = _within_month(state, block.during(run))
    return state, Spread(slow=slow, learnt=learnt)


def _beginning(block: Block) -> State:
    _, regions, leads = block.forecast.shape
    kept = int(block.delay.max(initial=1))
    kind = block.forecast.dtype
    return {
        "month": np.array(np.iinfo(np.int64).min),
        "forecast": np.full((1, regions, leads), np.nan, dtype=kind),
        "due": np.full((kept, regions, leads), np.nan, dtype=kind),
        "slow": np.full((kept, regions, leads), np.nan, dtype=kind),
        "features": np.zeros((kept, features.COUNT, regions, leads), dtype=kind),
        "gram": np.zeros((regions, features.COUNT, features.COUNT)),
        "moment": np.zeros((regions, features.COUNT, len(SIDES))),
        "weights": np.zeros((regions, features.COUNT, len(SIDES))),
        **features.beginning(regions, leads, block.step_h, kind),
    }


def _within_month(state: State, block: Block) -> tuple[FloatArray, FloatArray]:
    """The slow and the learnt spread of ticks for which the same weights hold; the state is brought up to date."""
    kept = len(state["due"])
    slow = np.maximum(forgetful_mean(state, "slow_error", np.abs(block.due), _SLOW_H / block.step_h), _SMALLEST)
    seen = features.of(state, state["forecast"], block.forecast, slow, block.due, block.step_h, block.delay)
    learnt = model.factor(seen, state["weights"])
    learnt *= slow[:, None]
    due_so_far = np.concatenate([state["due"], block.due])
    number = block.tick_utc.astype("datetime64[h]").astype(np.int64) // block.step_h
    rows = np.flatnonzero(number % _ROW_TICKS == 0)
    # The forecasts made `kept` ticks before: the errors of all their leads are known by then.
    due = due_so_far[rows[:, None] + block.delay, :, np.arange(block.due.shape[2])].swapaxes(1, 2)
    state["gram"], state["moment"] = model.learn(
        state["gram"],
        state["moment"],
        state["weights"],
        _ago(state["features"], seen, rows),
        due / _ago(state["slow"], slow, rows),
        row_h=_ROW_TICKS * block.step_h,
    )
    state["forecast"], state["due"] = block.forecast[-1:].copy(), due_so_far[-kept:]
    state["slow"], state["features"] = _last(kept, state["slow"], slow), _last(kept, state["features"], seen)
    return slow, learnt


def _ago(before: FloatArray, values: FloatArray, ticks: NDArray[np.int64]) -> FloatArray:
    """What stood as many ticks before each of some as there are in `before`."""
    late = ticks >= len(before)
    return np.concatenate([before[ticks[~late]], values[ticks[late] - len(before)]])


def _last(count: int, before: FloatArray, values: FloatArray) -> FloatArray:
    """The last ticks of both."""
    return values[-count:] if len(values) >= count else np.concatenate([before, values])[-count:]
