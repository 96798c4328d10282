"""Simulated scores for the tests of bounds, and their division into blocks."""

import io
import itertools
from collections.abc import Iterable, Iterator

import numpy as np
from scipy.signal import lfilter

from fleet.conformal.base import State


def independent(ticks: int, *series: int, seed: int = 0) -> np.ndarray:
    """Return independent standard normal scores, (tick, ...)."""
    return np.random.default_rng(seed).normal(size=(ticks, *series))


def ar1(ticks: int, *series: int, memory: float = 0.9, seed: int = 0) -> np.ndarray:
    """Return AR(1) scores with standard normal marginals, stationary from the start, (tick, ...)."""
    shock = independent(ticks, *series, seed=seed) * np.sqrt(1 - memory**2)
    shock[0] /= np.sqrt(1 - memory**2)
    return lfilter([1.0], [1.0, -memory], shock, axis=0)


def season(ticks: int, period: int, *, swing: float = 0.8) -> np.ndarray:
    """Return a spread that starts at 1 and varies between 1 - swing and 1 + swing, (tick, 1)."""
    return 1 + swing * np.sin(2 * np.pi * np.arange(ticks)[:, None] / period)


def through_a_file(state: State) -> State:
    """Return the state after writing it to a file and reading it back."""
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    with np.load(file) as read:
        return dict(read)


def blocks(ticks: int, cuts: Iterable[int]) -> Iterator[slice]:
    """Return consecutive runs of ticks that together contain all ticks. A repeated cut gives an empty run."""
    ends = [0, *sorted(min(cut, ticks) for cut in cuts), ticks]
    return (slice(start, end) for start, end in itertools.pairwise(ends))
