"""Reproducible random series."""

import hashlib

import numpy as np
from scipy.linalg.lapack import dtbtrs

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
    return remembered(fresh * shocks, step)


def remembered(news: FloatArray, keep: float) -> FloatArray:
    """Along the last axis, each value's news and `keep` times the value before.

    A triangular system with one band below the diagonal, which LAPACK solves as fast as a filter does; the library of
    filters would take longer to import than a small twin to make.
    """
    hours = news.shape[-1]
    bands = np.empty((2, hours), order="F")
    bands[0], bands[1] = 1, -keep
    values, _ = dtbtrs(bands, news.reshape(-1, hours).T, uplo="L", diag="U")  # a diagonal of ones cannot fail
    remembering: FloatArray = values.T.reshape(news.shape)
    return remembering
