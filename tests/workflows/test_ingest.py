"""Adding tables to a workspace."""

import polars as pl
import pytest
from support.builders import table

from fleet.errors import DataError
from fleet.storage.telemetry_store import read_origins, read_outlooks, read_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows.ingest import ingest_outlooks, ingest_rows, ingest_table

NOW = "2026-01-01T00:00:00Z"


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "home")
    workspace.home.mkdir()
    workspace.made_by_demo.write_text("")
    return workspace


def outlooks_file(folder, value=20.0):
    hours = pl.datetime_range(
        pl.datetime(2024, 1, 1, 1, time_zone="UTC"), pl.datetime(2024, 1, 1, 6, time_zone="UTC"), "1h", eager=True
    )
    issued = pl.datetime(2024, 1, 1, time_zone="UTC")
    frame = pl.DataFrame({"time_utc": hours}).select(
        pl.lit("site").alias("region"),
        issued.alias("issued_utc"),
        "time_utc",
        pl.lit(value).alias("temperature_c"),
    )
    frame.write_parquet(folder / "outlooks.parquet")
    return folder / "outlooks.parquet"


def test_tables_are_added_and_the_workspace_is_no_longer_that_of_a_demo(workspace, tmp_path):
    table(50).write_parquet(tmp_path / "site.parquet")
    stored = ingest_table(workspace, [tmp_path / "site.parquet"], region="here", stored_utc=NOW).merged.telemetry
    assert (stored.regions, len(stored.time_utc)) == (("here",), 50)
    assert read_telemetry(workspace.telemetry).values["temperature_c"].shape == (1, 50)
    assert not workspace.made_by_demo.exists()


def test_outlooks_are_added_once(workspace, tmp_path):
    path = outlooks_file(tmp_path)
    for _ in range(2):
        assert len(ingest_outlooks(workspace, path).issued_utc) == 1
    assert read_outlooks(workspace.outlooks).regions == ("site",)
    assert not workspace.made_by_demo.exists()


def test_a_changed_outlook_is_refused(workspace, tmp_path):
    ingest_outlooks(workspace, outlooks_file(tmp_path))
    with pytest.raises(DataError, match="twice"):
        ingest_outlooks(workspace, outlooks_file(tmp_path, value=21.0))


def test_pushed_rows_are_stored_with_the_name_of_their_source(workspace):
    rows = table(50).with_columns(region=pl.lit("here"))
    assert ingest_rows(workspace, rows, source="push by bms-7", stored_utc=NOW).new == 50
    stored = read_telemetry(workspace.telemetry)
    assert read_origins(workspace.telemetry, stored)["source"].unique().to_list() == ["push by bms-7"]
    assert not workspace.made_by_demo.exists()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"temperature_c": pl.lit(200.0)}, r"temperature_c is 200 at 2024-01-01T00:00Z .* expected -90 to 60"),
        ({"temprature_c": pl.lit(20.0)}, "column temprature_c is unknown; did you mean temperature_c"),
        ({"time_utc": pl.col("time_utc").dt.replace_time_zone(None)}, "has no time zone"),
        ({"time_utc": pl.col("time_utc") + pl.duration(days=9_000)}, "ahead of the clock"),
        ({"temperature_c": pl.lit("warm")}, "temperature_c"),
    ],
)
def test_pushed_rows_that_cannot_be_stored_are_refused_whole(workspace, change, found):
    rows = table(50).with_columns(region=pl.lit("here")).with_columns(**change)
    with pytest.raises(DataError, match=found):
        ingest_rows(workspace, rows, source="push", stored_utc=NOW)
    assert not workspace.telemetry.exists()
