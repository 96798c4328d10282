"""What day-ahead forecasts of daily highs miss by, and what the twin's do: python examples/fit_outlook_skill.py RECORDS

RECORDS is a Parquet table of forecasts of the US weather service with what came of them, in degrees Fahrenheit:
date_local, city, quantity, lead_h_nominal, forecast_temp_f, observed_next_morning_temp_f.
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

records = pl.read_parquet(sys.argv[1])
fleet = load_fleet()
start = np.datetime64("2012-01-01T00", "h")
twin = make_twin(fleet, start=start, hours=YEARS * 8_766, seed=1, only=frozenset({"weather"}))
for index, region in enumerate(fleet.regions):
    if region.id not in CITIES:
        continue
    actual = twin.telemetry.values["temperature_c"][index]
    errors = of_twin(twin.outlooks_of(slice(index, index + 1)), actual, twin.telemetry.time_utc, region)
    real = of_service(records, CITIES[region.id])
    # The months that the records have, so that like is compared with like.
    kept = np.isin(errors.month, np.unique(real.month)[1:])
    made = HighErrors(**{field.name: getattr(errors, field.name)[kept] for field in fields(HighErrors)})
    print(f"{CITIES[region.id]:<34} {'real':>7} {'twin':>7}   errors in K, forecast minus outcome")
    for (name, ours), theirs in zip(summary(made).items(), summary(real).values(), strict=True):
        print(f"  {name:<32} {theirs:7.2f} {ours:7.2f}")
