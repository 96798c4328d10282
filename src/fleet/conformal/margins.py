"""Margins of several targets from the same forecasts. A history may be passed in blocks; a state links them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from fleet.conformal import spread
from fleet.conformal.base import CACHED, BandMethod, MarginSettings, State, delayed_tail
from fleet.conformal.spread import Block
from fleet.domain import clock
from fleet.errors import ConfigError, DataError
from fleet.units import FloatArray, IntArray

Side = Literal["both", "below", "above"]
_ROWS: Mapping[Side, slice] = {"both": slice(0, 2), "below": slice(0, 1), "above": slice(1, 2)}
_SIDES = 2


@dataclass(frozen=True, kw_only=True)
class MarginTarget:
    """The requirement on a margin: the side of the forecast, the miscoverage and the hours.

    side: "both" sides of the forecast, "below" or "above".
    miscoverage: accepted share of misses. For single hours, each of two sides gets half of this share.
    window: None for a margin of each hour by itself. Otherwise the margin holds for the first `window` leads together.
    """

    side: Side
    miscoverage: Fraction
    window: int | None = None


def advance(
    method: BandMethod, targets: Mapping[str, MarginTarget], state: State | None, block: Block
) -> tuple[State, dict[str, FloatArray]]:
    """Learn from a block of ticks and return the margins of each target.

    Args:
        targets: name without a slash -> target; the same in every call.
        state: the state that the last call returned; None in the first call. It is not changed.
    Returns: the state after the block, and for each target (tick, side, region, lead) margins, below first. A margin is
        infinite where too few scores are known, and beyond the target's window. The margins do not depend on how a
        history is cut into blocks.
    Raises: DataError if the block does not follow the state in time; ConfigError if a window exceeds the horizon.
    """
    state = state or {}
    _check(targets, state, block)
    score_state, unit, scores = _scores(method.scaled, targets, _part(state, "scores") or {}, block)
    last_tick = block.tick_utc[-1:] if len(block.tick_utc) else state.get("tick", block.tick_utc)
    after = {"tick": last_tick, **_with_prefix("scores", score_state)}
    margins = {}
    for name, target in targets.items():
        method_state, margin = method.advance(
            _part(state, name), scores[name], block.tick_utc, _settings_of(target, block)
        )
        after |= _with_prefix(name, method_state)
        if method.scaled or target.window is not None:
            margin = margin * unit[:, _ROWS[target.side]]
            margin[np.isnan(margin)] = np.inf
            margin[..., target.window or margin.shape[-1] :] = np.inf
        margins[name] = margin
    return after, margins


def _check(targets: Mapping[str, MarginTarget], state: State, block: Block) -> None:
    leads = block.forecast.shape[2]
    for name, target in targets.items():
        if target.window is not None and not 1 <= target.window <= leads:
            raise ConfigError(f"{name} has a window of {target.window} leads, expected 1 to {leads}")
    last_tick = state.get("tick", block.tick_utc[:0])
    if len(last_tick) and len(block.tick_utc) and block.tick_utc[0] != last_tick[0] + np.timedelta64(block.step_h, "h"):
        raise DataError(
            f"a block begins at {clock.iso(block.tick_utc[0])} and follows {clock.iso(last_tick[0])}, "
            f"expected {block.step_h} h later: include the hours without a forecast as ticks"
        )


def _settings_of(target: MarginTarget, block: Block) -> MarginSettings:
    """Return the miscoverage of each one-sided margin and the delay of its scores.

    The two sides of a window share one score, so each side gets the whole miscoverage.
    """
    if target.window is None:
        rows = _ROWS[target.side]
        miscoverage, delay = target.miscoverage / (rows.stop - rows.start), block.delay
    else:
        miscoverage, delay = target.miscoverage, block.delay[target.window - 1 :][:1]
    return MarginSettings(miscoverage=miscoverage, delay=delay, step_h=block.step_h)


def _scores(
    scaled: bool, targets: Mapping[str, MarginTarget], state: State, block: Block
) -> tuple[State, FloatArray, dict[str, FloatArray]]:
    """Return the state after the block, the unit of each tick, and the scores that become known at each tick.

    The unit is (tick, side, region, lead): the learnt spread if `scaled`, else the slow spread. On the side below, the
    sign of a residual is reversed. For a window, the score is the largest residual of all its hours and sides, in units
    of its origin. For a single hour the score is the residual, in units of its origin if `scaled`.
    """
    ticks, regions, leads = block.forecast.shape
    kept = int(block.delay.max(initial=1))
    unit_of_tick = np.empty((ticks, _SIDES, regions, leads), dtype=block.forecast.dtype)
    scores = {
        name: np.empty_like(
            unit_of_tick[:, _ROWS[target.side]] if target.window is None else unit_of_tick[:, :1, :, :1]
        )
        for name, target in targets.items()
    }
    # Runs of ticks that fit into the processor's cache are read from memory only once.
    run_ticks = max(CACHED // max(regions * leads, 1), kept)
    for start in range(0, ticks, run_ticks):
        run = slice(start, start + run_ticks)
        part = block.during(run)
        spread_state, spread_of_tick = spread.advance(_part(state, "spread"), part)
        unit_of_tick[run] = spread_of_tick.learnt if scaled else spread_of_tick.slow[:, None]
        units = _after_kept(state, "unit", unit_of_tick[run], kept)
        residuals = _after_kept(state, "error", np.stack([-part.due, part.due], axis=1), kept)
        state = {"unit": units[-kept:], "error": residuals[-kept:], **_with_prefix("spread", spread_state)}
        for name, target in targets.items():
            rows = _ROWS[target.side]
            unit, residual = units[:, rows], residuals[:, rows]
            if target.window is not None:
                scores[name][run] = _worst_in_window(residual, unit, block.delay[: target.window], kept)
            elif scaled:
                scores[name][run] = residual[kept:] / delayed_tail(unit, block.delay, len(residual) - kept)
            else:
                scores[name][run] = residual[kept:]
    return state, unit_of_tick, scores


def _worst_in_window(residuals: FloatArray, units: FloatArray, delay: IntArray, kept: int) -> FloatArray:
    """Return the largest residual of the window that ends at each tick, in units of its origin: (tick, 1, region, 1).

    NaN if a residual of the window is missing.

    Args:
        residuals, units: (tick, side, region, lead); the first `kept` ticks come before the block. A residual stands at
            the tick at which it becomes known.
        delay: (lead,) delays of the window's leads.
    """
    ticks, length = len(residuals) - kept, int(delay[-1])
    origin = kept - length
    worst = np.full((ticks, *residuals.shape[2:3]), -np.inf, dtype=residuals.dtype)
    for lead, ticks_late in enumerate(delay):
        residual = residuals[origin + int(ticks_late) :][:ticks, :, :, lead]
        unit = units[origin:][:ticks, :, :, lead]
        # np.maximum keeps NaN: the maximum of a window with a gap is unknown.
        worst = np.maximum(worst, (residual / unit).max(axis=1))
    return worst[:, None, :, None]


def _after_kept(state: State, name: str, values: FloatArray, kept: int) -> FloatArray:
    """Return the values of a block after the values of the `kept` ticks before the block; NaN for ticks without any."""
    earlier = state.get(name, np.full((kept, *values.shape[1:]), np.nan, dtype=values.dtype))
    return np.concatenate([earlier, values])


def _part(state: State, name: str) -> State | None:
    """Return the state of one part; None before the first block."""
    prefix = f"{name}/"
    part = {key.removeprefix(prefix): values for key, values in state.items() if key.startswith(prefix)}
    return part or None


def _with_prefix(name: str, state: State) -> State:
    return {f"{name}/{key}": values for key, values in state.items()}
