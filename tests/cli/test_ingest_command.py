"""`fleet ingest table`: what is new, what changed, and what is refused."""

import json

import polars as pl
import pytest
from support.builders import table as rows_of
from support.commands import assert_refused, runner

HOURS = 48


@pytest.fixture
def fleet(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path / "home"))
    return runner(monkeypatch, capsys)


@pytest.fixture
def ingest(fleet, tmp_path):
    """Runs `fleet ingest table` on a frame; returns the printed result and the counts."""

    def run(frame: pl.DataFrame, *words: str):
        frame.write_parquet(tmp_path / "in.parquet")
        result = fleet("ingest", "table", "--file", tmp_path / "in.parquet", "--json", tmp_path / "in.json", *words)
        assert result.code == 0, result
        content = json.loads((tmp_path / "in.json").read_text())
        return result, {key: content[key] for key in ("new", "late", "same", "revised", "withdrawn")}

    return run


def site(hours: int = HOURS) -> pl.DataFrame:
    return rows_of(hours).with_columns(region=pl.lit("ireland"))


def stored(tmp_path) -> list[float | None]:
    return pl.read_parquet(tmp_path / "home" / "telemetry.parquet")["temperature_c"].to_list()


def test_new_same_revised_and_withdrawn_values_are_counted(ingest, tmp_path):
    _, counts = ingest(site())
    assert counts == {"new": HOURS, "late": 0, "same": 0, "revised": 0, "withdrawn": 0}
    value = pl.col("temperature_c")
    row = pl.int_range(pl.len())
    corrected = site(HOURS + 1).with_columns(
        temperature_c=pl.when(row == 40).then(value + 1).when(row == 41).then(None).otherwise(value.cast(pl.Float32))
    )
    result, counts = ingest(corrected)
    assert counts == {"new": 1, "late": 0, "same": HOURS - 2, "revised": 1, "withdrawn": 1}
    assert f"1 values are new, {HOURS - 2} the same, 1 revised, 1 withdrawn; 0 of all" in result.out
    assert stored(tmp_path)[40] == corrected["temperature_c"][40]
    assert stored(tmp_path)[41] is None


def test_the_quality_list_shows_what_was_corrected_and_why(ingest, fleet, tmp_path):
    ingest(site())
    warmer = site().with_columns(pl.col("temperature_c") + 1)
    ingest(warmer.tail(3), "--reason", "sensor was calibrated")
    result = fleet("quality", "--json", tmp_path / "q.json")
    assert "3 stored values were revised or withdrawn" in result.out
    (stretch,) = json.loads((tmp_path / "q.json").read_text())["corrected"]
    assert (stretch["kind"], stretch["hours"], stretch["reason"]) == ("revised", 3, "sensor was calibrated")
    assert (stretch["first_utc"], stretch["last_utc"]) == ("2024-01-02T21:00Z", "2024-01-02T23:00Z")
    assert stretch["after"] == stretch["before"] + 1


def test_an_old_value_is_kept_without_a_reason_and_the_store_is_named(ingest, fleet, tmp_path):
    ingest(site(24 * 20))
    before = stored(tmp_path)
    site().with_columns(pl.col("temperature_c") + 1).write_parquet(tmp_path / "old.parquet")
    words = ("ingest", "table", "--file", tmp_path / "old.parquet")
    assert_refused(
        fleet(*words), "telemetry.parquet of the workspace holds temperature_c of region ireland", "--reason"
    )
    assert stored(tmp_path) == before
    assert fleet(*words, "--reason", "wrong station").code == 0
    assert stored(tmp_path)[:2] == [value + 1 for value in before[:2]]


def test_a_table_without_a_column_of_values_is_refused(fleet, tmp_path):
    site().drop("temperature_c").write_parquet(tmp_path / "keys.parquet")
    assert_refused(fleet("ingest", "table", "--file", tmp_path / "keys.parquet"), "no column of values", "it_load_mw")
    assert not (tmp_path / "home").exists()
