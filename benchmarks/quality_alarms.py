"""Counts false alarms of the quality rules on real series and on the twin: held values by series, column and rule.

Usage: python benchmarks/quality_alarms.py DATA [TELEMETRY.parquet ...] [--only=COLUMN,COLUMN]
With --only, the rules see these columns of the real series and no others: fewer columns can show that a fall is real.
DATA holds folders weather, carbon, prices and workload of real series. Each further file is a healthy twin; outlooks
beside it are judged too. A dew point is computed where a source has only the humidity.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.physics.psychrometrics import dew_point_c
from fleet.quality.gate import hold
from fleet.sources import table

FOLDERS = (
    "weather/isd",
    "weather/metie",
    "weather/openmeteo",
    "carbon/em_",
    "carbon/eirgrid",
    "prices/",
    "workload/gpu",
)


def telemetry_of(path: Path) -> Telemetry:
    """Read a series as one region. Columns that are not measurements of a quantity are left out."""
    frame = pl.read_parquet(path)
    if "region" not in frame.columns:
        frame = frame.with_columns(pl.col("time_utc").dt.round("1h")).unique("time_utc", maintain_order=True)
        frame = with_dew_point(frame, "temp_c")
        return Telemetry.from_frame(frame, table=path.name, region=path.stem)
    return Telemetry.from_frame(frame, table=path.name)


def with_dew_point(frame: pl.DataFrame, temperature: str) -> pl.DataFrame:
    """Return the table with a dew point, computed from temperature and humidity if the source has only these."""
    if "dew_point_c" in frame.columns or "rel_humidity_pct" not in frame.columns:
        return frame
    columns = (
        frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in (temperature, "rel_humidity_pct")
    )
    return frame.with_columns(pl.Series("dew_point_c", dew_point_c(*columns)).fill_nan(None))


def main() -> None:
    """Print one line per series; for a twin with outlooks, one line without them and one with them."""
    only = [word.removeprefix("--only=").split(",") for word in sys.argv if word.startswith("--only=")]
    root, *twins = (Path(word) for word in sys.argv[1:] if not word.startswith("--only="))
    files = sorted(path for path in root.glob("*/*.parquet") if f"{path.parent.name}/{path.name}".startswith(FOLDERS))
    print("| series | values | held | per 1,000 | at most of one column, per 1,000 | by column and rule |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for path in files:
        telemetry = telemetry_of(path)
        for names in only:
            kept = {name: values for name, values in telemetry.values.items() if name in names}
            telemetry = replace(telemetry, values=kept)
        if telemetry.values:
            print(line(f"{path.parent.name}/{path.stem}", telemetry), flush=True)
    for path in twins:
        telemetry, beside = telemetry_of(path), path.with_name("outlooks.parquet")
        print(line(f"{path.parent.name}/{path.stem}", telemetry), flush=True)
        if beside.exists():
            outlooks = table.read_outlooks(beside)
            print(line(f"{path.parent.name}/{path.stem} with outlooks", telemetry, outlooks), flush=True)


def line(name: str, telemetry: Telemetry, outlooks: Outlooks | None = None) -> str:
    """Return the row of one series. A column is counted in each region by itself."""
    checked = hold(telemetry, outlooks=outlooks)
    count: dict[tuple[str, str], int] = {}
    for stretch in checked.held:
        key = stretch.column, stretch.rule
        count[key] = count.get(key, 0) + stretch.hours
    detail = ", ".join(f"{column} {rule} {number}" for (column, rule), number in count.items())
    if checked.held_outlooks:
        detail += f"{', ' if detail else ''}outlooks {len(checked.held_outlooks)} stretches"
    number = {column: np.isfinite(grid).sum(axis=1) for column, grid in telemetry.values.items()}
    values, held = int(sum(map(np.sum, number.values()))), sum(checked.count_by_rule().values())
    most = max(((codes >= 0).sum(axis=1) / np.maximum(number[name], 1)).max() for name, codes in checked.rule.items())
    return f"| {name} | {values:,} | {held} | {1000 * held / values:.2f} | {1000 * most:.2f} | {detail} |"


if __name__ == "__main__":
    main()
