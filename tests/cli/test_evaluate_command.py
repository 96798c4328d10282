"""`fleet evaluate`: its results."""

import json

import polars as pl
import pytest
from support.builders import seasonal, table, telemetry_of
from support.evaluate_runs import HOURS, ISO, as_csv, evaluate_runner, files_in

from fleet.domain import clock
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import evaluate

DUMP = ["region", "origin_utc", "lead_h", "forecast", "lower", "upper", "path_lower", "path_upper", "actual"]
CONTRACT_KEYS = {
    "origins", "mae", "mape", "mae_by_lead", "rmse_by_lead", "coverage", "coverage_by_lead", "mean_width_by_lead",
    "winkler", "winkler_by_lead", "infinite_share", "worst_block_coverage", "path_coverage", "naive_mae",
}  # fmt: skip


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    return evaluate_runner(monkeypatch, capsys, tmp_path)


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.parquet"
    table(HOURS).write_parquet(path)
    return path


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
    assert files_in(tmp_path) == {"site.parquet", "new", "new/result.json", "rows.csv"}


def test_the_sentences_state_coverage_and_weakest_cell(run, site, tmp_path):
    words = ("--telemetry", site, "--target", "temperature_c", "--forecaster", "seasonal_naive")
    code, out, _ = run(*words, "--json", "r.json")
    assert code == 0
    text = out.replace("\n", " ")
    assert "site: the promise" in text
    assert "Weakest: " in text
    assert "Worst week: from 2024-" in text
    scores = json.loads((tmp_path / "r.json").read_text())["regions"]["site"]
    reliability, path = scores["reliability"], scores["path_reliability"]
    assert reliability["overall"]["count"] == scores["scored"]
    assert reliability["overall"]["share"] == pytest.approx(scores["coverage"])
    assert [lead["share"] for lead in reliability["by_lead"]] == pytest.approx(scores["coverage_by_lead"])
    assert path["overall"]["share"] == pytest.approx(scores["path_coverage"])
    assert list(path["by_window"]) == ["1", "3", "6", "12", "24"]
    assert path["by_window"]["24"] == path["overall"]
    assert scores["pit"] is None


def test_infinite_bounds_are_explained(run, site):
    words = ("--telemetry", site, "--target", "temperature_c", "--forecaster", "seasonal_naive")
    # 90 days have at most 2,160 scores per lead.
    _, out, _ = run(*words, "--confidence", "0.9995")
    text = " ".join(out.split())
    assert "100.0 % of bounds are infinite" in text
    assert "fewer than 3,999 scores of a lead are known" in text
    assert "site: nothing was promised, because every bound is infinite." in text
    assert "bounds are infinite" not in run(*words, "--test-start", "2024-03-20", "--bands", "split")[1]


@pytest.mark.slow
def test_the_plot_is_a_self_contained_page_of_coverage_and_errors(run, site, tmp_path):
    words = ("--telemetry", site, "--target", "temperature_c", "--forecaster", "seasonal_naive")
    assert run(*words, "--plot", "p.html", "--json", "r.json")[0] == 0
    page = (tmp_path / "p.html").read_text()
    for title in ("By season", "By size of the forecast", "By week", "Calibration (PIT)", "by hour of UTC"):
        assert title in page
    assert page.count("plotly.js v") == 1
    assert "site: the promise" in page
    pit = json.loads((tmp_path / "r.json").read_text())["regions"]["site"]["pit"]
    assert len(pit) == 10
    assert sum(bin_rate["share"] for bin_rate in pit) == pytest.approx(1)


def test_csv_and_parquet_dumps_are_equal(run, tmp_path):
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
    assert parquet["upper"].is_infinite().any()  # the gap is longer than a day
    for column in DUMP:
        assert text[column].equals(parquet[column]), column


def test_a_null_score_is_null_in_json(run, tmp_path):
    path = as_csv(table(HOURS, column="load").with_columns(load=pl.lit(0.0)), tmp_path / "zero.csv")
    assert run("--telemetry", path, "--target", "load", "--json", "r.json")[0] == 0
    assert json.loads((tmp_path / "r.json").read_text())["regions"]["zero"]["mape"] is None


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_region_among_others_scores_as_it_does_alone(run, tmp_path):
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
    protocol = Protocol(
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
    assert pl.read_parquet(tmp_path / "rows.parquet").equals(evaluate(telemetry, protocol).to_frame())


def test_the_reference_split_tests_december(run, tmp_path):
    path = as_csv(table(24 * 366, start="2023-01-01T00"), tmp_path / "year.csv")
    assert run("--telemetry", path, "--target", "temperature_c", "--split", "reference", "--dump", "d.parquet")[0] == 0
    origins = pl.read_parquet(tmp_path / "d.parquet")["origin_utc"]
    assert origins.min().isoformat() == "2023-12-01T00:00:00+00:00"


def test_a_link_keeps_pointing_at_the_result(run, site, tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "result.json")
    assert run("--telemetry", site, "--target", "temperature_c", "--json", "link.json")[0] == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "result.json").read_text())["target"] == "temperature_c"
