"""Arrays by region: numbers from tables, noise and smoothing."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from fleet.domain.region import Region
from fleet.twin.noise import autoregression, red_noise, stream
from fleet.units import FloatArray

Table = TypeVar("Table")


def column(tables: Sequence[Table], get: Callable[[Table], float]) -> FloatArray:
    """Return one number of each table, (region, 1)."""
    return np.array([get(table) for table in tables], dtype=np.float64)[:, None]


def noise(regions: Sequence[Region], name: str, hours: int, memories_h: Iterable[float], seed: int) -> FloatArray:
    """Draw noise of unit variance, (region, hour), each region from its own stream and with its own memory.

    Args:
        regions, memories_h: one memory [h] per region.
        name: quantity, a part of the name of the stream.
        hours: number of hours.
        seed: seed of the twin.
    """
    rows = [
        red_noise(stream(seed, region.id, "grid", name), (hours,), memory_h)
        for region, memory_h in zip(regions, memories_h, strict=True)
    ]
    return np.stack(rows)


def smoothed(series: FloatArray, memories_h: Iterable[float]) -> FloatArray:
    """Return the trailing exponential mean of each row, (region, hour). It begins at the first value.

    Args:
        series: (region, hour) without gaps.
        memories_h: time constant [h] of each region.
    """
    rows = []
    for row, memory_h in zip(series, memories_h, strict=True):
        kept_share = np.exp(-1 / memory_h)
        innovations = (1 - kept_share) * row
        innovations[0] += kept_share * row[0]
        rows.append(autoregression(innovations, kept_share))
    return np.stack(rows)
