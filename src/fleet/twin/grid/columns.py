"""Tables of several grids as arrays, region by region."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from fleet.domain.region import Region
from fleet.twin.noise import red_noise, remembered, stream
from fleet.units import FloatArray

Table = TypeVar("Table")


def column(tables: Sequence[Table], get: Callable[[Table], float]) -> FloatArray:
    """(region, 1) one number of each table."""
    return np.array([get(table) for table in tables], dtype=np.float64)[:, None]


def noise(regions: Sequence[Region], name: str, hours: int, memories_h: Iterable[float], seed: int) -> FloatArray:
    """(region, hour) of unit variance, each region from its own stream and with its own memory."""
    rows = [
        red_noise(stream(seed, region.id, "grid", name), (hours,), memory_h)
        for region, memory_h in zip(regions, memories_h, strict=True)
    ]
    return np.stack(rows)


def smoothed(series: FloatArray, memories_h: Iterable[float]) -> FloatArray:
    """(region, hour) trailing exponential mean, started at the first value."""
    rows = []
    for row, memory_h in zip(series, memories_h, strict=True):
        keep = np.exp(-1 / memory_h)
        news = (1 - keep) * row
        news[0] += keep * row[0]
        rows.append(remembered(news, keep))
    return np.stack(rows)
