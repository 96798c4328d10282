"""Outlooks are added issue after issue, and a stored one does not change."""

import numpy as np
import polars as pl
import pytest
from support.builders import hours_from

from fleet.domain import clock
from fleet.errors import DataError
from fleet.storage.telemetry_store import (
    add_outlooks,
    read_outlooks,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "telemetry.parquet"


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


def test_two_sources_fill_different_columns_of_one_issue(path):
    wind = outlook_rows(24, level=3.0).rename({"temperature_c": "wind_speed_m_s"})
    add_outlooks(path, outlook_rows(24), table="a", source="first", stored_utc="2024-01-01T00:10:00Z")
    add_outlooks(path, wind, table="b", source="second", stored_utc="2024-01-01T00:20:00Z")
    stored = read_outlooks(path)
    assert np.nanmax(stored.values["temperature_c"]) == 5.0
    assert np.nanmax(stored.values["wind_speed_m_s"]) == 3.0
    assert np.isfinite(stored.values["wind_speed_m_s"]).sum() == 24


def test_of_two_sources_of_one_column_the_one_that_was_stored_first_counts(path):
    add_outlooks(path, outlook_rows(24), table="a", source="first", stored_utc="2024-01-01T00:10:00Z")
    add_outlooks(path, outlook_rows(24, level=9.0), table="b", source="second", stored_utc="2024-01-01T00:20:00Z")
    assert np.nanmax(read_outlooks(path).values["temperature_c"]) == 5.0


def test_a_row_that_is_supplied_again_keeps_the_time_at_which_it_was_stored_first(path):
    for stored_utc in ("2024-01-01T00:10:00Z", "2024-01-01T00:20:00Z"):
        add_outlooks(path, outlook_rows(24), table="a", source="first", stored_utc=stored_utc)
    assert pl.read_parquet(path)["stored_utc"].unique().to_list() == ["2024-01-01T00:10:00Z"]


def test_a_table_of_an_earlier_version_is_read_and_extended(path):
    path.parent.mkdir()
    outlook_rows(24).write_parquet(path)
    assert len(read_outlooks(path).issued_utc) == 1
    add_outlooks(path, outlook_rows(24, issued=6), table="b", source="second", stored_utc="2024-01-01T00:20:00Z")
    assert len(read_outlooks(path).issued_utc) == 2
