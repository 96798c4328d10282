"""Injects faults ("lies") into healthy series, and counts the faults that the quality rules hold.

Usage: python benchmarks/quality_faults.py DATA TWIN
DATA holds the real series, TWIN a folder with telemetry.parquet and outlooks.parquet.
Each kind of fault replaces 48 hours at 20 random places of temperature, carbon, and load (twin) or price (real). A
wrong clock lasts for 240 hours. The last table puts faults into outlooks: 8 issues at each of 20 random places. A cell
states how many of the 20 faults have a held hour, the median hours until the first held hour, and the share of held
hours.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.quality.gate import hold
from fleet.sources import table

PLACES, LENGTH_H, CLOCK_LENGTH_H, ISSUES, SEED = 20, 48, 240, 8, 5
Lie = Callable[[np.ndarray, np.random.Generator], np.ndarray]
# Hours that a clock is late.
CLOCKS = {"clock 1 h late": 1, "clock 3 h late": 3, "clock 7 h late": 7}
OUTLOOK_LIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "-999": lambda v: np.full_like(v, -999.0),
    "zero": np.zeros_like,
    "Fahrenheit": lambda v: v * 1.8 + 32,
    "20 lower": lambda v: v - 20,
    "10 lower": lambda v: v - 10,
    "clock 7 h late": lambda v: np.roll(v, 7, axis=1),
}
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
    "15 lower": lambda v, _: v - 15,
    "10 lower": lambda v, _: v - 10,
    "half": lambda v, _: v / 2,
}
ONLY_TEMPERATURE = {"Fahrenheit", "20 lower", "15 lower", "10 lower"}
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


def telling(kind: str, column: str) -> bool:
    """Tell whether a lie has a meaning for a column."""
    if kind in CLOCKS:
        return column in {"temperature_c", "it_load_mw"}
    if kind in ONLY_TEMPERATURE:
        return column in TEMPERATURES
    return column not in TEMPERATURES or not kind.startswith(("times", "div", "half", "zero"))


def cell(
    kind: str,
    column: str,
    series: tuple[np.ndarray, np.ndarray],
    starts: np.ndarray,
    rng: np.random.Generator,
    outlooks: Outlooks | None = None,
) -> str:
    """Return the lies caught, the median hours until the first held hour, and the share of hours that is held."""
    time, values = series
    length = CLOCK_LENGTH_H if kind in CLOCKS else LENGTH_H
    delays, held_hours = [], 0
    for start in starts:
        wrong = values.copy()
        at = slice(start, start + length)
        if kind in CLOCKS:
            wrong[at] = values[start - CLOCKS[kind] : start + length - CLOCKS[kind]]
        else:
            wrong[at] = LIES[kind](values[at], rng)
        telemetry = Telemetry(regions=("r",), time_utc=time, values={column: wrong[None]})
        flags = hold(telemetry, outlooks=outlooks).rule[column][0, at] >= 0
        held_hours += int(flags.sum())
        if flags.any():
            delays.append(int(flags.argmax()) + 1)
    delay = f", {np.median(delays):.0f} h" if delays else ""
    return f"{len(delays)}/{PLACES}{delay}, {100 * held_hours / PLACES / length:.0f} %"


def outlook_table(twin: Path, rng: np.random.Generator) -> None:
    """Print how many lying issues of each region's temperature are held, and how many observations are by mistake."""
    telemetry = table.read([twin / "telemetry.parquet"])
    telemetry = replace(telemetry, values={"temperature_c": telemetry.values["temperature_c"]})
    outlooks = table.read_outlooks(twin / "outlooks.parquet")
    print("\n| lie in outlooks | " + " | ".join(telemetry.regions) + " |")
    print("| --- |" + " --- |" * len(telemetry.regions))
    for kind, lie in OUTLOOK_LIES.items():
        cells = []
        for row in range(len(telemetry.regions)):
            caught, held_issues, mistaken = 0, 0, 0
            for first in rng.integers(240, len(outlooks.issued_utc) - ISSUES, PLACES):
                wrong = outlooks.values["temperature_c"].copy()
                wrong[row, first : first + ISSUES] = lie(wrong[row, first : first + ISSUES])
                checked = hold(telemetry, outlooks=replace(outlooks, values={"temperature_c": wrong}))
                of_issue = (checked.outlook_rule["temperature_c"][row, first : first + ISSUES] >= 0).any(axis=1)
                caught, held_issues = caught + bool(of_issue.any()), held_issues + int(of_issue.sum())
                mistaken += sum(checked.count_by_rule().values())
            share = 100 * held_issues / PLACES / ISSUES
            cells.append(f"{caught}/{PLACES}, {share:.0f} % of issues, {mistaken} observed hours held")
        print(f"| {kind} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Print one row per kind of lie and one cell per series; then the lies in outlooks."""
    rng = np.random.default_rng(SEED)
    data, twin = Path(sys.argv[1]), Path(sys.argv[2])
    columns = series(data, twin / "telemetry.parquet")
    outlooks = table.read_outlooks(twin / "outlooks.parquet")
    own = Outlooks(
        regions=("r",),
        issued_utc=outlooks.issued_utc,
        values={"temperature_c": outlooks.values["temperature_c"][:1]},
    )
    print("| fault | " + " | ".join(columns) + " | twin temperature_c with outlooks |")
    print("| --- |" + " --- |" * (len(columns) + 1))
    for kind in [*LIES, *CLOCKS]:
        cells = []
        for column, time, values in columns.values():
            starts = rng.integers(60 * 24, len(values) - CLOCK_LENGTH_H, PLACES)
            cells.append(cell(kind, column, (time, values), starts, rng) if telling(kind, column) else "-")
        column, time, values = columns["twin temperature_c"]
        starts = rng.integers(60 * 24, len(values) - CLOCK_LENGTH_H, PLACES)
        cells.append(cell(kind, column, (time, values), starts, rng, own) if telling(kind, column) else "-")
        print(f"| {kind} | " + " | ".join(cells) + " |", flush=True)
    outlook_table(twin, rng)


if __name__ == "__main__":
    main()
