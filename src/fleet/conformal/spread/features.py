"""What is known at an origin of how widely its forecast may miss."""

import math

import numpy as np

from fleet.conformal.base import State, before_each
from fleet.conformal.spread.average import forgetful_mean
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray, IntArray

COUNT = 10
_QUICK_H = HOURS_PER_DAY
_LEVEL_H = HOURS_PER_YEAR
# A half-life of 30 days for what an hour of the day is like.
_KEEP_OF_A_DAY = 0.5 ** (1 / 30)
_LEAST_SHARE = 0.05
_FURTHEST_CHANGE = 20.0
_FURTHEST_LEVEL = 3.0
# A forecast that never changes differs from its mean by the dust of sums alone, which is no deviation.
_LEAST_DEVIATION = 1e-9
_SIDES = 2


def beginning(regions: int, leads: int, step_h: int, kind: np.dtype[np.floating]) -> State:
    """What the features carry from tick to tick, before the first."""
    cycle = _cycle(step_h)
    return {
        "latest": np.full((HOURS_PER_DAY, regions), np.nan, dtype=kind),
        "hour_sum": np.zeros((cycle, _SIDES, regions, leads), dtype=kind),
        "hour_weight": np.zeros((cycle, 1, regions, leads), dtype=kind),
    }


def of(
    state: State,
    earlier: FloatArray,
    forecast: FloatArray,
    slow: FloatArray,
    due: FloatArray,
    step_h: int,
    delay: IntArray,
) -> FloatArray:
    """(tick, feature, region, lead); the state is brought up to date.

    Args:
        earlier: (1, region, lead) what was forecast at the tick before the first.
        forecast, slow, due: (tick, region, lead) of Spread and Block.
    """
    quick = forgetful_mean(state, "quick_error", np.abs(due), _QUICK_H / step_h)
    by_hour = _of_the_hour(state, due, step_h, delay)
    yesterday = _yesterday(state, np.concatenate([earlier, forecast[:-1]]), due, step_h)
    seen = np.empty((len(due), COUNT, *due.shape[1:]), dtype=due.dtype)
    seen[:, 0] = 1
    _put_share(seen[:, 1], quick / slow)
    _put_share(seen[:, 2:4], _SIDES * by_hour / slow[:, None])
    _put_level(seen[:, 4], state, forecast, step_h)
    np.square(seen[:, 4], out=seen[:, 5])
    _put_change(seen[:, 6], seen[:, 7], (forecast - yesterday) / slow)
    _put_change(seen[:, 8], seen[:, 9], (forecast - forecast[:, :, :1]) / slow)
    return seen


def _cycle(step_h: int) -> int:
    """Ticks after which the clock shows the same hour of day again."""
    return HOURS_PER_DAY // math.gcd(step_h, HOURS_PER_DAY)


def _of_the_hour(state: State, due: FloatArray, step_h: int, delay: IntArray) -> FloatArray:
    """(tick, side, region, lead) mean error at the hour of day of each tick's targets, counted as zero on the other
    side; NaN where none is known.
    """
    cycle = _cycle(step_h)
    known = np.isfinite(due)[:, None]
    keep = np.where(known, _KEEP_OF_A_DAY, 1.0).astype(due.dtype)
    total = np.concatenate([state["hour_sum"], np.empty((len(due), _SIDES, *due.shape[1:]), dtype=due.dtype)])
    # Of the two, fmax takes the one that is known.
    np.fmax(-due, 0, out=total[cycle:, 0])
    np.fmax(due, 0, out=total[cycle:, 1])
    weight = np.concatenate([state["hour_weight"], known])
    for start in range(0, len(due), cycle):
        then = slice(start, min(start + cycle, len(due)))
        now = slice(then.start + cycle, then.stop + cycle)
        total[now] += total[then] * keep[then]
        weight[now] += weight[then] * keep[then]
    state["hour_sum"], state["hour_weight"] = total[-cycle:], weight[-cycle:]
    mean = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
    # The tick that told of the target's hour of day last: whole cycles before the one that will tell of the target.
    return before_each(mean, -delay % cycle, len(due))


def _yesterday(state: State, earlier: FloatArray, due: FloatArray, step_h: int) -> FloatArray:
    """(tick, region, lead) the latest value known at the hour of day of each tick's targets; NaN where none is.

    Args:
        earlier: (tick, region, lead) what was forecast at the tick before each.
    """
    ticks, regions, leads = due.shape
    fresh = min(step_h, leads)
    # What became true since the last tick, read from the forecasts that it was compared with.
    observed = np.full((ticks, step_h, regions), np.nan, dtype=due.dtype)
    observed[:, :fresh] = (earlier + due)[:, :, :fresh].swapaxes(1, 2)
    latest = np.concatenate([state["latest"], observed.reshape(-1, regions)])
    for start in range(HOURS_PER_DAY, len(latest), HOURS_PER_DAY):
        today = latest[start : start + HOURS_PER_DAY]
        np.copyto(today, latest[start - HOURS_PER_DAY :][: len(today)], where=~np.isfinite(today))
    state["latest"] = latest[-HOURS_PER_DAY:]
    now = HOURS_PER_DAY - 1 + step_h * np.arange(1, ticks + 1)
    back = -np.arange(1, leads + 1) % HOURS_PER_DAY
    return np.swapaxes(latest[now[:, None] - back], 1, 2)


def _put_level(out: FloatArray, state: State, forecast: FloatArray, step_h: int) -> None:
    """(tick, region, lead) where the forecast stands among its past, in standard deviations of the first lead."""
    first = forecast[:, :, 0]
    half_life = _LEVEL_H / step_h
    centre = forgetful_mean(state, "level", first, half_life)
    variance = forgetful_mean(state, "level_square", (first - centre) ** 2, half_life)
    deviation = np.sqrt(np.maximum(variance, np.finfo(forecast.dtype).tiny))
    deviation = np.maximum(deviation, _LEAST_DEVIATION * np.abs(centre))
    level = _known_or((forecast - centre[:, :, None]) / deviation[:, :, None], 0)
    np.clip(level, -_FURTHEST_LEVEL, _FURTHEST_LEVEL, out=out)


def _put_share(out: FloatArray, ratio: FloatArray) -> None:
    """Logarithm of a ratio of errors; zero where nothing is known."""
    np.log(np.maximum(_known_or(ratio, 1), _LEAST_SHARE), out=out)


def _put_change(up: FloatArray, down: FloatArray, change: FloatArray) -> None:
    """Growing slowly; zero where nothing is known."""
    held = np.clip(_known_or(change, 0), -_FURTHEST_CHANGE, _FURTHEST_CHANGE)
    grown = np.copysign(np.log1p(np.abs(held)), held)
    np.maximum(grown, 0, out=up)
    np.maximum(-grown, 0, out=down)


def _known_or(values: FloatArray, otherwise: float) -> FloatArray:
    return np.where(np.isnan(values), otherwise, values)
