"""Means in which old values weigh less, with a state that continues from call to call."""

import numpy as np

from fleet.compiled import compiled
from fleet.conformal.base import State
from fleet.units import FloatArray


def forgetful_mean(state: State, name: str, values: FloatArray, half_life_ticks: float) -> FloatArray:
    """Return the weighted mean of the values up to each tick.

    Args:
        state: holds the sums under keys that begin with `name`. The call updates them.
        values: (tick, ...); NaN is left out.
        half_life_ticks: ticks after which the weight of a value has halved.
    Returns: (tick, ...); NaN before the first value.
    """
    is_known = np.isfinite(values)
    keep = 0.5 ** (1 / half_life_ticks)
    total = _decaying_sum(state, f"{name}_sum", np.where(is_known, values, 0), keep)
    weight = _decaying_sum(state, f"{name}_weight", is_known.astype(values.dtype), keep)
    # After a very long gap the weight is too small for a precise quotient, and the mean counts as unknown.
    enough = weight >= np.finfo(values.dtype).tiny
    mean: FloatArray = np.divide(total, weight, out=np.full_like(values, np.nan), where=enough)
    return mean


def _decaying_sum(state: State, name: str, values: FloatArray, keep: float) -> FloatArray:
    """Return at each tick `keep` times the sum of the tick before, plus the value of the tick."""
    sums = np.array(values, order="C")
    kept = state[name].copy() if name in state else np.zeros((1, *values.shape[1:]), dtype=values.dtype)
    # A factor of another type would convert all values to that type.
    _add_up(sums.reshape(len(sums), -1), values.dtype.type(keep), kept.reshape(-1))
    state[name] = kept
    return sums


@compiled
def _add_up(sums: FloatArray, keep: float, kept: FloatArray) -> None:
    """Add the sums up along the ticks, in place.

    Args:
        sums: (tick, series).
        keep: share of a sum that counts at the next tick.
        kept: (series,) `keep` times the sum of the tick before; updated in place.
    """
    ticks, series = sums.shape
    for tick in range(ticks):
        for column in range(series):
            sums[tick, column] += kept[column]
            kept[column] = keep * sums[tick, column]
