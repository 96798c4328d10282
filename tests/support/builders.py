"""Small series, tables and telemetry for tests."""

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.telemetry import Telemetry
from fleet.forecasting import Series

JANUARY = "2024-01-01T00"


def hours_from(start: str, count: int) -> clock.HourArray:
    """Return consecutive hours."""
    return np.datetime64(start, "h") + np.arange(count)


def seasonal(hours: int, *, regions: int = 1, seed: int = 0, noise: float = 1.0) -> np.ndarray:
    """Return (region, hour): a daily wave around 20, plus AR(1) noise with coefficient 0.9."""
    rng = np.random.default_rng(seed)
    ar1 = rng.normal(0, noise, (regions, hours))
    for hour in range(1, hours):
        ar1[:, hour] += 0.9 * ar1[:, hour - 1]
    wave = 8 * np.sin(2 * np.pi * np.arange(hours) / 24)
    return 20 + wave + ar1


def series_of(observed: np.ndarray, start: str = JANUARY) -> Series:
    """Return the values (region, hour) as a series for forecasters."""
    return Series(observed=observed, time_utc=hours_from(start, observed.shape[1]))


def telemetry_of(
    observed: np.ndarray, *, start: str = JANUARY, column: str = "load", regions: tuple[str, ...] | None = None
) -> Telemetry:
    """Return the values (region, hour) as telemetry with one column."""
    names = regions or tuple(f"r{index}" for index in range(len(observed)))
    return Telemetry(regions=names, time_utc=hours_from(start, observed.shape[1]), values={column: observed.copy()})


def table(hours: int, *, start: str = JANUARY, seed: int = 0, column: str = "temperature_c") -> pl.DataFrame:
    """Return the table of one region: time_utc and one column."""
    return pl.DataFrame(
        {
            "time_utc": clock.to_series(hours_from(start, hours), "time_utc"),
            column: seasonal(hours, seed=seed)[0],
        }
    )


def table_with_times(times: list[str], column: str = "temperature_c") -> pl.DataFrame:
    """Return a table with the given texts as times, and 20 in each row."""
    return pl.DataFrame({"time_utc": times, column: [20.0] * len(times)})


def corrupted(values: np.ndarray, after: int, how: str) -> np.ndarray:
    """Return the values with wrong values at all positions after `after` on the last axis."""
    wrong = values.copy()
    shape = wrong[..., after + 1 :].shape
    wrong[..., after + 1 :] = {
        "random": np.random.default_rng(1).normal(20, 8, shape),
        "missing": np.full(shape, np.nan),
        "huge": np.full(shape, 1e4),
    }[how]
    return wrong


CORRUPTIONS = ("random", "missing", "huge")
