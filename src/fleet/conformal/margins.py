"""From forecasts and what became known of earlier ones to margins, with a state to go on from."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from fleet.conformal import spread
from fleet.conformal.base import Aim, BandMethod, IntArray, State, delayed
from fleet.conformal.spread import Block
from fleet.domain import clock
from fleet.errors import ConfigError, DataError
from fleet.units import FloatArray

Side = Literal["both", "below", "above"]
_ROWS: Mapping[Side, slice] = {"both": slice(0, 2), "below": slice(0, 1), "above": slice(1, 2)}
_SIDES = 2


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What a margin is to hold: on which side of the forecast, with which miscoverage, and for how long.

    window: None for each hour by itself, or the number of leads, from the first one on, that are held all at once.
    """

    side: Side
    miscoverage: Fraction
    window: int | None = None


def advance(
    method: BandMethod, promises: Mapping[str, Promise], state: State | None, block: Block
) -> tuple[State, dict[str, FloatArray]]:
    """Take in a block of ticks and give the margins of each promise.

    Args:
        promises: by names of the caller's choice, without a slash, the same in every call.
        state: where the last call ended; None at the very beginning. It is left as it was.
    Returns: the state after the block, and for each promise (tick, side, region, lead), below before above; infinite
        where nothing can be promised and past a promise's window. The same however a history is cut into blocks.
    Raises: DataError if the block does not follow the state in time; ConfigError for a window longer than the horizon.
    """
    state = state or {}
    _check(promises, state, block)
    kept = int(block.delay.max(initial=1))
    spread_state, of_tick = spread.advance(_part(state, "spread"), block)
    slow = np.repeat(of_tick.slow[:, None], _SIDES, axis=1)
    units = _behind(state, "unit", of_tick.learnt if method.scaled else slow, kept)
    errors = _behind(state, "error", np.stack([-block.due, block.due], axis=1), kept)
    after = {
        "tick": block.tick_utc[-1:] if len(block.tick_utc) else state.get("tick", block.tick_utc),
        "unit": units[-kept:],
        "error": errors[-kept:],
        **_named("spread", spread_state),
    }
    margins = {}
    for name, promise in promises.items():
        rows = _ROWS[promise.side]
        unit = units[:, rows]
        if promise.window is None:
            score = errors[kept:, rows]
            if method.scaled:
                score = score / delayed(unit, block.delay)[kept:]
            share = promise.miscoverage / score.shape[1]
            delay = block.delay
        else:
            score = _worst(errors[:, rows], unit, block.delay[: promise.window], kept)
            share, delay = promise.miscoverage, block.delay[promise.window - 1 :][:1]
        aim = Aim(miscoverage=share, delay=delay, step_h=block.step_h)
        method_state, quantile = method.advance(_part(state, name), score, block.tick_utc, aim)
        after |= _named(name, method_state)
        margin = quantile * unit[kept:] if method.scaled or promise.window is not None else quantile
        margin[..., promise.window or margin.shape[-1] :] = np.inf
        margins[name] = np.where(np.isnan(margin), np.inf, margin)
    return after, margins


def _check(promises: Mapping[str, Promise], state: State, block: Block) -> None:
    leads = block.forecast.shape[2]
    for name, promise in promises.items():
        if promise.window is not None and not 1 <= promise.window <= leads:
            raise ConfigError(f"{name} is promised for a window of {promise.window} leads, expected 1 to {leads}")
    before = state.get("tick", block.tick_utc[:0])
    if len(before) and len(block.tick_utc) and block.tick_utc[0] != before[0] + np.timedelta64(block.step_h, "h"):
        raise DataError(
            f"a block that begins at {clock.iso(block.tick_utc[0])} follows {clock.iso(before[0])}, "
            f"expected {block.step_h} h later; let the clock tick on through hours without a forecast"
        )


def _worst(errors: FloatArray, units: FloatArray, delay: IntArray, kept: int) -> FloatArray:
    """(tick, 1, region, 1): the largest error of the window that ended at each tick, each in the unit of its origin.

    A window with a gap has no score.

    Args:
        errors, units: (earlier tick and tick, side, region, lead), `kept` of them earlier; an error stands at the tick
            at which it became known.
    """
    ticks, length = len(errors) - kept, int(delay[-1])
    origin = kept - length
    worst = np.full((ticks, *errors.shape[2:3]), -np.inf, dtype=errors.dtype)
    for lead, late in enumerate(delay):
        known = errors[origin + int(late) :][:ticks, :, :, lead]
        unit = units[origin:][:ticks, :, :, lead]
        # NaN stays: the maximum of a window with a gap is unknown.
        worst = np.maximum(worst, (known / unit).max(axis=1))
    return worst[:, None, :, None]


def _behind(state: State, name: str, values: FloatArray, kept: int) -> FloatArray:
    """Values of a block behind those of the last ticks before it."""
    before = state.get(name, np.full((kept, *values.shape[1:]), np.nan, dtype=values.dtype))
    return np.concatenate([before, values])


def _part(state: State, name: str) -> State | None:
    """The state of one part, or None before the beginning."""
    own = {key.removeprefix(f"{name}/"): values for key, values in state.items() if key.startswith(f"{name}/")}
    return own or None


def _named(name: str, state: State) -> State:
    return {f"{name}/{key}": values for key, values in state.items()}
