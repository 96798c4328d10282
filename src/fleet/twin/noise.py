"""Reproducible random series."""

import hashlib

import numpy as np
from scipy.linalg.lapack import dtbtrs

from fleet.units import FloatArray


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return a random generator that depends only on the seed and the names.

    Each series of each region draws from its own generator. So an added region or an omitted part does not change other
    numbers.
    """
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest[:16], dtype=np.uint32).tolist()])


def red_noise(rng: np.random.Generator, shape: tuple[int, ...], memory_h: float) -> FloatArray:
    """Draw stationary Gaussian series of unit variance and autocorrelation exp(-lag / memory_h) along the last axis."""
    shocks = rng.standard_normal(shape)
    coefficient = np.exp(-1 / memory_h)
    scale = np.sqrt(1 - coefficient**2)
    shocks[..., 0] /= scale  # so that the first value has unit variance, as all others
    return autoregression(scale * shocks, coefficient)


def autoregression(innovations: FloatArray, coefficient: float) -> FloatArray:
    """Return x of the shape of `innovations`, with x[t] = innovations[t] + coefficient * x[t - 1] on the last axis.

    This is a triangular system with one band below the diagonal. LAPACK solves the system as fast as SciPy's filters
    do. Importing these filters would take longer than making a small twin.
    """
    hours = innovations.shape[-1]
    bands = np.empty((2, hours), order="F")
    bands[0], bands[1] = 1, -coefficient
    # The returned error code is ignored, because a diagonal of ones cannot fail.
    values, _ = dtbtrs(bands, innovations.reshape(-1, hours).T, uplo="L", diag="U")
    series: FloatArray = values.T.reshape(innovations.shape)
    return series
