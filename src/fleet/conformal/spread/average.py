"""Averages that forget, of what is known, in a state that goes on where it stopped."""

import numpy as np
from scipy.signal import lfilter

from fleet.conformal.base import State
from fleet.units import FloatArray


def forgetful_mean(state: State, name: str, values: FloatArray, half_life_ticks: float) -> FloatArray:
    """(tick, ...) mean of the values up to each tick, weighted by half each half-life; NaN before the first one.

    Args:
        state: holds the sums so far under `name`, and is brought up to date.
        values: (tick, ...); NaN is left out.
    """
    known = np.isfinite(values)
    keep = 0.5 ** (1 / half_life_ticks)
    total = _running(state, f"{name}_sum", np.where(known, values, 0), keep)
    weight = _running(state, f"{name}_weight", known.astype(values.dtype), keep)
    # After a silence so long that the weight is hardly a number any more, nothing is known.
    enough = weight >= np.finfo(values.dtype).tiny
    mean: FloatArray = np.divide(total, weight, out=np.full_like(values, np.nan), where=enough)
    return mean


def _running(state: State, name: str, values: FloatArray, keep: float) -> FloatArray:
    """The sum at each tick is `keep` times the one before, and the value."""
    before = state.get(name, np.zeros((1, *values.shape[1:]), dtype=values.dtype))
    # Numbers of another type would make everything after them of that type.
    one, recursion = np.array([1], dtype=values.dtype), np.array([1, -keep], dtype=values.dtype)
    sums, after = lfilter(one, recursion, values, axis=0, zi=before)
    state[name] = after
    return np.asarray(sums)
