"""Compares forecasts of four days of carbon intensity with CarbonCast's published errors, by CarbonCast's protocol.

Life-cycle intensity of four grids; origins at midnight of UTC from July to December 2021, 96 leads. CarbonCast was
fitted on 2020 and tuned on the half-year before the test. Our forecasters are refitted each month on all earlier data,
as in operation. Both treat a midnight run of the weather model as known at midnight, although it is published hours
later. The data contain only the first day of each run. So our forecasters have outlooks for day 1 only; CarbonCast had
them for all four days.

Quality is the mean absolute percentage error (MAPE) of each day ahead. CarbonCast's files contain no times and do not
state the kind of intensity. The German data here are life-cycle intensities.
Source: Maji, Shenoy & Sitaraman 2022, CarbonCast; data and published errors of EnsembleCI (Yan et al. 2025).
"""

import time
from pathlib import Path

import numpy as np
import polars as pl
from harness import Row, publish, shared_data, show

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.forecasting import FORECASTERS, Series, walk_forward
from fleet.forecasting.base import Positions
from fleet.forecasting.series import actual
from fleet.units import HOURS_PER_DAY, FloatArray

GRIDS = ("CISO", "ERCO", "PJM", "DE")
METHODS = ("blend", "ridge")
TARGET = "ci_lifecycle_gco2eq_per_kwh"
FIRST_ORIGIN = np.datetime64("2021-06-30T23", "h")
DAYS = 4
HORIZON = DAYS * HOURS_PER_DAY


def main() -> list[Row]:
    """Score every grid and method, and print the errors by day."""
    data = shared_data()
    published = pl.read_csv(data / "benchmarks" / "carboncast_mape_by_day.csv.gz")
    rows, lines = [], []
    for grid in GRIDS:
        series = series_of(data / "carbon_nwp" / f"ensembleci_{grid.lower()}_2019-2021.parquet", grid)
        origins = midnights(series)
        truth = actual(series, origins, HORIZON)[:, 0]
        theirs = published.filter(region=grid).sort("horizon_day")["mape_mean_pct"].to_list()
        lines.append([f"{grid}, CarbonCast", *(f"{value:.2f}" for value in theirs), ""])
        for method in METHODS:
            started = time.perf_counter()
            forecast = walk_forward(FORECASTERS[method](horizon=HORIZON), series, origins)[:, 0]
            seconds = time.perf_counter() - started
            ours = mape_by_day(forecast, truth)
            lines.append([f"{grid}, {method}", *(f"{value:.2f}" for value in ours), f"{seconds:.1f}"])
            rows += [
                row(f"{grid} day {day}, {method}", seconds, mine, their)
                for day, (mine, their) in enumerate(zip(ours, theirs, strict=True), start=1)
            ]
    show("MAPE, %", ["grid and method", *(f"day {day}" for day in range(1, DAYS + 1)), "s"], lines)
    return rows


def series_of(file: Path, grid: str) -> Series:
    """Read intensity and generation as telemetry, and the weather columns as outlooks issued at 00 UTC of their day."""
    frame = pl.read_parquet(file)
    weather = [name for name in frame.columns if name.startswith("gfs_")]
    issued = pl.col("time_utc").dt.truncate("1d").alias("issued_utc")
    outlooks = Outlooks.from_frame(frame.select("time_utc", issued, *weather), table=file.name, region=grid)
    return Series.of(Telemetry.from_frame(frame.drop(weather), table=file.name, region=grid), TARGET, outlooks)


def midnights(series: Series) -> Positions:
    """Return the origins of the test: hours that end at midnight and whose targets are all in the data."""
    every = np.arange(series.observed.shape[1] - HORIZON)
    time_utc = series.time_utc[every]
    ends_a_day = time_utc.astype(np.int64) % HOURS_PER_DAY == HOURS_PER_DAY - 1
    return every[ends_a_day & (time_utc >= FIRST_ORIGIN)]


def mape_by_day(forecast: FloatArray, truth: FloatArray) -> list[float]:
    """Return the MAPE [%] of each day ahead, from (origin, lead) forecasts and actual values."""
    error = 100 * np.abs(forecast - truth) / truth
    return [float(np.nanmean(day)) for day in np.split(error, DAYS, axis=1)]


def row(case: str, seconds: float, ours: float, theirs: float) -> Row:
    """Return the row of one day. The seconds are the time for all days together."""
    return Row(
        case=case,
        ours_s=seconds,
        peer="CarbonCast, published",
        peer_s=None,
        ratio=None,
        quality_ours=ours,
        quality_peer=theirs,
    )


if __name__ == "__main__":
    publish("carboncast", main(), ["numpy", "xgboost-cpu"])
