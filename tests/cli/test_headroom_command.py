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
HOUR_KEYS = {
    *("start_utc", "headroom_mw", "forecast_headroom_mw", "reserved_mw", "binding", "binding_hour_utc"),
    *("bound", "limit", "unit", "level", "limits_mw"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    own = tmp_path_factory.mktemp("home")
    write_telemetry(own / "telemetry.parquet", calm(FLEET, 145))
    (own / "fleet.yaml").write_text(yaml.safe_dump(FLEET.model_dump(mode="json")))
    return own


@pytest.fixture
def fleet(monkeypatch, capsys, home):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(home))
    return runner(monkeypatch, capsys)


def test_a_curve_is_printed_written_and_pictured_and_nothing_recorded(fleet, tmp_path, home):
    before = sorted(home.iterdir())
    said = fleet("headroom", "--at", AT, "--json", tmp_path / "out.json", "--plot", tmp_path / "out.html")
    assert said.code == 0, said
    assert sorted(home.iterdir()) == before
    for name in FLEET.region_ids:
        assert f"{name}: what a job of 1 h may add, 95 % sure, knowing hours to {AT}" in said.out
    assert "6.0 / 10.0 MW" in said.out
    content = json.loads((tmp_path / "out.json").read_text())
    assert (content["origin_utc"], content["confidence"], content["duration_h"]) == (AT, 0.95, 1)
    assert list(content["regions"]) == ["alpha", "beta"]
    hours = content["regions"]["alpha"]["hours"]
    assert [each["start_utc"] for each in hours[:2]] == ["2024-05-20T01:00Z", "2024-05-20T02:00Z"]
    assert len(hours) == 24
    for each in hours:
        assert set(each) == HOUR_KEYS
        assert (each["headroom_mw"], each["forecast_headroom_mw"], each["reserved_mw"]) == (4.0, 4.0, 0.0)
        assert each["binding"] == "it"
        assert each["limits_mw"]["it"] == 10.0
        assert each["limits_mw"]["outdoor"] is None
    page = (tmp_path / "out.html").read_text()
    assert "Headroom of 1 h windows, 95 % sure" in page
    assert "<script src" not in page
    assert "cdn" not in page.split("<body>")[1]


def test_what_decide_has_approved_is_reserved(fleet, tmp_path, home):
    # A ledger of its own: the workspace is shared.
    own = tmp_path / "home"
    own.mkdir()
    for name in ("telemetry.parquet", "fleet.yaml"):
        (own / name).symlink_to(home / name)
    write_frame(tmp_path / "jobs.parquet", jobs_to_frame([job(power_mw=1.5, deadline_utc=hour("2024-05-20T03"))]))
    assert fleet("decide", "--home", own, "--jobs", tmp_path / "jobs.parquet", "--at", AT).code == 0
    said = fleet("headroom", "--home", own, "--at", AT, "--region", "alpha", "--json", tmp_path / "out.json")
    assert said.code == 0
    hours = json.loads((tmp_path / "out.json").read_text())["regions"]["alpha"]["hours"]
    assert [each["reserved_mw"] for each in hours[:3]] == [1.5, 1.5, 0.0]
    assert [each["headroom_mw"] for each in hours[:3]] == [2.5, 2.5, 4.0]
    assert "7.5 / 10.0 MW" in said.out


def test_one_region_and_a_longer_window(fleet, tmp_path):
    said = fleet("headroom", "--at", AT, "--region", "beta", "--duration", 24, "--json", tmp_path / "out.json")
    assert said.code == 0
    assert "alpha" not in said.out
    content = json.loads((tmp_path / "out.json").read_text())
    assert (content["duration_h"], list(content["regions"])) == (24, ["beta"])
    own = content["regions"]["beta"]
    assert own["hours"][0]["headroom_mw"] == 4.0
    # Past the horizon the season knows no bound yet.
    assert own["hours"][1]["headroom_mw"] == 0.0
    assert own["hours"][1]["binding"] == "unknown"
    assert set(own["hours"][1]["limits_mw"].values()) == {None}
    assert len(own["by_level"]["headroom_mw"]) == len(own["by_level"]["levels"])


def test_more_confidence_than_the_history_holds_is_zero_and_says_unknown(fleet, tmp_path):
    said = fleet("headroom", "--at", AT, "--confidence", 0.99999, "--json", tmp_path / "out.json")
    assert said.code == 0
    hours = json.loads((tmp_path / "out.json").read_text())["regions"]["alpha"]["hours"]
    assert {(each["headroom_mw"], each["binding"]) for each in hours} == {(0.0, "unknown")}


def test_where_no_bound_is_there_is_no_number_that_is_none(fleet, tmp_path, home):
    own = tmp_path / "home"
    own.mkdir()
    (own / "fleet.yaml").symlink_to(home / "fleet.yaml")
    silent = changed(calm(FLEET, 145), "dew_point_c", (0, slice(-40, None)), np.nan)
    write_telemetry(own / "telemetry.parquet", silent)
    said = fleet("headroom", "--home", own, "--json", tmp_path / "out.json", "--plot", tmp_path / "out.html")
    assert said.code == 0
    assert "NaN" not in (tmp_path / "out.json").read_text()
    assert "nan" not in said.out
    assert "inf" not in said.out
    first = json.loads((tmp_path / "out.json").read_text())["regions"]["alpha"]["hours"][0]
    assert (first["headroom_mw"], first["binding"]) == (0.0, "unknown")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--region", "atlantis"), "region 'atlantis' is not in the fleet, expected one of alpha, beta"),
        (("--at", "2031-01-01"), "outside the telemetry"),
        (("--at", "yesterday"), "ISO date"),
        (("--at", "2024-01-05"), "30 days"),
        (("--duration", 0), "duration is 0 h, expected 1 to 336 h"),
        (("--duration", 337), "duration is 337 h, expected 1 to 336 h"),
        (("--confidence", 1.5), "confidence"),
        (("--plot", "x.png"), "suffix '.png', expected .html"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line_and_nothing_written(fleet, tmp_path, words, says):
    said = fleet("headroom", *words, "--json", tmp_path / "out.json")
    assert_refused(said, says)
    assert said.out == ""
    assert not (tmp_path / "out.json").exists()


def test_an_empty_workspace_says_what_makes_it(fleet, tmp_path):
    assert_refused(fleet("headroom", "--home", tmp_path / "new"), "fleet demo", "fleet ingest")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [("--duration", "long"), ("--colour", "red")])
def test_wrong_usage_ends_with_two(fleet, words):
    assert fleet("headroom", *words).code == 2
