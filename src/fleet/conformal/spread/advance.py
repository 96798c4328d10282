"""The spread of each tick's forecasts, tick by tick or a year at once."""

import itertools
from dataclasses import dataclass

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
# Numbers in an array of one tick after another, that a run of ticks stays within.
_ROOM = 2_000_000


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
    most = max(_ROOM // max(block.forecast[:1].size, 1), 1)
    cuts = sorted({0, *begins.tolist(), *range(0, len(month), most), len(month)})
    slow = np.empty_like(block.forecast)
    learnt = np.empty((len(month), len(SIDES), *block.forecast.shape[1:]), dtype=block.forecast.dtype)
    for start, end in itertools.pairwise(cuts):
        if month[start] != state["month"]:
            state["weights"] = model.fit(state["gram"], state["moment"], row_h=_ROW_TICKS * block.step_h)
            state["month"] = month[start : start + 1].reshape(())
        run = slice(start, end)
        slow[run], learnt[run] = _within_month(
            state,
            Block(
                tick_utc=block.tick_utc[run],
                step_h=block.step_h,
                delay=block.delay,
                forecast=block.forecast[run],
                due=block.due[run],
            ),
        )
    return state, Spread(slow=slow, learnt=learnt)


def _beginning(block: Block) -> State:
    _, regions, leads = block.forecast.shape
    kept = int(block.delay.max(initial=1))
    kind = block.forecast.dtype
    return {
        "month": np.array(np.iinfo(np.int64).min),
        "forecast": np.full((kept, regions, leads), np.nan, dtype=kind),
        "due": np.full((kept, regions, leads), np.nan, dtype=kind),
        "slow": np.full((kept, regions, leads), np.nan, dtype=kind),
        "features": np.zeros((kept, features.COUNT, regions, leads), dtype=kind),
        "gram": np.zeros((regions, features.COUNT, features.COUNT)),
        "moment": np.zeros((regions, features.COUNT, len(SIDES))),
        "weights": np.zeros((regions, features.COUNT, len(SIDES))),
        **features.beginning(regions, leads, kind),
    }


def _within_month(state: State, block: Block) -> tuple[FloatArray, FloatArray]:
    """The slow and the learnt spread of ticks for which the same weights hold; the state is brought up to date."""
    kept = len(state["forecast"])
    issued = np.concatenate([state["forecast"], block.forecast])
    slow = np.maximum(forgetful_mean(state, "slow_error", np.abs(block.due), _SLOW_H / block.step_h), _SMALLEST)
    seen = features.of(state, issued, slow, block.due, block.tick_utc, block.step_h, block.delay)
    learnt = slow[:, None] * model.factor(seen, state["weights"].astype(seen.dtype))
    slow_so_far = np.concatenate([state["slow"], slow])
    seen_so_far = np.concatenate([state["features"], seen])
    due_so_far = np.concatenate([state["due"], block.due])
    number = block.tick_utc.astype("datetime64[h]").astype(np.int64) // block.step_h
    leads = np.arange(block.due.shape[2])
    for row in np.flatnonzero(number % _ROW_TICKS == 0):
        # The forecast made `kept` ticks ago: the errors of all its leads are known by now.
        error = due_so_far[row + block.delay, :, leads].T / slow_so_far[row]
        state["gram"], state["moment"] = model.learn(
            state["gram"], state["moment"], state["weights"], seen_so_far[row], error, row_h=_ROW_TICKS * block.step_h
        )
    state["forecast"], state["due"] = issued[-kept:], due_so_far[-kept:]
    state["slow"], state["features"] = slow_so_far[-kept:], seen_so_far[-kept:]
    return slow, learnt
