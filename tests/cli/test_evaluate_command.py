import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from support.builders import JANUARY, seasonal, table, table_with_times, telemetry_of

from fleet import cli
from fleet.domain import clock
from fleet.evaluation.rolling_origin import Protocol, evaluate

HOURS = 24 * 90
ISO = "%Y-%m-%dT%H:%M:%SZ"
DUMP = ["region", "origin_utc", "lead_h", "forecast", "lower", "upper", "path_lower", "path_upper", "actual"]
CONTRACT_KEYS = {
    "origins", "mae", "mape", "mae_by_lead", "rmse_by_lead", "coverage", "coverage_by_lead", "mean_width_by_lead",
    "winkler", "winkler_by_lead", "infinite_share", "worst_block_coverage", "path_coverage", "naive_mae",
}  # fmt: skip


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """`fleet evaluate` with these words, in an empty folder: (exit code, standard output, standard error)."""

    def with_words(*words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["fleet", "evaluate", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return with_words


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.parquet"
    table(HOURS).write_parquet(path)
    return path


def as_csv(frame: pl.DataFrame, path: Path) -> Path:
    frame.write_csv(path, datetime_format=ISO)
    return path


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def refused(run, folder, *words, code=1) -> str:
    """The one line of a refusal, after which the folder is as it was."""
    before = everything_in(folder)
    got, out, err = run(*words)
    assert got == code
    assert out == ""
    assert everything_in(folder) == before
    if code == 1:
        assert err.count("\n") == 1
        assert err.startswith("fleet: ")
    assert "Traceback" not in err
    return err


def test_the_result_is_printed_and_written(run, site, tmp_path):
    code, out, err = run(
        "--telemetry", site, "--target", "temperature_c", "--json", "new/result.json", "--dump", "rows.csv"
    )
    assert (code, err) == (0, "")
    for word in ("site", "MAE", "coverage %", "Winkler"):
        assert word in out
    assert "…" not in out
    content = json.loads((tmp_path / "new/result.json").read_text())
    assert content["target"] == "temperature_c"
    assert content["confidence"] == 0.95
    assert set(content["seconds"]) == {"fit", "forecast", "bands"}
    scores = content["regions"]["site"]
    assert set(scores) >= CONTRACT_KEYS
    assert {"scored", "gaps"} <= set(scores)
    rows = pl.read_csv(tmp_path / "rows.csv")
    assert rows.columns == DUMP
    assert rows.height == scores["origins"] * 24
    assert rows["origin_utc"][0].endswith("Z")
    assert (rows["actual"] - rows["forecast"]).abs().mean() == pytest.approx(scores["mae"])
    assert everything_in(tmp_path) == {"site.parquet", "new", "new/result.json", "rows.csv"}


def test_it_says_whether_the_promise_held_and_where_it_was_weakest(run, site, tmp_path):
    words = ("--telemetry", site, "--target", "temperature_c", "--forecaster", "seasonal_naive")
    code, out, _ = run(*words, "--json", "r.json")
    assert code == 0
    said = out.replace("\n", " ")
    assert "site: the promise" in said
    assert "Weakest: " in said
    assert "worst week: from 2024-" in said
    scores = json.loads((tmp_path / "r.json").read_text())["regions"]["site"]
    reliability, path = scores["reliability"], scores["path_reliability"]
    assert reliability["overall"]["count"] == scores["scored"]
    assert reliability["overall"]["share"] == pytest.approx(scores["coverage"])
    assert [each["share"] for each in reliability["by_lead"]] == pytest.approx(scores["coverage_by_lead"])
    assert path["overall"]["share"] == pytest.approx(scores["path_coverage"])
    assert list(path["by_window"]) == ["1", "3", "6", "12", "24"]
    assert path["by_window"]["24"] == path["overall"]
    assert scores["pit"] is None


def test_infinite_bounds_come_with_their_reason(run, site):
    words = ("--telemetry", site, "--target", "temperature_c", "--forecaster", "seasonal_naive")
    # Ninety days of hours give at most 2,160 scores a lead.
    _, out, _ = run(*words, "--confidence", "0.9995")
    said = " ".join(out.split())
    assert "100.0 % of bounds are infinite" in said
    assert "fewer than 3,999 scores of a lead are known" in said
    assert "site: nothing was promised, as every bound is infinite." in said
    assert "bounds are infinite" not in run(*words, "--test-start", "2024-03-20", "--bands", "split")[1]


def test_the_picture_holds_coverage_and_errors_and_draws_by_itself(run, site, tmp_path):
    words = ("--telemetry", site, "--target", "temperature_c", "--forecaster", "seasonal_naive")
    assert run(*words, "--plot", "p.html", "--json", "r.json")[0] == 0
    page = (tmp_path / "p.html").read_text()
    for title in ("by season", "by level of the forecast", "week by week", "where the actuals fell", "by hour of UTC"):
        assert title in page
    assert page.count("plotly.js v") == 1
    assert "site: the promise" in page
    pit = json.loads((tmp_path / "r.json").read_text())["regions"]["site"]["pit"]
    assert len(pit) == 10
    assert sum(each["share"] for each in pit) == pytest.approx(1)


def test_csv_and_parquet_dumps_hold_the_same(run, tmp_path):
    observed = seasonal(HOURS)
    observed[0, 2_000:2_040] = float("nan")
    path = tmp_path / "load.parquet"
    telemetry_of(observed, regions=("here",)).to_frame().write_parquet(path)
    for dump in ("rows.csv", "rows.parquet"):
        assert run("--telemetry", path, "--target", "load", "--dump", dump)[0] == 0
    parquet = pl.read_parquet(tmp_path / "rows.parquet")
    text = pl.read_csv(tmp_path / "rows.csv").with_columns(
        pl.col("origin_utc").str.to_datetime(ISO, time_unit="ms", time_zone="UTC")
    )
    assert parquet.columns == DUMP
    assert parquet["actual"].null_count() > 0
    assert parquet["upper"].is_infinite().any()  # the silence is longer than a day
    for column in DUMP:
        assert text[column].equals(parquet[column]), column


def test_a_null_score_is_null_in_json(run, tmp_path):
    path = as_csv(table(HOURS, column="load").with_columns(load=pl.lit(0.0)), tmp_path / "zero.csv")
    assert run("--telemetry", path, "--target", "load", "--json", "r.json")[0] == 0
    assert json.loads((tmp_path / "r.json").read_text())["regions"]["zero"]["mape"] is None


def test_files_are_joined_in_time_under_the_given_name(run, tmp_path):
    frame = table(HOURS)
    whole = as_csv(frame, tmp_path / "whole.csv")
    early, late = as_csv(frame.head(1_000), tmp_path / "a.csv"), as_csv(frame.tail(HOURS - 1_000), tmp_path / "b.csv")
    words = ("--target", "temperature_c", "--region", "arizona")
    assert run("--telemetry", whole, *words, "--dump", "one.parquet")[0] == 0
    assert run("--telemetry", late, "--telemetry", early, *words, "--dump", "two.parquet")[0] == 0
    one, two = pl.read_parquet(tmp_path / "one.parquet"), pl.read_parquet(tmp_path / "two.parquet")
    assert one["region"].unique().to_list() == ["arizona"]
    assert one.equals(two)


def test_many_regions_score_as_each_alone(run, tmp_path):
    path = tmp_path / "fleet.parquet"
    telemetry_of(seasonal(HOURS, regions=2)).to_frame().write_parquet(path)
    words = ("--telemetry", path, "--target", "load")
    assert run(*words, "--dump", "all.parquet")[0] == 0
    assert run(*words, "--region", "r1", "--dump", "alone.parquet")[0] == 0
    together = pl.read_parquet(tmp_path / "all.parquet").filter(region="r1")
    assert together.equals(pl.read_parquet(tmp_path / "alone.parquet"))


def test_every_option_reaches_the_protocol(run, site, tmp_path):
    words = ("--telemetry", site, "--target", "temperature_c", "--test-start", "2024-03-01", "--horizon", "6")
    words += ("--step", "5", "--forecaster", "seasonal_naive", "--bands", "split", "--confidence", "0.8")
    assert run(*words, "--dump", "rows.parquet")[0] == 0
    asked = Protocol(
        target="temperature_c",
        test_start=clock.parse_hour("2024-03-01"),
        horizon=6,
        step=5,
        forecaster="seasonal_naive",
        bands="split",
        confidence=0.8,
    )
    frame = table(HOURS)
    telemetry = telemetry_of(frame["temperature_c"].to_numpy()[None], column="temperature_c", regions=("site",))
    assert pl.read_parquet(tmp_path / "rows.parquet").equals(evaluate(telemetry, asked).to_frame())


def test_the_reference_split_tests_december(run, tmp_path):
    path = as_csv(table(24 * 366, start="2023-01-01T00"), tmp_path / "year.csv")
    assert run("--telemetry", path, "--target", "temperature_c", "--split", "reference", "--dump", "d.parquet")[0] == 0
    origins = pl.read_parquet(tmp_path / "d.parquet")["origin_utc"]
    assert origins.min().isoformat() == "2023-12-01T00:00:00+00:00"


def spring_and_autumn() -> pl.DataFrame:
    """Phoenix keeps no summer time; a clock that does repeats 01:00 on the first Sunday of November."""
    times = [f"2023-11-05T{hour:02}:00:00Z" for hour in (0, 1, 1, 2, 3)]
    return table_with_times(times)


def stamped(zone: str | None, start: str = JANUARY) -> pl.DataFrame:
    column = pl.col("time_utc")
    return table(HOURS, start=start).with_columns(
        column.dt.replace_time_zone(None) if zone is None else column.dt.convert_time_zone(zone)
    )


def changed(hour: int, value, column: str = "temperature_c") -> pl.DataFrame:
    return table(HOURS, column=column).with_columns(
        pl.when(pl.int_range(pl.len()) == hour).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    )


SPOILT_TABLES = {
    "without_the_target": (table(HOURS, column="load"), "no column temperature_c"),
    "without_time_utc": (table(HOURS).rename({"time_utc": "time"}), "no column time_utc"),
    "with_an_hour_twice": (pl.concat([table(HOURS), table(1)]), "2024-01-01T00:00Z twice"),
    "with_the_autumn_repeat": (spring_and_autumn(), "autumn repeat"),
    "with_naive_times": (stamped(None), "no time zone"),
    "with_half_hours": (
        table(HOURS).with_columns(pl.col("time_utc") + pl.duration(minutes=30)),
        "full hours",
    ),
    "in_kelvin": (table(HOURS).with_columns(pl.col("temperature_c") + 273.15), "kelvin"),
    "in_fahrenheit": (table(HOURS).with_columns(pl.col("temperature_c") * 1.8 + 70), "Fahrenheit"),
    "without_rows": (table(0), "no rows"),
    "all_null": (table(HOURS).with_columns(temperature_c=pl.lit(None, dtype=pl.Float64)), "no value in region"),
    "infinite": (changed(7, float("inf")), "infinite in hour 7"),
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
@pytest.mark.parametrize("kind", SPOILT_TABLES)
def test_a_table_that_would_mislead_is_refused_in_one_line(run, tmp_path, kind, suffix):
    frame, words = SPOILT_TABLES[kind]
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
    assert words in message


@pytest.mark.parametrize("zone", ["Europe/Dublin", "America/Phoenix"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_local_times_are_refused(run, tmp_path, zone, suffix):
    path = tmp_path / f"site{suffix}"
    frame = stamped(zone, start="2024-03-20T00")
    if suffix == ".csv":
        frame = frame.with_columns(pl.col("time_utc").dt.to_string("iso:strict"))
        frame.write_csv(path)
    else:
        frame.write_parquet(path)
    message = refused(run, tmp_path, "--telemetry", path, "--target", "temperature_c")
    # Dublin's winter clock shows +00:00 in text, which is UTC; the first hour of summer time gives it away.
    assert "local time" in message or f"in {zone} time" in message


def test_carbon_in_kilograms_is_refused(run, tmp_path):
    frame = table(HOURS, column="carbon_g_per_kwh").with_columns(pl.col("carbon_g_per_kwh").abs() / 1_000)
    path = as_csv(frame, tmp_path / "grid.csv")
    assert "kg/kWh" in refused(run, tmp_path, "--telemetry", path, "--target", "carbon_g_per_kwh")


@pytest.mark.parametrize(
    "payload", [b"", b"\n", b"PAR1", b"\x1f\x8b\x08broken", bytes(range(256)), b"{}", b"time_utc;temperature_c\n"]
)
def test_a_file_that_is_no_table_is_refused(run, tmp_path, payload):
    path = tmp_path / "site.csv"
    path.write_bytes(payload)
    assert "site.csv" in refused(run, tmp_path, "--telemetry", path, "--target", "temperature_c", "--json", "r.json")


def test_what_is_no_file_is_refused(run, tmp_path):
    for path in (tmp_path / "absent.parquet", tmp_path):
        message = refused(run, tmp_path, "--telemetry", path, "--target", "temperature_c")
        assert "cannot be read" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads every file")
def test_a_file_without_permission_is_refused(run, site, tmp_path):
    site.chmod(0)
    assert "cannot be read" in refused(run, tmp_path, "--telemetry", site, "--target", "temperature_c")


def test_files_that_overlap_are_refused(run, tmp_path):
    first = as_csv(table(HOURS), tmp_path / "a.csv")
    second = as_csv(table(HOURS, start="2024-03-01T00"), tmp_path / "b.csv")
    words = ("--telemetry", first, "--telemetry", second, "--target", "temperature_c", "--region", "here")
    assert "2024-03-01T00:00Z is in two files" in refused(run, tmp_path, *words)


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
def test_words_that_cannot_be_honoured_are_refused_in_one_line(run, site, tmp_path, words, reason):
    asked = ("--telemetry", site, "--target", "temperature_c", "--json", "r.json", "--dump", "d.csv")
    assert reason in refused(run, tmp_path, *asked, *words)


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


def test_an_old_result_survives_a_refusal(run, site, tmp_path):
    old = tmp_path / "r.json"
    old.write_text("kept")
    refused(run, tmp_path, "--telemetry", site, "--target", "nothing", "--json", old)
    assert old.read_text() == "kept"


def test_a_pipe_is_not_replaced_by_a_file(run, site, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    message = refused(run, tmp_path, "--telemetry", site, "--target", "temperature_c", "--json", "pipe")
    assert "not a file" in message
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_keeps_pointing_at_the_result(run, site, tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "result.json")
    assert run("--telemetry", site, "--target", "temperature_c", "--json", "link.json")[0] == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "result.json").read_text())["target"] == "temperature_c"


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
