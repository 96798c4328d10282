"""The features of the spread model: values known at an origin that predict the size of the forecast's error."""

import math

import numpy as np

from fleet.conformal.base import State, delayed_tail
from fleet.conformal.spread.average import forgetful_mean
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray, IntArray

COUNT = 10
_QUICK_HALF_LIFE_H = HOURS_PER_DAY
_POSITION_HALF_LIFE_H = HOURS_PER_YEAR
# The mean of an hour of day has a half-life of 30 days.
_KEEP_PER_DAY = 0.5 ** (1 / 30)
# Limits of the features: ratios from below, changes in slow spreads, positions in standard deviations.
_LEAST_SHARE = 0.05
_LARGEST_CHANGE = 20.0
_FURTHEST_POSITION = 3.0
# A constant forecast differs from its mean only by rounding errors. These errors must not count as a deviation.
_LEAST_DEVIATION = 1e-9
_SIDES = 2


def initial_state(regions: int, leads: int, step_h: int, dtype: np.dtype[np.floating]) -> State:
    """Return the part of the state that the features need before the first tick."""
    cycle = _ticks_per_cycle(step_h)
    return {
        "latest": np.full((HOURS_PER_DAY, regions), np.nan, dtype=dtype),
        "hour_sum": np.zeros((cycle, _SIDES, regions, leads), dtype=dtype),
        "hour_weight": np.zeros((cycle, 1, regions, leads), dtype=dtype),
    }


def spread_features(
    state: State,
    earlier: FloatArray,
    forecast: FloatArray,
    slow: FloatArray,
    due: FloatArray,
    step_h: int,
    delay: IntArray,
) -> FloatArray:
    """Return the features of each tick's forecast: (tick, feature, region, lead). Updates the state in place.

    Features: the constant 1; recent absolute residuals; residuals below and above at the target's hour of day; the
    position of the forecast among past forecasts, and the square of the position; the rise and the fall from the latest
    known value at the target's hour of day; the rise and the fall from the forecast of the first lead.

    Args:
        earlier: (1, region, lead) forecast of the tick before the first one.
        forecast: (tick, region, lead) as in `Block`.
        slow: (tick, region, lead) slow spread as in `Spread`.
        due: (tick, region, lead) residuals as in `Block`.
        step_h: hours between two ticks.
        delay: (lead,) as in `Block`.
    """
    quick = forgetful_mean(state, "quick_error", np.abs(due), _QUICK_HALF_LIFE_H / step_h)
    by_hour = _mean_by_hour_of_day(state, due, step_h, delay)
    yesterday = _yesterday(state, np.concatenate([earlier, forecast[:-1]]), due, step_h)
    features = np.empty((len(due), COUNT, *due.shape[1:]), dtype=due.dtype)
    features[:, 0] = 1
    _put_share(features[:, 1], quick / slow)
    _put_share(features[:, 2:4], _SIDES * by_hour / slow[:, None])
    _put_position(features[:, 4], state, forecast, step_h)
    np.square(features[:, 4], out=features[:, 5])
    _put_change(features[:, 6], features[:, 7], (forecast - yesterday) / slow)
    _put_change(features[:, 8], features[:, 9], (forecast - forecast[:, :, :1]) / slow)
    return features


def _ticks_per_cycle(step_h: int) -> int:
    """Return the number of ticks after which the hour of day repeats."""
    return HOURS_PER_DAY // math.gcd(step_h, HOURS_PER_DAY)


def _mean_by_hour_of_day(state: State, due: FloatArray, step_h: int, delay: IntArray) -> FloatArray:
    """Return the mean size of residuals on each side at the target's hour of day: (tick, side, region, lead).

    A residual counts as zero on the other side. NaN where no residual at that hour of day is known.
    """
    cycle = _ticks_per_cycle(step_h)
    is_known = np.isfinite(due)[:, None]
    keep = np.where(is_known, _KEEP_PER_DAY, 1.0).astype(due.dtype)
    total = np.concatenate([state["hour_sum"], np.empty((len(due), _SIDES, *due.shape[1:]), dtype=due.dtype)])
    # np.fmax returns zero where the residual is NaN.
    np.fmax(-due, 0, out=total[cycle:, 0])
    np.fmax(due, 0, out=total[cycle:, 1])
    weight = np.concatenate([state["hour_weight"], is_known])
    for start in range(0, len(due), cycle):
        day_before = slice(start, min(start + cycle, len(due)))
        day = slice(day_before.start + cycle, day_before.stop + cycle)
        total[day] += total[day_before] * keep[day_before]
        weight[day] += weight[day_before] * keep[day_before]
    state["hour_sum"], state["hour_weight"] = total[-cycle:], weight[-cycle:]
    mean = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
    # The residual of the target becomes known `delay` ticks later. The latest known residual of the same hour of day
    # became known a whole number of cycles before that tick.
    return delayed_tail(mean, -delay % cycle, len(due))


def _yesterday(state: State, earlier: FloatArray, due: FloatArray, step_h: int) -> FloatArray:
    """Return the latest known value at each target's hour of day: (tick, region, lead); NaN if there is none.

    Args:
        earlier: (tick, region, lead) forecast of the tick before each tick.
    """
    ticks, regions, leads = due.shape
    new_hours = min(step_h, leads)
    # The actual values since the tick before: the forecast of that tick plus its residuals.
    observed = np.full((ticks, step_h, regions), np.nan, dtype=due.dtype)
    observed[:, :new_hours] = (earlier + due)[:, :, :new_hours].swapaxes(1, 2)
    latest = np.concatenate([state["latest"], observed.reshape(-1, regions)])
    for start in range(HOURS_PER_DAY, len(latest), HOURS_PER_DAY):
        day = latest[start : start + HOURS_PER_DAY]
        np.copyto(day, latest[start - HOURS_PER_DAY :][: len(day)], where=~np.isfinite(day))
    state["latest"] = latest[-HOURS_PER_DAY:]
    origin = HOURS_PER_DAY - 1 + step_h * np.arange(1, ticks + 1)
    hours_back = -np.arange(1, leads + 1) % HOURS_PER_DAY
    return np.swapaxes(latest[origin[:, None] - hours_back], 1, 2)


def _put_position(out: FloatArray, state: State, forecast: FloatArray, step_h: int) -> None:
    """Write the distance of the forecast from the mean of past first-lead forecasts, in standard deviations."""
    first_lead = forecast[:, :, 0]
    half_life = _POSITION_HALF_LIFE_H / step_h
    centre = forgetful_mean(state, "level", first_lead, half_life)
    variance = forgetful_mean(state, "level_square", (first_lead - centre) ** 2, half_life)
    deviation = np.sqrt(np.maximum(variance, np.finfo(forecast.dtype).tiny))
    deviation = np.maximum(deviation, _LEAST_DEVIATION * np.abs(centre))
    position = _replace_nan((forecast - centre[:, :, None]) / deviation[:, :, None], 0)
    np.clip(position, -_FURTHEST_POSITION, _FURTHEST_POSITION, out=out)


def _put_share(out: FloatArray, ratio: FloatArray) -> None:
    """Write the logarithm of a ratio to the slow spread; zero where the ratio is unknown."""
    np.log(np.maximum(_replace_nan(ratio, 1), _LEAST_SHARE), out=out)


def _put_change(rise: FloatArray, fall: FloatArray, change: FloatArray) -> None:
    """Write log(1 + |change|) to `rise` or to `fall`, by the sign of the change; zero where it is unknown."""
    limited = np.clip(_replace_nan(change, 0), -_LARGEST_CHANGE, _LARGEST_CHANGE)
    logarithm = np.copysign(np.log1p(np.abs(limited)), limited)
    np.maximum(logarithm, 0, out=rise)
    np.maximum(-logarithm, 0, out=fall)


def _replace_nan(values: FloatArray, replacement: float) -> FloatArray:
    return np.where(np.isnan(values), replacement, values)
