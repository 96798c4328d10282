"""Stored values can be added but not changed."""

import multiprocessing

import numpy as np
import polars as pl
import pytest
from support.builders import hours_from, telemetry_of
from support.writers import add_all

from fleet.domain import clock
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.storage.telemetry_store import add_outlooks, add_telemetry, read_outlooks, read_telemetry, write_telemetry


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "telemetry.parquet"


def assert_same(telemetry: Telemetry, expected: Telemetry) -> None:
    assert telemetry.regions == expected.regions
    np.testing.assert_array_equal(telemetry.time_utc, expected.time_utc)
    assert set(telemetry.values) == set(expected.values)
    for name, grid in expected.values.items():
        np.testing.assert_array_equal(telemetry.values[name], grid)


def numbers(*shape: int, level: float = 0.0) -> np.ndarray:
    return level + np.arange(np.prod(shape), dtype=float).reshape(shape)


def test_written_telemetry_is_read_back(path):
    stored = telemetry_of(numbers(2, 5))
    write_telemetry(path, stored)
    assert_same(read_telemetry(path), stored)


def test_writing_replaces_the_stored_telemetry(path):
    write_telemetry(path, telemetry_of(numbers(2, 5)))
    write_telemetry(path, telemetry_of(numbers(1, 3)))
    assert_same(read_telemetry(path), telemetry_of(numbers(1, 3)))


def test_adding_the_same_values_again_changes_nothing(path):
    stored = telemetry_of(numbers(2, 5))
    add_telemetry(path, stored)
    before = path.read_bytes()
    assert_same(add_telemetry(path, stored), stored)
    assert path.read_bytes() == before


def test_later_hours_other_regions_and_other_columns_are_added(path):
    add_telemetry(path, telemetry_of(numbers(1, 4)))
    add_telemetry(path, telemetry_of(numbers(1, 4, level=100), start="2024-01-01T02", regions=("r1",)))
    stored = add_telemetry(path, telemetry_of(numbers(1, 2, level=7), column="price"))
    assert_same(read_telemetry(path), stored)
    assert stored.regions == ("r0", "r1")
    np.testing.assert_array_equal(stored.values["load"][0], [0, 1, 2, 3, np.nan, np.nan])
    np.testing.assert_array_equal(stored.values["load"][1], [np.nan, np.nan, 100, 101, 102, 103])
    np.testing.assert_array_equal(stored.values["price"][0], [7, 8, np.nan, np.nan, np.nan, np.nan])


def test_a_gap_is_filled_and_hours_between_two_spans_are_missing(path):
    with_gap = numbers(1, 4)
    with_gap[0, 1] = np.nan
    add_telemetry(path, telemetry_of(with_gap))
    stored = add_telemetry(path, telemetry_of(numbers(1, 4)))
    np.testing.assert_array_equal(stored.values["load"][0], [0, 1, 2, 3])
    stored = add_telemetry(path, telemetry_of(numbers(1, 1), start="2024-01-01T06"))
    np.testing.assert_array_equal(stored.values["load"][0], [0, 1, 2, 3, np.nan, np.nan, 0])


def test_a_missing_value_does_not_remove_a_stored_value(path):
    add_telemetry(path, telemetry_of(numbers(1, 3)))
    stored = add_telemetry(path, telemetry_of(np.full((1, 3), np.nan)))
    np.testing.assert_array_equal(stored.values["load"][0], [0, 1, 2])


def test_another_value_for_a_stored_hour_is_refused_and_nothing_changes(path):
    add_telemetry(path, telemetry_of(numbers(2, 5)))
    before = path.read_bytes()
    conflicting = numbers(2, 8)
    with pytest.raises(DataError, match="load of region r1 at 2024-01-01T00:00Z"):
        add_telemetry(path, telemetry_of(conflicting))
    assert path.read_bytes() == before
    assert {file.name for file in path.parent.iterdir()} <= {"telemetry.parquet", "telemetry.lock"}


def test_a_damaged_file_is_refused_with_what_to_do(path):
    path.parent.mkdir()
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DataError, match="ingest the data again"):
        read_telemetry(path)
    with pytest.raises(DataError, match="ingest the data again"):
        add_telemetry(path, telemetry_of(numbers(1, 3)))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="choose another place"):
        add_telemetry(tmp_path / "file" / "telemetry.parquet", telemetry_of(numbers(1, 3)))


@pytest.mark.slow
def test_two_processes_that_add_at_the_same_time_lose_no_value(path):
    context = multiprocessing.get_context("spawn")
    days = [telemetry_of(numbers(1, 24, level=day), start=f"2024-01-{day:02d}T00") for day in range(1, 9)]
    writers = [context.Process(target=add_all, args=(path, days[first::2])) for first in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    stored = read_telemetry(path).values["load"]
    assert stored.shape == (1, 8 * 24)
    np.testing.assert_array_equal(stored[0], np.concatenate([day.values["load"][0] for day in days]))


def outlook_rows(hours, level=5.0, issued=0):
    time = hours_from("2024-01-01T00", 200)
    return pl.DataFrame(
        {
            "region": ["r0"] * hours,
            "issued_utc": clock.to_series(time[[issued] * hours], "issued_utc"),
            "time_utc": clock.to_series(time[issued : issued + hours], "time_utc"),
            "temperature_c": [level] * hours,
        }
    )


def test_outlooks_are_added_issue_after_issue(path):
    assert read_outlooks(path) is None
    add_outlooks(path, outlook_rows(24), table="a")
    add_outlooks(path, outlook_rows(24).with_columns(pl.col("temperature_c").cast(pl.Float32)), table="again")
    stored = add_outlooks(path, outlook_rows(24, issued=6), table="b")
    assert len(stored.issued_utc) == len(read_outlooks(path).issued_utc) == 2


def test_another_value_of_a_stored_outlook_is_refused(path):
    add_outlooks(path, outlook_rows(24), table="a")
    before = path.read_bytes()
    with pytest.raises(DataError, match="occurs twice"):
        add_outlooks(path, outlook_rows(24, level=6.0), table="b")
    assert path.read_bytes() == before


def test_stored_integers_do_not_round_later_values(path):
    add_outlooks(path, outlook_rows(24).with_columns(pl.col("temperature_c").cast(pl.Int64)), table="a")
    add_outlooks(path, outlook_rows(24, level=20.7, issued=6), table="b")
    assert np.nanmax(read_outlooks(path).values["temperature_c"]) == 20.7


def test_outlooks_may_have_times_as_texts(path):
    add_outlooks(path, outlook_rows(24), table="a")
    as_text = outlook_rows(24).with_columns(
        pl.col("issued_utc", "time_utc").dt.strftime("%Y-%m-%dT%H:%M:%SZ"), note=pl.lit("by hand")
    )
    assert len(add_outlooks(path, as_text, table="a.csv").issued_utc) == 1
