"""Injects faults ("lies") into healthy series, and counts the faults that the quality rules hold.

Usage: python benchmarks/quality_faults.py DATA TWIN
DATA holds the real series, TWIN a folder with telemetry.parquet and outlooks.parquet.
The first table has each kind of fault in four quantities, on the twin and on real series, without and with outlooks: at
20 random places for 48 hours each, a wrong clock for 240 hours. The rules see the dew point, the wind and the pressure
beside a temperature. A cell states how many of the 20 faults have a held hour, the median hours until the first held
hour, and the share of held hours. The row "none" has the held hours of the healthy series. The second table has
thermometers that read low at all real places. The last table puts faults into outlooks: 8 issues at each of 20 random
places.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from outlook_served import runs
from quality_alarms import with_dew_point

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.quality.gate import hold
from fleet.sources import table

PLACES, LENGTH_H, CLOCK_LENGTH_H, ISSUES, SEED = 20, 48, 240, 8, 5
Lie = Callable[[np.ndarray, np.random.Generator], np.ndarray]
SOURCES = ("twin", "twin with outlooks", "real", "real with outlooks")
# Quantity, column of telemetry, file and column of the real series.
REAL = (
    ("carbon", "carbon_g_per_kwh", "carbon/em_gb_2021-2023", "ci_lca_gco2eq_per_kwh"),
    ("load", "it_load_mw", "grid/tep_us-az-tucson_2023-2024h1", "demand_mwh"),
    ("price", "price_usd_per_mwh", "prices/price_us-cal-ciso_2020-2023", "price_usd_per_mwh"),
)
# The runs of the Global Forecast System cover both years of the real temperature.
RUN_YEARS = (2020, 2021)
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
STATION = ("temperature_c", "dew_point_c", "wind_speed_m_s", "pressure_hpa")
LOW = ("10 lower", "15 lower", "20 lower")
PLACES_WITH_YEARS = ("isd", "metie", "openmeteo")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A healthy series. column: the one that gets the faults."""

    column: str
    telemetry: Telemetry
    outlooks: Outlooks | None = None


def cases(data: Path, twin: Path) -> dict[str, tuple[Case | None, ...]]:
    """Return quantity -> one case for each of SOURCES; None if there is none."""
    made, issued = table.read([twin / "telemetry.parquet"]), table.read_outlooks(twin / "outlooks.parquet")
    made = made.select(made.regions[:1])
    cell = station(data / "weather/openmeteo_us-cal-ciso_2020-2023.parquet")
    runs_of_cell = pl.concat(runs("ciso", year) for year in RUN_YEARS).with_columns(pl.lit("r").alias("region"))
    found: dict[str, tuple[Case | None, ...]] = {
        "temperature": (
            Case(column="temperature_c", telemetry=only(made, STATION)),
            Case(column="temperature_c", telemetry=only(made, STATION), outlooks=issued),
            Case(column="temperature_c", telemetry=cell),
            Case(column="temperature_c", telemetry=cell, outlooks=Outlooks.from_frame(runs_of_cell, table="runs")),
        )
    }
    for quantity, column, file, name in REAL:
        frame = pl.read_parquet(data / f"{file}.parquet").head(17_520)
        # The demand of the grid has known slips: values of zero or less, and one spike. A load is never so.
        is_slip = pl.lit(quantity == "load") & ~pl.col(name).is_between(1, 10_000)
        frame = frame.select("time_utc", pl.when(~is_slip).then(pl.col(name)).alias(column))
        real = Case(column=column, telemetry=Telemetry.from_frame(frame, table=file, region="r"))
        found[quantity] = Case(column=column, telemetry=only(made, (column,))), None, real, None
    return found


def only(telemetry: Telemetry, columns: tuple[str, ...]) -> Telemetry:
    """Return the telemetry with some of its columns."""
    return replace(telemetry, values={name: telemetry.values[name] for name in columns})


def station(file: Path) -> Telemetry:
    """Read the first two years of temperature, dew point, wind and pressure of a real station or grid cell."""
    frame = pl.read_parquet(file).rename({"temp_c": "temperature_c"}).head(17_520)
    names = ("temperature_c", "dew_point_c", "wind_speed_m_s", "sea_level_pressure_hpa")
    frame = with_dew_point(frame, "temperature_c")
    frame = frame.select("time_utc", *(name for name in names if name in frame.columns))
    return Telemetry.from_frame(frame, table=file.name, region="r")


def telling(kind: str, column: str) -> bool:
    """Tell whether a lie has a meaning for a column."""
    if kind in CLOCKS:
        return column in {"temperature_c", "it_load_mw"}
    if kind in ONLY_TEMPERATURE:
        return column in TEMPERATURES
    return column not in TEMPERATURES or not kind.startswith(("times", "div", "half", "zero in"))


def cell(kind: str, case: Case, starts: np.ndarray, rng: np.random.Generator) -> str:
    """Return the lies caught, the median hours until the first held hour, and the share of hours that is held."""
    telemetry, column = case.telemetry, case.column
    values = telemetry.values[column][0]
    length = CLOCK_LENGTH_H if kind in CLOCKS else LENGTH_H
    delays, held_hours = [], 0
    for start in starts:
        wrong = values.copy()
        at = slice(start, start + length)
        if kind in CLOCKS:
            wrong[at] = values[start - CLOCKS[kind] : start + length - CLOCKS[kind]]
        else:
            wrong[at] = LIES[kind](values[at], rng)
        changed = {**telemetry.values, column: wrong[None]}
        if "dew_point_c" in changed:
            # A station measures both: its dew point never exceeds its temperature.
            changed["dew_point_c"] = changed["dew_point_c"].copy()
            changed["dew_point_c"][0, at] = np.fmin(changed["dew_point_c"][0, at], wrong[at])
        flags = hold(replace(telemetry, values=changed), outlooks=case.outlooks).rule[column][0, at] >= 0
        held_hours += int(flags.sum())
        if flags.any():
            delays.append(int(flags.argmax()) + 1)
    delay = f", {np.median(delays):.0f} h" if delays else ""
    return f"{len(delays)} of {PLACES}{delay}, {100 * held_hours / PLACES / length:.0f} %"


def false_alarms(case: Case) -> str:
    """Return the held hours of the healthy series, per 1,000."""
    held = hold(case.telemetry, outlooks=case.outlooks).rule[case.column][0] >= 0
    return f"{int(held.sum())} h held, {1_000 * held.mean():.2f} per 1,000"


def fault_table(data: Path, twin: Path, rng: np.random.Generator) -> None:
    """Print one row per quantity and kind of lie, and one cell per source."""
    print(f"| quantity | fault | {' | '.join(SOURCES)} |")
    print("| --- | --- |" + " --- |" * len(SOURCES))
    for quantity, row in cases(data, twin).items():
        cells = ["-" if case is None else false_alarms(case) for case in row]
        print(f"| {quantity} | none: false alarms | " + " | ".join(cells) + " |", flush=True)
        (column,) = {case.column for case in row if case is not None}
        for kind in [*LIES, *CLOCKS]:
            if not telling(kind, column):
                continue
            cells = []
            for case in row:
                if case is None:
                    cells.append("-")
                    continue
                starts = rng.integers(60 * 24, len(case.telemetry.time_utc) - CLOCK_LENGTH_H, PLACES)
                cells.append(cell(kind, case, starts, rng))
            print(f"| {quantity} | {kind} | " + " | ".join(cells) + " |", flush=True)


def low_table(data: Path, rng: np.random.Generator) -> None:
    """Print how many thermometers that begin to read low are found at each real place."""
    print("\n| place | " + " | ".join(LOW) + " |")
    print("| --- |" + " --- |" * len(LOW))
    for file in sorted(
        path for path in (data / "weather").glob("*.parquet") if path.name.startswith(PLACES_WITH_YEARS)
    ):
        telemetry = station(file)
        cells = []
        for kind in LOW:
            starts = rng.integers(60 * 24, len(telemetry.time_utc) - CLOCK_LENGTH_H, PLACES)
            cells.append(cell(kind, Case(column="temperature_c", telemetry=telemetry), starts, rng))
        print(f"| {file.stem} | " + " | ".join(cells) + " |", flush=True)


def outlook_table(twin: Path, rng: np.random.Generator) -> None:
    """Print how many lying issues of each region's temperature are held, and how many observations are by mistake."""
    telemetry = table.read([twin / "telemetry.parquet"])
    telemetry = replace(telemetry, values={"temperature_c": telemetry.values["temperature_c"]})
    outlooks = table.read_outlooks(twin / "outlooks.parquet")
    print("\n| fault in outlooks | " + " | ".join(telemetry.regions) + " |")
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
            cells.append(f"{caught} of {PLACES}, {share:.0f} % of issues, {mistaken} observed hours held")
        print(f"| {kind} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Print lies in four quantities, thermometers that read low at all real places, and lies in outlooks."""
    rng = np.random.default_rng(SEED)
    data, twin = Path(sys.argv[1]), Path(sys.argv[2])
    fault_table(data, twin, rng)
    low_table(data, rng)
    outlook_table(twin, rng)


if __name__ == "__main__":
    main()
