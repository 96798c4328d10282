"""The engine goes on from what it has kept, and gives what a start from nothing gives."""

from dataclasses import replace

import numpy as np
import pytest
from support.sites import DAY, NAIVE, summer_twin

from fleet.errors import ConfigError
from fleet.fleets import load_fleet
from fleet.live.engine import Engine
from fleet.preparation.prepare import prepare
from fleet.preparation.state_codec import StateCodec
from fleet.storage.snapshot_store import SnapshotStore

FLEET = load_fleet()
TELEMETRY = summer_twin().telemetry
FIRST = 60 * DAY


@pytest.fixture(autouse=True)
def quick_hours():
    """Prepare every hour here."""


def store_in(folder, version="1") -> SnapshotStore:
    return SnapshotStore(folder, StateCodec(), version)


def known_at(hour, telemetry=TELEMETRY):
    return telemetry.hours(0, hour + 1)


def from_nothing(known, settings=NAIVE):
    return prepare(known, FLEET, np.array([len(known.time_utc) - 1]), settings)


def assert_same(found, expected):
    np.testing.assert_array_equal(found.near.table, expected.near.table)
    np.testing.assert_array_equal(found.beyond.season.table, expected.beyond.season.table)
    for name in ("safe_load_mw", "load_mw", "binding", "weather_required", "load_required"):
        np.testing.assert_array_equal(getattr(found.levels, name), getattr(expected.levels, name), err_msg=name)


def corrected(hour: int, *, by_k: float = 1.0):
    values = {name: grid.copy() for name, grid in TELEMETRY.values.items()}
    values["temperature_c"][0, hour] += by_k
    return replace(TELEMETRY, values=values)


@pytest.mark.slow
def test_hours_with_restarts_give_what_a_start_from_nothing_gives(tmp_path):
    engine, rng = Engine(store_in(tmp_path)), np.random.default_rng(0)
    for hour in range(FIRST, FIRST + 40):
        if rng.random() < 0.4:
            engine = Engine(store_in(tmp_path))
        found = engine.prepare(known_at(hour), FLEET, NAIVE)
        assert engine.notes == []
        if hour % 5 == 0:
            assert_same(found.prepared, from_nothing(known_at(hour)))


@pytest.mark.slow
@pytest.mark.parametrize("age_h", [1, 3, 30])
def test_a_correction_leads_back_to_the_snapshot_before_it(tmp_path, age_h):
    engine = Engine(store_in(tmp_path))
    for hour in range(FIRST, FIRST + 40):
        engine.prepare(known_at(hour), FLEET, NAIVE)
    last = FIRST + 40
    known = known_at(last, corrected(last - age_h))
    found = engine.prepare(known, FLEET, NAIVE)
    assert_same(found.prepared, from_nothing(known))
    (note,) = engine.notes
    assert "came late or were corrected" in note
    # Every hour of the last day has a snapshot, and then every sixth.
    before = TELEMETRY.time_utc[last - age_h - 1]
    assert str(before if age_h < 24 else before - np.timedelta64(int(before.astype(np.int64) % 6), "h")) in note


@pytest.mark.slow
def test_the_values_of_a_late_hour_are_used(tmp_path):
    engine, values = Engine(store_in(tmp_path)), {name: grid.copy() for name, grid in TELEMETRY.values.items()}
    for grid in values.values():
        grid[2, FIRST + 2] = np.nan
    late = replace(TELEMETRY, values=values)
    for hour in range(FIRST, FIRST + 4):
        engine.prepare(known_at(hour, late), FLEET, NAIVE)
    found = engine.prepare(known_at(FIRST + 4), FLEET, NAIVE)
    assert_same(found.prepared, from_nothing(known_at(FIRST + 4)))
    assert "came late" in engine.notes[0]


@pytest.mark.slow
@pytest.mark.parametrize("change", ["cut off", pytest.param("another version", marks=pytest.mark.slow)])
def test_a_snapshot_that_cannot_be_used_is_set_aside_with_one_line(tmp_path, change):
    Engine(store_in(tmp_path)).prepare(known_at(FIRST), FLEET, NAIVE)
    for path in tmp_path.glob("*.state"):
        path.write_bytes(path.read_bytes()[:-20])
    engine = Engine(store_in(tmp_path, version="2" if change == "another version" else "1"))
    found = engine.prepare(known_at(FIRST + 1), FLEET, NAIVE)
    assert_same(found.prepared, from_nothing(known_at(FIRST + 1)))
    (note,) = engine.notes
    assert note.startswith("a snapshot cannot be used: ")
    assert "it was set aside as" in note


@pytest.mark.slow
def test_other_settings_begin_anew_and_say_so(tmp_path):
    Engine(store_in(tmp_path)).prepare(known_at(FIRST), FLEET, NAIVE)
    engine, surer = Engine(store_in(tmp_path)), replace(NAIVE, confidence=0.99)
    found = engine.prepare(known_at(FIRST + 1), FLEET, surer)
    assert_same(found.prepared, from_nothing(known_at(FIRST + 1), surer))
    assert engine.notes == [
        "no snapshot fits the stored values, the fleet and the settings: everything is learnt anew from history"
    ]


@pytest.mark.slow
def test_a_past_hour_goes_on_from_the_snapshot_before_it(tmp_path):
    engine = Engine(store_in(tmp_path))
    for hour in range(FIRST, FIRST + 10):
        engine.prepare(known_at(hour), FLEET, NAIVE)
    names = store_in(tmp_path).names()
    past = Engine(store_in(tmp_path))
    found = past.prepare(known_at(FIRST + 6), FLEET, NAIVE)
    assert_same(found.prepared, from_nothing(known_at(FIRST + 6)))
    assert past.notes == []
    assert store_in(tmp_path).names() == names


@pytest.mark.slow
def test_a_clock_that_goes_back_changes_nothing(tmp_path):
    engine = Engine(store_in(tmp_path))
    hours = [engine.prepare(known_at(hour), FLEET, NAIVE).prepared for hour in (FIRST, FIRST + 1, FIRST, FIRST + 1)]
    assert_same(hours[2], hours[0])
    assert_same(hours[3], hours[1])
    assert engine.notes == []


@pytest.mark.slow
def test_a_disk_that_is_full_does_not_stop_the_hour(tmp_path, monkeypatch):
    store = store_in(tmp_path)
    engine = Engine(store)
    engine.prepare(known_at(FIRST), FLEET, NAIVE)
    names = store.names()

    def full(*_):
        raise ConfigError("snapshots cannot be written (No space left on device); choose another place")

    monkeypatch.setattr("fleet.storage.snapshot_store.write_whole", full)
    found = engine.prepare(known_at(FIRST + 1), FLEET, NAIVE)
    assert_same(found.prepared, from_nothing(known_at(FIRST + 1)))
    (note,) = engine.notes
    assert "was not written, so the next hour takes longer: snapshots cannot be written" in note
    assert store.names() == names


@pytest.mark.slow
def test_two_engines_on_one_folder_go_on_from_each_other(tmp_path):
    engines = [Engine(store_in(tmp_path)) for _ in range(2)]
    for hour in range(FIRST, FIRST + 12):
        found = [engine.prepare(known_at(hour), FLEET, NAIVE).prepared for engine in engines]
        assert_same(found[1], found[0])
    assert_same(found[0], from_nothing(known_at(FIRST + 11)))
    assert [engine.notes for engine in engines] == [[], []]


@pytest.mark.slow
def test_without_snapshots_the_state_stays_in_memory():
    engine = Engine()
    engine.prepare(known_at(FIRST), FLEET, NAIVE)
    assert_same(engine.prepare(known_at(FIRST + 1), FLEET, NAIVE).prepared, from_nothing(known_at(FIRST + 1)))
