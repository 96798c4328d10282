"""On real weather, carbon and prices, with gaps, late values and corrections: hour by hour as all at once."""

from dataclasses import replace
from pathlib import Path

import four_zones
import numpy as np
import polars as pl
import pytest
from four_zones import ZONES, zone
from support.real_data import DATA, needs_data

from fleet.domain.telemetry import Telemetry
from fleet.fleets import load_fleet
from fleet.live.engine import Engine
from fleet.preparation.prepare import prepare
from fleet.preparation.settings import Settings
from fleet.preparation.state_codec import StateCodec
from fleet.storage.snapshot_store import SnapshotStore
from fleet.twin import make_twin

pytestmark = [pytest.mark.slow, needs_data]

FLEET = load_fleet(Path(four_zones.__file__).with_suffix(".yaml"))
BEGIN, HOURS, STEPS = np.datetime64("2021-01-01T00", "h"), 24 * 100, 42


def real_zones() -> Telemetry:
    """Return the first months of 2021 of the four zones, with the load of the twin."""
    rows = pl.concat([zone(DATA, region) for region in ZONES], how="diagonal")
    last = (BEGIN + HOURS - 1).astype("datetime64[us]").item()
    rows = rows.filter(pl.col("time_utc").dt.replace_time_zone(None) <= last)
    telemetry = Telemetry.from_frame(rows, table="zones").of_regions(FLEET.region_ids)
    load = make_twin(FLEET, start=BEGIN, hours=HOURS, seed=3, only=frozenset({"load"})).telemetry
    return replace(telemetry, values={**telemetry.values, "it_load_mw": load.values["it_load_mw"]})


def without_some_hours(telemetry: Telemetry, rng: np.random.Generator) -> Telemetry:
    """Return the telemetry without some of the last hours of a random region and column."""
    values = {name: grid.copy() for name, grid in telemetry.values.items()}
    name, row = rng.choice(["temperature_c", "it_load_mw", "carbon_g_per_kwh"]), rng.integers(len(FLEET.regions))
    values[name][row, -int(rng.integers(1, 4)) :] = np.nan
    return replace(telemetry, values=values)


def corrected(telemetry: Telemetry, last: int, rng: np.random.Generator) -> Telemetry:
    """Return the telemetry with one corrected value of the two days before an hour."""
    values = {name: grid.copy() for name, grid in telemetry.values.items()}
    values["temperature_c"][rng.integers(len(FLEET.regions)), last - int(rng.integers(1, 48))] += 0.5
    return replace(telemetry, values=values)


def test_hours_with_restarts_late_values_and_corrections_give_what_all_hours_at_once_give(tmp_path):
    known, rng, settings = real_zones(), np.random.default_rng(0), Settings()
    engine = Engine(SnapshotStore(tmp_path, StateCodec(), "1"))
    for step in range(STEPS):
        last = HOURS - STEPS + step
        if rng.random() < 0.3:
            engine = Engine(SnapshotStore(tmp_path, StateCodec(), "1"))
        seen = known.hours(0, last + 1)
        if step % 7 == 3:
            seen = without_some_hours(seen, rng)
        if step % 7 == 5:
            known = corrected(known, last, rng)
            seen = known.hours(0, last + 1)
        found = engine.prepare(seen, FLEET, settings).prepared
        if step % 7 in (3, 4, 5) and step > STEPS // 2:
            expected = prepare(seen, FLEET, np.array([last]), settings)
            np.testing.assert_array_equal(found.near.table, expected.near.table)
            np.testing.assert_array_equal(found.beyond.season.table, expected.beyond.season.table)
            for name in ("safe_load_mw", "load_mw", "binding", "weather_required", "load_required"):
                np.testing.assert_array_equal(getattr(found.levels, name), getattr(expected.levels, name))
