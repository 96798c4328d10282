"""`fleet demo`: the whole chain, on half a year instead of two."""

import json

import pytest
import yaml
from support.commands import assert_refused, runner
from support.sites import NAIVE

from fleet.cli import replay_story
from fleet.dashboard import serve
from fleet.dashboard.report import report_page
from fleet.fleets import load_fleet
from fleet.ledger import Ledger, sqlite_url
from fleet.placement import DEFAULT_POLICY, POLICIES
from fleet.storage.telemetry_store import read_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows import demo


@pytest.fixture
def fleet(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(demo, "HOURS", 24 * 135)
    monkeypatch.setattr(demo, "Settings", lambda: NAIVE)
    few = load_fleet().model_dump(mode="json")
    for region in few["regions"]:
        region["twin"]["jobs_per_day"] = 3
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(few))
    return runner(monkeypatch, capsys)


@pytest.mark.slow
def test_the_demo_fills_a_workspace_for_the_other_commands(fleet, tmp_path):
    result = fleet("demo", "--no-serve", "--fleet", tmp_path / "few.yaml", "--json", tmp_path / "x.json")
    assert result.code == 0, result
    assert "report: " in result.out
    home = Workspace(tmp_path / "home")
    for path in (home.telemetry, home.ledger, home.risk, home.footprint, home.replay, home.evidence, home.report):
        assert path.stat().st_size > 0
    content = json.loads((tmp_path / "x.json").read_text())
    assert list(content["policies"]) == list(POLICIES)
    assert json.loads(home.replay.read_text())["policies"] == content["policies"]
    evidence = json.loads(home.evidence.read_text())
    assert list(evidence["bounds"]["temperature_c"]) == ["arizona", "ireland", "wyoming"]
    assert evidence["breaches"]["resolved"][-1] == sum(
        controller["resolved"] for controller in content["policies"][DEFAULT_POLICY]["controller"].values()
    )
    # The reference split needs a full year.
    assert evidence["reference"] is None
    assert read_telemetry(home.telemetry).values["it_load_mw"].shape == (3, 24 * 135)

    ledger = Ledger(sqlite_url(home.ledger))
    decisions = ledger.decisions(mode="replay")
    ledger.close()
    figures = content["policies"][DEFAULT_POLICY]
    assert len(decisions) == figures["jobs"]
    assert sum(decision.start_utc is not None for decision in decisions) == figures["approved"] - figures["withdrawn"]
    assert fleet("explain", decisions[0].id).code == 0
    assert fleet("decide", "--jobs", home.home / "jobs.parquet", "--at", "2024-05-13T00:00Z").code == 0
    assert fleet("report", "--json", tmp_path / "report.json").code == 0


def test_the_demo_serves_the_dashboard_unless_no_serve_is_given(fleet, monkeypatch, tmp_path):
    served = []
    monkeypatch.setattr(demo, "run_demo", lambda *_: None)
    monkeypatch.setattr(replay_story, "print_story", lambda _: None)
    monkeypatch.setattr(report_page, "write_report", lambda workspace: workspace.report)
    monkeypatch.setattr(serve, "replace_process", lambda *arguments: served.append(arguments))
    assert fleet("demo", "--port", "8599").code == 0
    assert served == [(tmp_path / "home", 8599)]
    assert fleet("demo", "--no-serve").code == 0
    assert len(served) == 1


def test_wrong_usage_ends_with_two(fleet):
    assert fleet("demo", "--port", "70000").code == 2


def test_a_demo_does_not_replace_telemetry_or_a_fleet_of_others(fleet, tmp_path):
    home = Workspace(tmp_path / "home")
    home.home.mkdir()
    home.fleet.write_text((tmp_path / "few.yaml").read_text())
    assert_refused(fleet("demo", "--no-serve"), "not made by a demo")
    assert sorted(path.name for path in home.home.iterdir() if not path.name.startswith("ledger")) == ["fleet.yaml"]


def test_a_report_of_a_folder_that_is_no_workspace_is_refused(fleet, tmp_path):
    home = tmp_path / "typo"
    assert_refused(
        fleet("report", "--home", home),
        f"{home} does not exist; run `fleet demo` or `fleet ingest` first, or name another workspace with --home",
    )
    assert not home.exists()
    home.mkdir()
    assert_refused(fleet("report", "--home", home), f"{home} holds no fleet, telemetry or replay; run")
    assert list(home.iterdir()) == []
    (home / "fleet.yaml").write_text((tmp_path / "few.yaml").read_text())
    assert fleet("report", "--home", home).code == 0
