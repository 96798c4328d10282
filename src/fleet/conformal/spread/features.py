"""What is known at an origin of how widely its forecast may miss."""

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.base import State
from fleet.conformal.spread.average import forgetful_mean
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

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


def beginning(regions: int, leads: int, kind: np.dtype[np.floating]) -> State:
    """What the features carry from tick to tick, before the first."""
    return {
        "latest": np.full((regions, HOURS_PER_DAY), np.nan, dtype=kind),
        "hour_sum": np.zeros((_SIDES, regions, leads, HOURS_PER_DAY), dtype=kind),
        "hour_weight": np.zeros((regions, leads, HOURS_PER_DAY), dtype=kind),
    }


def of(
    state: State,
    issued: FloatArray,
    slow: FloatArray,
    due: FloatArray,
    tick_utc: HourArray,
    step_h: int,
    delay: NDArray[np.int64],
) -> FloatArray:
    """(tick, feature, region, lead); the state is brought up to date.

    Args:
        issued: (earlier tick and tick, region, lead) forecasts, beginning delay.max() ticks before the first tick.
        slow, due: (tick, region, lead) of Spread and Block.
    """
    forecast = issued[len(issued) - len(due) :]
    by_hour, yesterday = _of_the_hour(state, issued, due, tick_utc, step_h, delay)
    quick = forgetful_mean(state, "quick_error", np.abs(due), _QUICK_H / step_h)
    level = _level(state, forecast, step_h)
    return np.stack(
        [
            np.ones_like(forecast),
            _share(quick / slow),
            *(_share(_SIDES * by_hour[:, side] / slow) for side in range(_SIDES)),
            level,
            level**2,
            *_change((forecast - yesterday) / slow),
            *_change((forecast - forecast[:, :, :1]) / slow),
        ],
        axis=1,
    )


def _of_the_hour(
    state: State,
    issued: FloatArray,
    due: FloatArray,
    tick_utc: HourArray,
    step_h: int,
    delay: NDArray[np.int64],
) -> tuple[FloatArray, FloatArray]:
    """Of the hour of day of each tick's targets: (tick, side, region, lead) mean error, counted as zero on the other
    side, and (tick, region, lead) the latest value known.
    """
    ticks, regions, leads = due.shape
    latest, total, weight = (state[name].copy() for name in ("latest", "hour_sum", "hour_weight"))
    kept = len(issued) - ticks
    lead = np.arange(leads)
    hours = clock.hour_of_day(tick_utc)
    excess = np.stack([np.maximum(-due, 0), np.maximum(due, 0)], axis=1)
    known = np.isfinite(due)
    fresh = lead[: min(step_h, leads)]
    mean = np.empty((ticks, _SIDES, regions, leads), dtype=due.dtype)
    yesterday = np.empty((ticks, regions, leads), dtype=due.dtype)
    for tick in range(ticks):
        then = (hours[tick] - delay * step_h + lead + 1) % HOURS_PER_DAY
        seen = known[tick]
        keep = np.where(seen, _KEEP_OF_A_DAY, 1.0).astype(due.dtype)
        total[:, :, lead, then] = total[:, :, lead, then] * keep + np.where(seen, excess[tick], 0)
        weight[:, lead, then] = weight[:, lead, then] * keep + seen
        # What became true since the last tick, read from the forecasts it was compared with.
        value = issued[kept + tick - 1, :, fresh].T + due[tick][:, fresh]
        latest[:, then[fresh]] = np.where(np.isfinite(value), value, latest[:, then[fresh]])
        ahead = (hours[tick] + lead + 1) % HOURS_PER_DAY
        yesterday[tick] = latest[:, ahead]
        mean[tick] = total[:, :, lead, ahead] / np.maximum(weight[:, lead, ahead], np.finfo(due.dtype).tiny)
        mean[tick][:, weight[:, lead, ahead] == 0] = np.nan
    state["latest"], state["hour_sum"], state["hour_weight"] = latest, total, weight
    return mean, yesterday


def _level(state: State, forecast: FloatArray, step_h: int) -> FloatArray:
    """(tick, region, lead) where the forecast stands among its past, in standard deviations of the first lead."""
    first = forecast[:, :, 0]
    half_life = _LEVEL_H / step_h
    centre = forgetful_mean(state, "level", first, half_life)
    variance = forgetful_mean(state, "level_square", (first - centre) ** 2, half_life)
    deviation = np.sqrt(np.maximum(variance, np.finfo(forecast.dtype).tiny))
    deviation = np.maximum(deviation, _LEAST_DEVIATION * np.abs(centre))
    level = np.clip((forecast - centre[:, :, None]) / deviation[:, :, None], -_FURTHEST_LEVEL, _FURTHEST_LEVEL)
    return np.nan_to_num(level)


def _share(ratio: FloatArray) -> FloatArray:
    """Logarithm of a ratio of errors; zero where nothing is known."""
    return np.nan_to_num(np.log(np.maximum(ratio, _LEAST_SHARE)))


def _change(change: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Up and down, growing slowly; zero where nothing is known."""
    held = np.nan_to_num(np.clip(change, -_FURTHEST_CHANGE, _FURTHEST_CHANGE))
    return np.log1p(np.maximum(held, 0)), np.log1p(np.maximum(-held, 0))
