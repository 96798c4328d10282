"""From forecasts and what became known of earlier ones to margins, with a state to go on from."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from fleet.conformal import spread
from fleet.conformal.base import CACHED, Aim, BandMethod, State, before_each
from fleet.conformal.spread import Block
from fleet.domain import clock
from fleet.errors import ConfigError, DataError
from fleet.units import FloatArray, IntArray

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
    scored, unit, scores = _scores(method.scaled, promises, _part(state, "scores") or {}, block)
    last = block.tick_utc[-1:] if len(block.tick_utc) else state.get("tick", block.tick_utc)
    after = {"tick": last, **_named("scores", scored)}
    margins = {}
    for name, promise in promises.items():
        rows = _ROWS[promise.side]
        if promise.window is None:
            share, delay = promise.miscoverage / (rows.stop - rows.start), block.delay
        else:
            share, delay = promise.miscoverage, block.delay[promise.window - 1 :][:1]
        aim = Aim(miscoverage=share, delay=delay, step_h=block.step_h)
        method_state, margin = method.advance(_part(state, name), scores[name], block.tick_utc, aim)
        after |= _named(name, method_state)
        if method.scaled or promise.window is not None:
            margin = margin * unit[:, rows]
            margin[np.isnan(margin)] = np.inf
            margin[..., promise.window or margin.shape[-1] :] = np.inf
        margins[name] = margin
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


def _scores(
    scaled: bool, promises: Mapping[str, Promise], state: State, block: Block
) -> tuple[State, FloatArray, dict[str, FloatArray]]:
    """The state after the block, (tick, side, region, lead) the unit of each tick's errors, and what each promise is
    scored by: what became known at each tick of earlier forecasts, in their units if it is to be `scaled`.
    """
    ticks, regions, leads = block.forecast.shape
    kept = int(block.delay.max(initial=1))
    whole = np.empty((ticks, _SIDES, regions, leads), dtype=block.forecast.dtype)
    scores = {
        name: np.empty_like(whole[:, _ROWS[promise.side]] if promise.window is None else whole[:, :1, :, :1])
        for name, promise in promises.items()
    }
    # Once through memory: what a run of ticks needs stays in the processor's cache.
    most = max(CACHED // max(regions * leads, 1), kept)
    for start in range(0, ticks, most):
        run = slice(start, start + most)
        part = block.during(run)
        spread_state, of_tick = spread.advance(_part(state, "spread"), part)
        whole[run] = of_tick.learnt if scaled else of_tick.slow[:, None]
        units = _behind(state, "unit", whole[run], kept)
        errors = _behind(state, "error", np.stack([-part.due, part.due], axis=1), kept)
        state = {"unit": units[-kept:], "error": errors[-kept:], **_named("spread", spread_state)}
        for name, promise in promises.items():
            rows = _ROWS[promise.side]
            unit, error = units[:, rows], errors[:, rows]
            if promise.window is not None:
                scores[name][run] = _worst(error, unit, block.delay[: promise.window], kept)
            elif scaled:
                scores[name][run] = error[kept:] / before_each(unit, block.delay, len(error) - kept)
            else:
                scores[name][run] = error[kept:]
    return state, whole, scores


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
