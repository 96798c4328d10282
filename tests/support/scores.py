"""Simulated scores, and histories cut into blocks, that the tests of bounds share."""

import io
import itertools
from collections.abc import Iterable, Iterator

import numpy as np
from scipy.signal import lfilter

from fleet.conformal.base import State


def independent(ticks: int, *series: int, seed: int = 0) -> np.ndarray:
    """(tick, ...) standard normal."""
    return np.random.default_rng(seed).normal(size=(ticks, *series))


def ar1(ticks: int, *series: int, memory: float = 0.9, seed: int = 0) -> np.ndarray:
    """(tick, ...) AR(1) with standard normal margins, stationary from the start."""
    shock = independent(ticks, *series, seed=seed) * np.sqrt(1 - memory**2)
    shock[0] /= np.sqrt(1 - memory**2)
    return lfilter([1.0], [1.0, -memory], shock, axis=0)


def season(ticks: int, period: int, *, swing: float = 0.8) -> np.ndarray:
    """(tick, 1) spread that starts at 1 and swings between 1 - swing and 1 + swing."""
    return 1 + swing * np.sin(2 * np.pi * np.arange(ticks)[:, None] / period)


def through_a_file(state: State) -> State:
    """The state as it is read back after it was written."""
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    with np.load(file) as read:
        return dict(read)


def blocks(ticks: int, cuts: Iterable[int]) -> Iterator[slice]:
    """Runs of ticks that make up the whole; a cut that comes twice makes an empty one."""
    ends = [0, *sorted(min(cut, ticks) for cut in cuts), ticks]
    return (slice(start, end) for start, end in itertools.pairwise(ends))
