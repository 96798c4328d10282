from datetime import UTC, datetime

import polars as pl
from support.sites import fleet_of, region

from fleet.dashboard.data import day_sentence
from fleet.domain.local_clock import local_clocks

CLOCKS = local_clocks(fleet_of(region("alpha")))


def sentence(water_l):
    times = [datetime(2025, 7, 1, hour, tzinfo=UTC) for hour in (3, 4)]
    hours = pl.DataFrame({"region": "alpha", "time_utc": times, "carbon_g_per_kwh": [300.0, 200.0], "water_l": water_l})
    return day_sentence(hours, {"alpha": "Alpha"}, CLOCKS)


def test_a_day_without_water_is_told_without_a_change_from_zero_to_zero():
    assert sentence([0.2, 0.0]).endswith("g/kWh (at 03:00 UTC, 03:00 solar time), and Alpha used no water.")


def test_a_change_of_water_has_both_hours():
    assert "Alpha's water went from 0 (at 03:00 UTC" in sentence([0.0, 900.0])
    assert "to 900 L per hour (at 04:00 UTC" in sentence([0.0, 900.0])
