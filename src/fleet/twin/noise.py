"""Reproducible random series."""

import hashlib

import numpy as np
from scipy.signal import lfilter

from fleet.units import FloatArray


def stream(seed: int, *names: str) -> np.random.Generator:
    """A generator that depends on the seed and the names alone.

    Each series of each region draws from its own, so another region or a part left out changes no other number.
    """
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest[:16], dtype=np.uint32).tolist()])


def red_noise(rng: np.random.Generator, shape: tuple[int, ...], memory_h: float) -> FloatArray:
    """Stationary Gaussian series of unit variance along the last axis, with autocorrelation exp(-lag / memory_h)."""
    shocks = rng.standard_normal(shape)
    step = np.exp(-1 / memory_h)
    fresh = np.sqrt(1 - step**2)
    shocks[..., 0] /= fresh  # the first value already has the variance of all others
    series: FloatArray = lfilter([fresh], [1, -step], shocks)
    return series


def two_scale_noise(
    rng: np.random.Generator, hours: int, *, slow_share: float, slow_h: float, fast_h: float
) -> FloatArray:
    """(hour,) of unit variance: `slow_share` of it remembers `slow_h` hours, the rest `fast_h`."""
    slow = red_noise(rng, (hours,), slow_h)
    fast = red_noise(rng, (hours,), fast_h)
    mixed: FloatArray = np.sqrt(slow_share) * slow + np.sqrt(1 - slow_share) * fast
    return mixed
