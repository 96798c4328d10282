"""Injects faults ("lies") into healthy series, and counts the faults that the quality rules hold.

Usage: python benchmarks/quality_faults.py DATA TWIN/telemetry.parquet
Each kind of lie replaces 48 hours at 20 random places of temperature, carbon, and load (twin) or price (real). A cell
states how many of the 20 lies have a held hour, the median hours until the first held hour, and the share of held
hours.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from fleet.domain.telemetry import Telemetry
from fleet.quality.gate import hold

PLACES, LENGTH_H, SEED = 20, 48, 5
Lie = Callable[[np.ndarray, np.random.Generator], np.ndarray]
LIES: dict[str, Lie] = {
    "stuck": lambda v, _: np.full_like(v, v[0]),
    "stuck at rounded value": lambda v, _: np.full_like(v, np.round(v[0])),
    "zero": lambda v, _: np.zeros_like(v),
    "-999": lambda v, _: np.full_like(v, -999.0),
    "-99": lambda v, _: np.full_like(v, -99.0),
    "9999": lambda v, _: np.full_like(v, 9999.0),
    "zero in every second hour": lambda v, _: np.where(np.arange(len(v)) % 2, v, 0.0),
    "times 2.2046": lambda v, _: v * 2.2046,
    "divided by 2.2046": lambda v, _: v / 2.2046,
    "times 10": lambda v, _: v * 10,
    "divided by 10": lambda v, _: v / 10,
    "times 1000": lambda v, _: v * 1000,
    "divided by 1000": lambda v, _: v / 1000,
    "Fahrenheit": lambda v, _: v * 1.8 + 32,
    "20 lower": lambda v, _: v - 20,
    "half": lambda v, _: v / 2,
}
ONLY_TEMPERATURE = {"Fahrenheit", "20 lower"}
TEMPERATURES = {"temperature_c"}


def series(data: Path, twin: Path) -> dict[str, tuple[str, np.ndarray, np.ndarray]]:
    """Return name -> column name, hours and values of three columns of the twin and three real series."""
    frame = pl.read_parquet(twin)
    frame = frame.filter(pl.col("region") == frame["region"][0])
    found = {f"twin {c}": (c, frame["time_utc"], frame[c]) for c in ("temperature_c", "carbon_g_per_kwh", "it_load_mw")}
    for name, file, column, renamed in (
        ("Phoenix temperature", "weather/isd_us-az-phoenix_2017-2018", "temp_c", "temperature_c"),
        ("GB carbon", "carbon/em_gb_2021-2023", "ci_lca_gco2eq_per_kwh", "carbon_g_per_kwh"),
        ("CAISO price", "prices/price_us-cal-ciso_2020-2023", "price_usd_per_mwh", "price_usd_per_mwh"),
    ):
        real = pl.read_parquet(data / f"{file}.parquet").head(17_520)
        found[name] = renamed, real["time_utc"], real[column]
    return {
        name: (
            column,
            time.dt.replace_time_zone(None).to_numpy().astype("datetime64[h]"),
            values.cast(pl.Float64).to_numpy(),
        )
        for name, (column, time, values) in found.items()
    }


def main() -> None:
    """Print one row per kind of lie and one cell per series."""
    rng = np.random.default_rng(SEED)
    columns = series(Path(sys.argv[1]), Path(sys.argv[2]))
    print("| fault | " + " | ".join(columns) + " |")
    print("| --- |" + " --- |" * len(columns))
    for kind, lie in LIES.items():
        cells = []
        for column, time, values in columns.values():
            if (column in TEMPERATURES) != (kind in ONLY_TEMPERATURE) and (
                kind in ONLY_TEMPERATURE or kind.startswith(("times", "div", "half", "zero"))
            ):
                cells.append("-")
                continue
            delays, held_hours = [], 0
            for start in rng.integers(60 * 24, len(values) - LENGTH_H, PLACES):
                wrong = values.copy()
                wrong[start : start + LENGTH_H] = lie(values[start : start + LENGTH_H], rng)
                telemetry = Telemetry(regions=("r",), time_utc=time, values={column: wrong[None]})
                flags = hold(telemetry).rule[column][0, start : start + LENGTH_H] >= 0
                held_hours += int(flags.sum())
                if flags.any():
                    delays.append(int(flags.argmax()) + 1)
            delay = f", {np.median(delays):.0f} h" if delays else ""
            cells.append(f"{len(delays)}/{PLACES}{delay}, {100 * held_hours / PLACES / LENGTH_H:.0f} %")
        print(f"| {kind} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
