"""Counts the days of history after which each region has a bound: of the next day, and of the day after it.

    python benchmarks/first_bounds.py FLEET TELEMETRY [FROM]

A day counts from the first hour, FROM if it is given, to the first hour from which on no bound is missing. Only the
first 230 days are read.
"""

import sys
from pathlib import Path

import numpy as np

from fleet.domain.clock import parse_hour
from fleet.domain.limit import UNKNOWN_CODE
from fleet.fleets import load_fleet
from fleet.preparation.prepare import prepare
from fleet.preparation.settings import Settings
from fleet.sources import table
from fleet.units import HOURS_PER_DAY

DAYS, FIRST_DAY, EVERY_H = 230, 60, 6


def main() -> None:
    """Print a row per region."""
    fleet, settings = load_fleet(Path(sys.argv[1])), Settings()
    telemetry = table.read([Path(sys.argv[2])]).of_regions(fleet.region_ids)
    begin = 0 if len(sys.argv) < 4 else telemetry.position(parse_hour(sys.argv[3]))
    telemetry = telemetry.hours(begin, min(begin + DAYS * HOURS_PER_DAY, len(telemetry.time_utc)))
    origins = np.arange(FIRST_DAY * HOURS_PER_DAY, len(telemetry.time_utc) - 1)
    prepared = prepare(telemetry, fleet, origins, settings)
    steps = np.arange(0, len(origins), EVERY_H)
    is_missing = np.stack([prepared.ahead(int(step), 2 * settings.horizon).binding == UNKNOWN_CODE for step in steps])
    print("| region | next day | the day after |\n| --- | ---: | ---: |")
    for row, region in enumerate(fleet.region_ids):
        days = [
            1 + (origins[steps[missing.any(axis=1)][-1]] + EVERY_H) // HOURS_PER_DAY if missing.any() else FIRST_DAY
            for missing in np.split(is_missing[:, row], 2, axis=1)
        ]
        print(f"| {region} | {days[0]} | {days[1]} |")


if __name__ == "__main__":
    main()
