"""`fleet headroom`."""

import json

import numpy as np
import pytest
import yaml
from support.commands import assert_refused, runner
from support.sites import calm, changed, fleet_of, hour, job, region

from fleet.domain.job_table import jobs_to_frame
from fleet.storage.files import write_frame
from fleet.storage.telemetry_store import write_telemetry

FLEET = fleet_of(region("alpha"), region("beta"))
AT = "2024-05-20T00:00Z"
LAST = "2024-05-24T23:00Z"
HOUR_KEYS = {
    *("start_utc", "headroom_mw", "forecast_headroom_mw", "reserved_mw", "binding", "binding_hour_utc"),
    *("bound", "limit", "unit", "level", "weather_level", "load_level", "limits_mw"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("home")
    write_telemetry(workspace / "telemetry.parquet", calm(FLEET, 145))
    (workspace / "fleet.yaml").write_text(yaml.safe_dump(FLEET.model_dump(mode="json")))
    return workspace


@pytest.fixture
def fleet(monkeypatch, capsys, home):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(home))
    return runner(monkeypatch, capsys)


def test_the_headroom_is_printed_written_and_plotted_and_nothing_is_recorded(fleet, tmp_path, home):
    before = {*home.iterdir(), home / "snapshots", home / "views"}
    result = fleet("headroom", "--at", AT, "--json", tmp_path / "out.json", "--plot", tmp_path / "out.html")
    assert result.code == 0, result
    assert {*home.iterdir()} <= before
    for name in FLEET.region_ids:
        assert f"{name}: headroom for a job of 1 h, 95 % sure, last known hour {AT}" in result.out
    assert "6.0 / 10.0 MW" in result.out
    content = json.loads((tmp_path / "out.json").read_text())
    assert (content["origin_utc"], content["confidence"], content["duration_h"]) == (AT, 0.95, 1)
    assert list(content["regions"]) == ["alpha", "beta"]
    hours = content["regions"]["alpha"]["hours"]
    assert [row["start_utc"] for row in hours[:2]] == ["2024-05-20T01:00Z", "2024-05-20T02:00Z"]
    assert len(hours) == 24
    for row in hours:
        assert set(row) == HOUR_KEYS
        assert (row["headroom_mw"], row["forecast_headroom_mw"], row["reserved_mw"]) == (4.0, 4.0, 0.0)
        assert row["binding"] == "it"
        assert row["limits_mw"]["it"] == 10.0
        assert row["limits_mw"]["outdoor"] is None
    page = (tmp_path / "out.html").read_text()
    assert "Headroom of 1 h windows, 95 % sure" in page
    assert "<script src" not in page
    assert "cdn" not in page.split("<body>")[1]


def test_the_power_of_approved_jobs_is_reserved(fleet, tmp_path, home):
    # The other tests share `home`, so this test makes a workspace of its workspace.
    workspace = tmp_path / "home"
    workspace.mkdir()
    for name in ("telemetry.parquet", "fleet.yaml"):
        (workspace / name).symlink_to(home / name)
    write_frame(tmp_path / "jobs.parquet", jobs_to_frame([job(power_mw=1.5, deadline_utc=hour("2024-05-20T03"))]))
    assert fleet("decide", "--home", workspace, "--jobs", tmp_path / "jobs.parquet", "--at", AT).code == 0
    result = fleet("headroom", "--home", workspace, "--at", AT, "--region", "alpha", "--json", tmp_path / "out.json")
    assert result.code == 0
    hours = json.loads((tmp_path / "out.json").read_text())["regions"]["alpha"]["hours"]
    assert [row["reserved_mw"] for row in hours[:3]] == [1.5, 1.5, 0.0]
    assert [row["headroom_mw"] for row in hours[:3]] == [2.5, 2.5, 4.0]
    assert "7.5 / 10.0 MW" in result.out


def test_one_region_and_a_longer_window(fleet, tmp_path):
    result = fleet("headroom", "--at", AT, "--region", "beta", "--duration", 24, "--json", tmp_path / "out.json")
    assert result.code == 0
    assert "alpha" not in result.out
    content = json.loads((tmp_path / "out.json").read_text())
    assert (content["duration_h"], list(content["regions"])) == (24, ["beta"])
    workspace = content["regions"]["beta"]
    assert workspace["hours"][0]["headroom_mw"] == 4.0
    # The window ends beyond the horizon, where the climatological band needs more history.
    assert workspace["hours"][1]["headroom_mw"] == 0.0
    assert workspace["hours"][1]["binding"] == "unknown"
    assert set(workspace["hours"][1]["limits_mw"].values()) == {None}
    assert len(workspace["by_level"]["headroom_mw"]) == len(workspace["by_level"]["levels"])


@pytest.mark.slow
def test_a_confidence_that_needs_more_history_gives_no_headroom(fleet, tmp_path):
    result = fleet("headroom", "--at", AT, "--confidence", 0.99999, "--json", tmp_path / "out.json")
    assert result.code == 0
    hours = json.loads((tmp_path / "out.json").read_text())["regions"]["alpha"]["hours"]
    assert {(row["headroom_mw"], row["binding"]) for row in hours} == {(0.0, "unknown")}


@pytest.mark.slow
def test_a_missing_bound_is_null_in_json_and_a_dash_on_screen(fleet, tmp_path, home):
    workspace = tmp_path / "home"
    workspace.mkdir()
    (workspace / "fleet.yaml").symlink_to(home / "fleet.yaml")
    with_gap = changed(calm(FLEET, 145), "dew_point_c", (0, slice(-40, None)), np.nan)
    write_telemetry(workspace / "telemetry.parquet", with_gap)
    result = fleet(
        "headroom", "--home", workspace, "--at", LAST, "--json", tmp_path / "out.json", "--plot", tmp_path / "out.html"
    )
    assert result.code == 0
    assert "NaN" not in (tmp_path / "out.json").read_text()
    assert "nan" not in result.out
    assert "inf" not in result.out
    first = json.loads((tmp_path / "out.json").read_text())["regions"]["alpha"]["hours"][0]
    assert (first["headroom_mw"], first["binding"]) == (0.0, "unknown")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--region", "atlantis"), "region 'atlantis' is not in the fleet, expected one of alpha, beta"),
        (("--at", "2131-01-01"), "outside the telemetry"),
        (("--at", "yesterday"), "ISO date"),
        (("--at", "2024-01-05"), "30 days"),
        (("--at", AT, "--duration", 0), "duration is 0 h, expected 1 to 336 h"),
        (("--at", AT, "--duration", 337), "duration is 337 h, expected 1 to 336 h"),
        (("--confidence", 1.5), "confidence"),
        (("--plot", "x.png"), "suffix '.png', expected .html"),
    ],
)
def test_an_option_that_cannot_be_honoured_is_refused_and_nothing_is_written(fleet, tmp_path, words, message):
    result = fleet("headroom", *words, "--json", tmp_path / "out.json")
    assert_refused(result, message)
    assert result.out == ""
    assert not (tmp_path / "out.json").exists()


def test_an_empty_workspace_names_the_commands_that_fill_it(fleet, tmp_path):
    assert_refused(fleet("headroom", "--home", tmp_path / "new"), "fleet demo", "fleet ingest")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [("--duration", "long"), ("--colour", "red")])
def test_wrong_usage_ends_with_two(fleet, words):
    assert fleet("headroom", *words).code == 2
