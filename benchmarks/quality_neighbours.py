"""What a neighbouring place tells of a temperature: python benchmarks/quality_neighbours.py DATA

DATA holds the real series. The nearest pairs of places with common years are compared. An anomaly is a value minus the
usual level of its hour of day. The neighbour explains a part of it by a straight line; the rest is what a rule would
have to judge a thermometer by that reads 10 K low.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

from fleet.units import HOURS_PER_DAY, FloatArray

# The two places of each pair, and their distance in km.
PAIRS = (("gb", "de-lu", 640), ("ca-on", "us-mida-pjm", 540))
LEARN_H, WEIGHT, OFFSET_K = 60 * HOURS_PER_DAY, 0.1, 10.0
HEADS = (
    "pair",
    "km",
    "correlation of anomalies",
    "of hourly changes",
    "anomaly, K (RMS)",
    "without the neighbour's part",
)
FAR = ("hours below -10 K, per 1,000", "without the neighbour's part, per 1,000")


def main() -> None:
    """Print one row per pair."""
    weather = Path(sys.argv[1]) / "weather"
    print(f"| {' | '.join((*HEADS, *FAR))} |")
    print("| --- |" + " ---: |" * (len(HEADS) + len(FAR) - 1))
    for *names, distance_km in PAIRS:
        first, second = (pl.read_parquet(weather / f"openmeteo_{name}_2020-2023.parquet") for name in names)
        both = first.join(second, on="time_utc", suffix="_of_neighbour", maintain_order="left")
        hour_of_day = both["time_utc"].dt.hour().to_numpy()
        own, other = (
            anomaly(both[name].cast(pl.Float64).to_numpy(), hour_of_day) for name in ("temp_c", "temp_c_of_neighbour")
        )
        rest = own - other * (own @ other) / (other @ other)
        changes = np.corrcoef(np.diff(own), np.diff(other))[0, 1]
        far = (1000 * np.mean(values < -OFFSET_K) for values in (own, rest))
        cells = (
            f"{' and '.join(names)} | {distance_km} | {np.corrcoef(own, other)[0, 1]:.2f} | {changes:.2f} | "
            f"{own.std():.1f} | {rest.std():.1f} | "
        )
        print(f"| {cells}{' | '.join(f'{share:.1f}' for share in far)} |")


def anomaly(values: FloatArray, hour_of_day: np.ndarray) -> FloatArray:
    """Return the values minus the mean of earlier values of their hour of day, from LEARN_H on."""
    level = np.full(HOURS_PER_DAY, np.nan)
    found = np.empty(len(values))
    for hour, (value, clock_hour) in enumerate(zip(values, hour_of_day, strict=True)):
        if np.isnan(level[clock_hour]):
            level[clock_hour] = value
        found[hour] = value - level[clock_hour]
        level[clock_hour] += WEIGHT * found[hour]
    return found[LEARN_H:]


if __name__ == "__main__":
    main()
