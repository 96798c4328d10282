"""`fleet evaluate`: tables and options that it refuses."""

import os
import subprocess
import sys

import polars as pl
import pytest
from support.builders import JANUARY, seasonal, table, table_with_times, telemetry_of
from support.evaluate_runs import HOURS, as_csv, evaluate_runner, refused


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    return evaluate_runner(monkeypatch, capsys, tmp_path)


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.parquet"
    table(HOURS).write_parquet(path)
    return path


def autumn_repeat() -> pl.DataFrame:
    """Hours of a local clock that repeats 01:00 when summer time ends."""
    times = [f"2023-11-05T{hour:02}:00:00Z" for hour in (0, 1, 1, 2, 3)]
    return table_with_times(times)


def with_zone(zone: str | None, start: str = JANUARY) -> pl.DataFrame:
    column = pl.col("time_utc")
    return table(HOURS, start=start).with_columns(
        column.dt.replace_time_zone(None) if zone is None else column.dt.convert_time_zone(zone)
    )


def changed(hour: int, value, column: str = "temperature_c") -> pl.DataFrame:
    return table(HOURS, column=column).with_columns(
        pl.when(pl.int_range(pl.len()) == hour).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    )


BAD_TABLES = {
    "without_the_target": (table(HOURS, column="load"), "no column temperature_c"),
    "without_time_utc": (table(HOURS).rename({"time_utc": "time"}), "no column time_utc"),
    "with_an_hour_twice": (pl.concat([table(HOURS), table(1)]), "2024-01-01T00:00Z twice"),
    "with_the_autumn_repeat": (autumn_repeat(), "autumn repeat"),
    "with_naive_times": (with_zone(None), "no time zone"),
    "with_half_hours": (
        table(HOURS).with_columns(pl.col("time_utc") + pl.duration(minutes=30)),
        "full hours",
    ),
    "in_kelvin": (table(HOURS).with_columns(pl.col("temperature_c") + 273.15), "kelvin"),
    "in_fahrenheit": (table(HOURS).with_columns(pl.col("temperature_c") * 1.8 + 70), "Fahrenheit"),
    "without_rows": (table(0), "no rows"),
    "all_null": (table(HOURS).with_columns(temperature_c=pl.lit(None, dtype=pl.Float64)), "no value in region"),
    "infinite": (changed(7, float("inf")), "infinite at 2024-01-01T07:00Z"),
    "text_among_numbers": (
        table(HOURS).with_columns(pl.col("temperature_c").cast(pl.String) + " C"),
        "expected numbers",
    ),
    "a_single_day": (table(24), "no origin"),
    "a_few_hours": (table(5), "no origin"),
    "with_a_time_missing": (
        table(HOURS).with_columns(pl.when(pl.int_range(pl.len()) != 9).then(pl.col("time_utc"))),
        "null in row 9",
    ),
}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("kind", BAD_TABLES)
def test_a_bad_table_is_refused_in_one_line(run, tmp_path, kind, suffix):
    frame, reason = BAD_TABLES[kind]
    path = tmp_path / f"site{suffix}"
    if suffix == ".parquet":
        frame.write_parquet(path)
    elif kind == "with_naive_times":
        frame.write_csv(path)
    else:
        as_csv(frame, path)
    message = refused(
        run, tmp_path, "--telemetry", path, "--target", "temperature_c", "--json", "r.json", "--dump", "d.csv"
    )
    assert reason in message


@pytest.mark.parametrize("zone", ["Europe/Dublin", "America/Phoenix"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_local_times_are_refused(run, tmp_path, zone, suffix):
    path = tmp_path / f"site{suffix}"
    frame = with_zone(zone, start="2024-03-20T00")
    if suffix == ".csv":
        frame = frame.with_columns(pl.col("time_utc").dt.to_string("iso:strict"))
        frame.write_csv(path)
    else:
        frame.write_parquet(path)
    message = refused(run, tmp_path, "--telemetry", path, "--target", "temperature_c")
    # In winter, Dublin's clock shows +00:00 like UTC. The first hour of summer time shows that the zone is not UTC.
    assert "local time" in message or f"in {zone} time" in message


def test_carbon_in_kilograms_is_refused(run, tmp_path):
    frame = table(HOURS, column="carbon_g_per_kwh").with_columns(pl.col("carbon_g_per_kwh").abs() / 1_000)
    path = as_csv(frame, tmp_path / "grid.csv")
    assert "kg/kWh" in refused(run, tmp_path, "--telemetry", path, "--target", "carbon_g_per_kwh")


@pytest.mark.parametrize(
    "payload", [b"", b"\n", b"PAR1", b"\x1f\x8b\x08broken", bytes(range(256)), b"{}", b"time_utc;temperature_c\n"]
)
def test_a_file_that_is_not_a_table_is_refused(run, tmp_path, payload):
    path = tmp_path / "site.csv"
    path.write_bytes(payload)
    assert "site.csv" in refused(run, tmp_path, "--telemetry", path, "--target", "temperature_c", "--json", "r.json")


def test_a_path_that_is_not_a_file_is_refused(run, tmp_path):
    for path in (tmp_path / "absent.parquet", tmp_path):
        message = refused(run, tmp_path, "--telemetry", path, "--target", "temperature_c")
        assert "cannot be read" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads every file")
def test_a_file_without_permission_is_refused(run, site, tmp_path):
    site.chmod(0)
    assert "cannot be read" in refused(run, tmp_path, "--telemetry", site, "--target", "temperature_c")


def test_files_with_the_same_hours_are_refused(run, tmp_path):
    first = as_csv(table(HOURS), tmp_path / "a.csv")
    second = as_csv(table(HOURS, start="2024-03-01T00"), tmp_path / "b.csv")
    words = ("--telemetry", first, "--telemetry", second, "--target", "temperature_c", "--region", "here")
    assert "2024-03-01T00:00Z is in two files" in refused(run, tmp_path, *words)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--confidence", "0"), "confidence is 0"),
        (("--confidence", "1"), "confidence is 1"),
        (("--confidence", "1.5"), "confidence is 1.5"),
        (("--confidence", "nan"), "confidence is nan"),
        (("--confidence", "0.999999999999"), "confidence"),
        (("--forecaster", "oracle"), "expected one of"),
        (("--bands", "none"), "expected one of"),
        (("--split", "random"), "expected one of"),
        (("--test-start", "2019-01-01"), "no origin"),
        (("--test-start", "2030-01-01"), "no origin"),
        (("--test-start", "2024-01-01"), "no full day"),
        (("--test-start", "soon"), "found time"),
        (("--test-start", "0001-01-01T00+14"), "found time"),
        (("--split", "reference"), "full calendar year"),
        (("--split", "reference", "--test-start", "2024-03-01"), "reference split"),
        (("--dump", "rows.xlsx"), "expected .parquet or .csv"),
        (("--dump", "rows"), "expected .parquet or .csv"),
        (("--dump", "site.parquet/rows.csv"), "cannot be written"),
        (("--json", "site.parquet/r.json"), "cannot be written"),
        (("--json", "site.parquet/r.json", "--dump", "rows.csv"), "cannot be written"),
        (("--json", "."), "not a file"),
    ],
)
def test_an_option_that_cannot_be_honoured_is_refused_in_one_line(run, site, tmp_path, words, reason):
    options = ("--telemetry", site, "--target", "temperature_c", "--json", "r.json", "--dump", "d.csv")
    assert reason in refused(run, tmp_path, *options, *words)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--target", "temperature_c"),
        ("--telemetry", "site.parquet"),
        ("--telemetry", "site.parquet", "--target", "x", "--horizon", "0"),
        ("--telemetry", "site.parquet", "--target", "x", "--horizon", "many"),
        ("--telemetry", "site.parquet", "--target", "x", "--step", "0"),
        ("--telemetry", "site.parquet", "--target", "x", "--colour", "red"),
    ],
)
def test_wrong_usage_exits_with_two(run, site, tmp_path, words):
    refused(run, tmp_path, *words, code=2)


def test_a_region_that_is_not_in_the_table_is_refused(run, tmp_path):
    path = tmp_path / "fleet.parquet"
    telemetry_of(seasonal(HOURS, regions=2)).to_frame().write_parquet(path)
    message = refused(run, tmp_path, "--telemetry", path, "--target", "load", "--region", "mars")
    assert "no region mars (found r0, r1)" in message


def test_a_refusal_keeps_the_old_result(run, site, tmp_path):
    old = tmp_path / "r.json"
    old.write_text("kept")
    refused(run, tmp_path, "--telemetry", site, "--target", "nothing", "--json", old)
    assert old.read_text() == "kept"


def test_a_pipe_is_not_replaced_by_a_file(run, site, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    message = refused(run, tmp_path, "--telemetry", site, "--target", "temperature_c", "--json", "pipe")
    assert "not a file" in message
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.slow
def test_the_installed_command_refuses_like_the_function(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "fleet.cli",
            "evaluate",
            "--telemetry",
            "absent.csv",
            "--target",
            "x",
            "--json",
            "r.json",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("fleet: absent.csv cannot be read")
    assert list(tmp_path.iterdir()) == []
