"""`fleet ingest table`: what is new, what changed, and what is refused."""

import json
from datetime import UTC, datetime
from importlib.resources import files

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
    assert f"1 value is new, {HOURS - 2} the same, 1 revised, 1 removed; 0 of all" in result.out
    assert stored(tmp_path)[40] == corrected["temperature_c"][40]
    assert stored(tmp_path)[41] is None


def test_the_quality_list_shows_what_was_corrected_and_why(ingest, fleet, tmp_path):
    ingest(site())
    warmer = site().with_columns(pl.col("temperature_c") + 1)
    ingest(warmer.tail(3), "--reason", "sensor was calibrated")
    result = fleet("quality", "--json", tmp_path / "q.json")
    assert "3 stored values were revised or removed" in result.out
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


def test_quarter_hours_are_brought_to_hours_and_the_rules_are_told(ingest, fleet, tmp_path):
    times = pl.datetime_range(
        pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 1, 1, 45), "15m", time_zone="UTC", eager=True
    )
    rows = pl.DataFrame({"region": "ireland", "time_utc": times, "temperature_c": range(8), "wind_speed_m_s": range(8)})
    rows.write_csv(tmp_path / "q.csv", datetime_format="%Y-%m-%dT%H:%M:%SZ")
    assert_refused(fleet("ingest", "table", "--file", tmp_path / "q.csv"), "--resample mean, max or last")
    result, counts = ingest(rows, "--resample", "mean")
    assert counts["new"] == 4
    assert "8 rows were combined into 2 hours: temperature_c max, wind_speed_m_s mean" in result.out
    assert stored(tmp_path) == [3, 7]


def test_values_ahead_of_the_clock_are_refused_and_prices_are_kept(ingest, fleet, tmp_path):
    ingest(site())
    ahead = pl.DataFrame(
        {"region": ["ireland"], "time_utc": [datetime.now(UTC).replace(minute=0, second=0, microsecond=0)]}
    )
    ahead = ahead.with_columns(pl.col("time_utc") + pl.duration(hours=30), price_usd_per_mwh=40.0)
    ahead.rename({"price_usd_per_mwh": "temperature_c"}).write_parquet(tmp_path / "ahead.parquet")
    words = ("ingest", "table", "--file", tmp_path / "ahead.parquet", "--home", tmp_path / "other")
    assert_refused(fleet(*words), "temperature_c of region ireland", "ahead of the clock")
    ahead.write_parquet(tmp_path / "ahead.parquet")
    assert fleet(*words).code == 0
    assert pl.read_parquet(tmp_path / "other" / "telemetry.parquet")["price_usd_per_mwh"].to_list() == [40.0]


def test_a_region_that_the_fleet_does_not_have_is_named(ingest, tmp_path):
    assert "not in" not in ingest(site())[0].out
    packaged = files("fleet.fleets").joinpath("three_regions.yaml").read_text()
    (tmp_path / "home" / "fleet.yaml").write_text(packaged)
    assert "not in" not in ingest(site())[0].out
    result, _ = ingest(site().with_columns(region=pl.lit("tokyo")))
    assert "1 region is not in" in result.out
    assert "ingest the values again" in " ".join(result.out.split())
    assert ": tokyo. It has arizona, ireland, wyoming." in " ".join(result.out.split())


def test_a_cut_file_is_refused_and_a_last_row_without_a_line_break_is_told(fleet, tmp_path):
    path, result = tmp_path / "in.csv", tmp_path / "in.json"
    words = ("ingest", "table", "--file", path, "--json", result)
    rows = "".join(f"oslo,2026-05-30T{hour:02d}:00:00Z,131.5,20\n" for hour in range(20))
    whole = "region,time_utc,it_load_mw,temperature_c\n" + rows
    path.write_text(whole + "oslo,2026-05-30T20:00:00Z,13")
    assert_refused(
        fleet(*words), "in.csv: row 20 (line 22) has 3 of 4 fields and is the last one: the file seems cut off"
    )
    assert not (tmp_path / "home").exists()
    note = "in.csv does not end with a line break. If it was cut off, the last value"
    for text, is_told in ((whole + "oslo,2026-05-30T20:00:00Z,131.5,2", True), (whole, False)):
        path.write_text(text)
        printed = fleet(*words)
        assert printed.code == 0, printed
        assert (note in " ".join(printed.out.split())) == is_told
        assert [line[: len(note)] for line in json.loads(result.read_text())["notes"]] == [note] * is_told
