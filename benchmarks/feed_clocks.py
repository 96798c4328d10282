"""How often a wrong clock of a feed is found, and a right one is doubted, on real series.

Two checks of `fleet.quality.feed_clock` judge windows that begin each day: against the sun (temperatures of twelve
places, windows of 10 and 30 days, clocks wrong by whole hours), and against stored values of another source (the direct
carbon intensity of seven zones against the life-cycle one, windows of 10 days).
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
from harness import shared_data, show

from fleet.quality.feed_clock import shift_of, warmest_hour_off
from fleet.units import HOURS_PER_DAY, FloatArray

# Start of a file's name -> longitude of the place [degrees].
LONGITUDES: Mapping[str, float] = {
    "isd_us-az-phoenix": -112.0,
    "isd_us-il-chicago": -87.9,
    "isd_us-wy-cheyenne": -104.8,
    "metie_ie-dublin": -6.35,
    "openmeteo_au-nsw": 151.2,
    "openmeteo_ca-on": -79.4,
    "openmeteo_de-lu": 10.0,
    "openmeteo_gb": -0.1,
    "openmeteo_sg": 103.8,
    "openmeteo_us-cal-ciso": -121.0,
    "openmeteo_us-mida-pjm": -77.0,
    "openmeteo_us-tex-erco": -97.0,
}
SUN_SHIFTS_H = (0, 5, 7, 10)
CARBON_SHIFTS_H = (0, 1, 2, 6)
CARBON = ("ci_lca_gco2eq_per_kwh", "ci_direct_gco2eq_per_kwh")


def main() -> None:
    """Print both tables."""
    against_sun = []
    for days in (10, 30):
        found = {shift: [0, 0] for shift in SUN_SHIFTS_H}
        for name, longitude in LONGITUDES.items():
            (path,) = (shared_data() / "weather").glob(f"{name}*.parquet")
            table = pl.read_parquet(path).sort("time_utc")
            hours = table["time_utc"].dt.replace_time_zone(None).to_numpy().astype("datetime64[h]")
            values = _column(table, "temp_c")
            for shift, count in found.items():
                moved = hours + np.timedelta64(shift, "h")
                for window in _windows(len(values), days):
                    count[0] += warmest_hour_off(values[window], moved[window], longitude) != 0
                    count[1] += 1
        against_sun.append([f"{days} days", *(_share(*found[shift]) for shift in SUN_SHIFTS_H)])
    show("against the sun: windows that are refused", ["window", *(f"{h} h wrong" for h in SUN_SHIFTS_H)], against_sun)
    found = {shift: [0, 0] for shift in CARBON_SHIFTS_H}
    for path in sorted((shared_data() / "carbon").glob("em_*.parquet")):
        table = pl.read_parquet(path).sort("time_utc")
        stored, supplied = (_column(table, name) for name in CARBON)
        for shift, count in found.items():
            moved = np.roll(supplied, shift)
            for window in _windows(len(stored), 10):
                count[0] += shift_of(stored[window], moved[window]) != 0
                count[1] += 1
    row = ["10 days", *(_share(*found[shift]) for shift in CARBON_SHIFTS_H)]
    show(
        "against another source: windows that are refused", ["window", *(f"{h} h late" for h in CARBON_SHIFTS_H)], [row]
    )


def _windows(hours: int, days: int) -> list[slice]:
    length = days * HOURS_PER_DAY
    return [slice(begin, begin + length) for begin in range(0, hours - length, HOURS_PER_DAY)]


def _column(table: pl.DataFrame, name: str) -> FloatArray:
    return table[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _share(refused: int, windows: int) -> str:
    return f"{refused:,} of {windows:,} ({refused / windows:.1%})"


if __name__ == "__main__":
    main()
