"""`fleet explain-forecast`."""

import json
import re
import sys

import numpy as np
import polars as pl
import pytest
from support.builders import hours_from, table

from fleet import cli
from fleet.domain import clock

HOURS = 24 * 100


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs `fleet` in a folder with one table, and returns (exit code, standard output, standard error)."""
    table(HOURS).write_parquet(tmp_path / "site.parquet")

    def with_words(*words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["fleet", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return with_words


EXPLAIN = ("explain-forecast", "--target", "temperature_c")


def test_a_forecast_is_explained_in_words_and_in_json(run, tmp_path):
    words = ("--telemetry", "site.parquet", "--at", "2024-03-20T05", "--lead", "3", "--json", "why.json")
    code, out, err = run(*EXPLAIN, *words)
    assert (code, err) == (0, "")
    text = " ".join(out.split())
    assert "temperature_c in site: the forecast for 2024-03-20T08:00Z is" in text
    assert "made from the values up to 2024-03-20T05:00Z." in text
    assert re.search(r"The latest value at this hour of day is [\d.]+, at 2024-03-19T08:00Z. Largest changes: ", text)
    content = json.loads((tmp_path / "why.json").read_text())
    assert content["target_utc"] == "2024-03-20T08:00Z"
    assert content["anchor"] + sum(content["parts"].values()) == pytest.approx(content["forecast"])
    assert set(content["experts"]["ridge"]) == {"share", "forecast"}


@pytest.mark.slow
def test_values_after_the_origin_change_nothing(run, tmp_path):
    words = ("--at", "2024-03-20T05", "--json", "why.json")
    assert run(*EXPLAIN, "--telemetry", "site.parquet", *words)[0] == 0
    before = (tmp_path / "why.json").read_text()
    frame = table(HOURS)
    late = pl.col("time_utc") > pl.datetime(2024, 3, 20, 5, time_zone="UTC")
    changed = frame.with_columns(temperature_c=pl.when(late).then(50.0).otherwise("temperature_c"))
    changed.write_parquet(tmp_path / "site.parquet")
    assert run(*EXPLAIN, "--telemetry", "site.parquet", *words)[0] == 0
    assert (tmp_path / "why.json").read_text() == before


@pytest.mark.slow
def test_the_default_is_the_telemetry_of_the_workspace(run, tmp_path):
    assert run("ingest", "table", "--file", "site.parquet")[0] == 0
    issued = np.repeat(np.arange(0, HOURS, 12), 24)
    hour = issued + np.tile(np.arange(24), HOURS // 12)
    time = hours_from("2024-01-01T00", HOURS + 24)
    rows = {
        "region": ["site"] * len(issued),
        "issued_utc": clock.to_series(time[issued], "issued_utc"),
        "time_utc": clock.to_series(time[hour], "time_utc"),
        "temperature_c": np.full(len(issued), 20.0),
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "outlooks.parquet")
    assert run("ingest", "outlooks", "--file", "outlooks.parquet")[0] == 0
    assert run(*EXPLAIN, "--json", "why.json")[0] == 0
    content = json.loads((tmp_path / "why.json").read_text())
    assert content["origin_utc"] == "2024-04-09T23:00Z"  # the last stored hour
    assert "outlooks" in content["parts"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--telemetry", "site.parquet", "--at", "2030-01-01"), "outside the telemetry"),
        (("--telemetry", "site.parquet", "--at", "2024-01-01T05"), "no full day of values"),
        (("--telemetry", "absent.parquet"), "cannot be read"),
        ((), "does not exist"),
    ],
)
def test_a_forecast_that_cannot_be_explained_is_refused_in_one_line(run, words, message):
    code, out, err = run(*EXPLAIN, *words)
    assert (code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


def test_with_several_regions_one_must_be_named(run, tmp_path):
    both = pl.concat([table(HOURS).with_columns(region=pl.lit(name)) for name in ("a", "b")])
    both.write_parquet(tmp_path / "both.parquet")
    assert "found regions a, b" in run(*EXPLAIN, "--telemetry", "both.parquet")[2]
    assert run(*EXPLAIN, "--telemetry", "both.parquet", "--region", "b")[0] == 0


def test_a_price_that_is_known_ahead_does_not_move_the_origin(run, tmp_path):
    frame = table(HOURS).with_columns(price_usd_per_mwh=pl.lit(40.0))
    last = frame["time_utc"].max()
    ahead = frame.tail(24).with_columns(
        pl.col("time_utc") + pl.duration(hours=24), temperature_c=pl.lit(None, pl.Float64)
    )
    pl.concat([frame, ahead]).write_parquet(tmp_path / "ahead.parquet")
    code, out, _ = run(*EXPLAIN, "--telemetry", "ahead.parquet")
    assert code == 0
    assert f"made from the values up to {last:%Y-%m-%dT%H:%MZ}." in " ".join(out.split())
