"""Small series, tables and telemetry that the tests share."""

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.telemetry import Telemetry
from fleet.forecasting import Series

JANUARY = "2024-01-01T00"


def hours_from(start: str, count: int) -> clock.HourArray:
    return np.datetime64(start, "h") + np.arange(count)


def seasonal(hours: int, *, regions: int = 1, seed: int = 0, noise: float = 1.0) -> np.ndarray:
    """(region, hour): a day's wave on 20, plus AR(1) noise of coefficient 0.9."""
    rng = np.random.default_rng(seed)
    shock = rng.normal(0, noise, (regions, hours))
    for hour in range(1, hours):
        shock[:, hour] += 0.9 * shock[:, hour - 1]
    wave = 8 * np.sin(2 * np.pi * np.arange(hours) / 24)
    return 20 + wave + shock


def series_of(observed: np.ndarray, start: str = JANUARY) -> Series:
    return Series(observed=observed, time_utc=hours_from(start, observed.shape[1]))


def telemetry_of(
    observed: np.ndarray, *, start: str = JANUARY, column: str = "load", regions: tuple[str, ...] | None = None
) -> Telemetry:
    names = regions or tuple(f"r{index}" for index in range(len(observed)))
    return Telemetry(regions=names, time_utc=hours_from(start, observed.shape[1]), values={column: observed.copy()})


def table(hours: int, *, start: str = JANUARY, seed: int = 0, column: str = "temperature_c") -> pl.DataFrame:
    """One region's table: time_utc and one column."""
    return pl.DataFrame(
        {
            "time_utc": clock.to_series(hours_from(start, hours), "time_utc"),
            column: seasonal(hours, seed=seed)[0],
        }
    )


def table_with_times(times: list[str], column: str = "temperature_c") -> pl.DataFrame:
    return pl.DataFrame({"time_utc": times, column: [20.0] * len(times)})


def corrupted(values: np.ndarray, after: int, how: str) -> np.ndarray:
    """The values with everything past position `after` along the last axis made wrong."""
    wrong = values.copy()
    shape = wrong[..., after + 1 :].shape
    wrong[..., after + 1 :] = {
        "random": np.random.default_rng(1).normal(50, 30, shape),
        "missing": np.full(shape, np.nan),
        "huge": np.full(shape, 1e12),
    }[how]
    return wrong


CORRUPTIONS = ("random", "missing", "huge")
