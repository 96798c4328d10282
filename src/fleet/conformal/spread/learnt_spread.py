"""Computes the spread of each tick's forecasts, tick by tick or a year at once."""

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
_SLOW_HALF_LIFE_H = 30 * HOURS_PER_DAY
_LEAST_SPREAD = 1e-9
# The model learns from every fifth tick. The ticks in between hold nearly the same information.
_TICKS_PER_ROW = 5


@dataclass(frozen=True, kw_only=True)
class Block:
    """The forecasts and the new residuals of a run of ticks. Arrays are (tick, region, lead).

    tick_utc: (tick,) times, `step_h` hours apart.
    delay: (lead,) ticks after which a residual becomes known.
    forecast: forecast made at each tick; NaN where none was made.
    due: residuals that become known at each tick; NaN where none does. At lead l, this is the residual of the forecast
        made `delay[l]` ticks before.
    """

    tick_utc: HourArray
    step_h: int
    delay: NDArray[np.int64]
    forecast: FloatArray
    due: FloatArray

    def during(self, ticks: slice) -> "Block":
        """Return the part of the block at some ticks."""
        return replace(self, tick_utc=self.tick_utc[ticks], forecast=self.forecast[ticks], due=self.due[ticks])


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The spread of each tick's forecasts, in the unit of the variable. NaN before the first residual is known.

    slow: (tick, region, lead) mean absolute residual with a half-life of 30 days.
    learnt: (tick, side, region, lead) the slow spread times the model's factor for that side. Side 0 is below the
        forecast, side 1 above.
    """

    slow: FloatArray
    learnt: FloatArray


def advance(state: State | None, block: Block) -> tuple[State, Spread]:
    """Learn from a block of ticks and return the spread of each tick's forecast.

    The model is fitted again when a calendar month of UTC begins.

    Args:
        state: the state that the last call returned; None in the first call. It is not changed.
    Returns: the state after the block, and the spread. The spread does not depend on how a history is cut into blocks.
    """
    state = dict(state or _initial_state(block))
    month = clock.month_index(block.tick_utc)
    first_ticks = np.flatnonzero(np.diff(month, prepend=state["month"]))
    cuts = sorted({0, *first_ticks.tolist(), len(month)})
    slow = np.empty_like(block.forecast)
    learnt = np.empty((len(month), len(SIDES), *block.forecast.shape[1:]), dtype=block.forecast.dtype)
    for start, end in itertools.pairwise(cuts):
        if month[start] != state["month"]:
            state["weights"] = model.fit(state["gram"], state["moment"], row_h=_TICKS_PER_ROW * block.step_h)
            state["month"] = month[start : start + 1].reshape(())
        run = slice(start, end)
        slow[run], learnt[run] = _advance_within_month(state, block.during(run))
    return state, Spread(slow=slow, learnt=learnt)


def _initial_state(block: Block) -> State:
    _, regions, leads = block.forecast.shape
    kept = int(block.delay.max(initial=1))
    dtype = block.forecast.dtype
    return {
        "month": np.array(np.iinfo(np.int64).min),
        "forecast": np.full((1, regions, leads), np.nan, dtype=dtype),
        "due": np.full((kept, regions, leads), np.nan, dtype=dtype),
        "slow": np.full((kept, regions, leads), np.nan, dtype=dtype),
        "features": np.zeros((kept, features.COUNT, regions, leads), dtype=dtype),
        "gram": np.zeros((regions, features.COUNT, features.COUNT)),
        "moment": np.zeros((regions, features.COUNT, len(SIDES))),
        "weights": np.zeros((regions, features.COUNT, len(SIDES))),
        **features.initial_state(regions, leads, block.step_h, dtype),
    }


def _advance_within_month(state: State, block: Block) -> tuple[FloatArray, FloatArray]:
    """Return the slow and the learnt spread of ticks that share the same weights. Updates the state in place."""
    kept = len(state["due"])
    mean = forgetful_mean(state, "slow_error", np.abs(block.due), _SLOW_HALF_LIFE_H / block.step_h)
    slow = np.maximum(mean, _LEAST_SPREAD)
    feature = features.spread_features(
        state, state["forecast"], block.forecast, slow, block.due, block.step_h, block.delay
    )
    learnt = model.factor(feature, state["weights"])
    learnt *= slow[:, None]
    due = np.concatenate([state["due"], block.due])
    tick_number = block.tick_utc.astype("datetime64[h]").astype(np.int64) // block.step_h
    rows = np.flatnonzero(tick_number % _TICKS_PER_ROW == 0)
    # Each row uses the forecast made `kept` ticks earlier. The residuals of all its leads are known by then.
    residual = due[rows[:, None] + block.delay, :, np.arange(block.due.shape[2])].swapaxes(1, 2)
    state["gram"], state["moment"] = model.learn(
        state["gram"],
        state["moment"],
        state["weights"],
        _values_before(state["features"], feature, rows),
        residual / _values_before(state["slow"], slow, rows),
        row_h=_TICKS_PER_ROW * block.step_h,
    )
    state["forecast"], state["due"] = block.forecast[-1:].copy(), due[-kept:]
    state["slow"] = _last_ticks(kept, state["slow"], slow)
    state["features"] = _last_ticks(kept, state["features"], feature)
    return slow, learnt


def _values_before(earlier: FloatArray, values: FloatArray, ticks: NDArray[np.int64]) -> FloatArray:
    """For each given tick of the block, return the value `len(earlier)` ticks earlier."""
    is_in_block = ticks >= len(earlier)
    return np.concatenate([earlier[ticks[~is_in_block]], values[ticks[is_in_block] - len(earlier)]])


def _last_ticks(count: int, earlier: FloatArray, values: FloatArray) -> FloatArray:
    """Return the last `count` ticks of the earlier values followed by the values of the block."""
    return values[-count:] if len(values) >= count else np.concatenate([earlier, values])[-count:]
