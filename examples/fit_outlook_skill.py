"""Compare errors of real and twin forecasts of daily highs: python examples/fit_outlook_skill.py RECORDS

RECORDS is a Parquet table of forecasts of the US weather service and their outcomes, in degrees Fahrenheit, with the
columns date_local, city, quantity, lead_h_nominal, forecast_temp_f and observed_next_morning_temp_f.
"""

import sys
from dataclasses import fields

import numpy as np
import polars as pl
from twin_study.fit.skill import HighErrors, of_service, of_twin, summary

from fleet.fleets import load_fleet
from fleet.twin import make_twin

YEARS = 12
CITIES = {"arizona": "PHOENIX", "wyoming": "CHEYENNE"}


def main(records: pl.DataFrame) -> None:
    """Print the figures of each city, real and twin side by side."""
    fleet = load_fleet()
    start = np.datetime64("2012-01-01T00", "h")
    twin = make_twin(fleet, start=start, hours=YEARS * 8_766, seed=1, only=frozenset({"weather"}))
    for index, region in enumerate(fleet.regions):
        if region.id not in CITIES:
            continue
        actual = twin.telemetry.values["temperature_c"][index]
        errors = of_twin(twin.outlooks_of(slice(index, index + 1)), actual, twin.telemetry.time_utc, region)
        real = of_service(records, CITIES[region.id])
        # A fair comparison uses only the months of the records. The first month is left out, because it has only two
        # days.
        is_kept = np.isin(errors.month, np.unique(real.month)[1:])
        kept = HighErrors(**{field.name: getattr(errors, field.name)[is_kept] for field in fields(HighErrors)})
        print(f"{CITIES[region.id]:<34} {'real':>7} {'twin':>7}   errors in K, forecast minus outcome")
        for (name, twin_figure), real_figure in zip(summary(kept).items(), summary(real).values(), strict=True):
            print(f"  {name:<32} {real_figure:7.2f} {twin_figure:7.2f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pl.read_parquet(sys.argv[1]))
