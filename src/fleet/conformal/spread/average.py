"""Means that forget old values, with a state that continues from call to call."""

import numpy as np
from scipy.signal import lfilter

from fleet.conformal.base import State
from fleet.units import FloatArray


def forgetful_mean(state: State, name: str, values: FloatArray, half_life_ticks: float) -> FloatArray:
    """Return the mean of the values up to each tick: (tick, ...). A value's weight halves in each half-life.

    Args:
        state: holds the sums under keys that begin with `name`. It is updated in place.
        values: (tick, ...); NaN is left out.
        half_life_ticks: ticks after which the weight of a value has halved.
    Returns: NaN before the first value.
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
    filter_state = state.get(name, np.zeros((1, *values.shape[1:]), dtype=values.dtype))
    # Coefficients of another type would convert all values to that type.
    numerator, denominator = np.array([1], dtype=values.dtype), np.array([1, -keep], dtype=values.dtype)
    sums, state[name] = lfilter(numerator, denominator, values, axis=0, zi=filter_state)
    return np.asarray(sums)
