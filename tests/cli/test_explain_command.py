"""`fleet explain` and `fleet override`."""

import json

import pytest
from support.commands import assert_refused
from support.sites import calm, changed, hour, job
from support.workspaces import (
    WORKSPACE_DAYS,
    WORKSPACE_FLEET,
)

from fleet.placement import DEFAULT_POLICY
from fleet.storage.telemetry_store import write_telemetry

HOSTILE = "[red]a[/red] [/] :train: '; DROP TABLE decisions; --\nsecond line"


def test_a_decision_can_be_explained_and_overridden_by_the_beginning_of_its_id(decided, fleet, tmp_path, table):
    _, content = decided(table(job("a")))
    key = content["decisions"][0]["id"][:8]
    result = fleet(
        "override", key, "--deny", "--by", "Ann", "--reason", "maintenance", "--json", tmp_path / "override.json"
    )
    assert result.code == 0
    assert "overridden to deny, by Ann" in result.out
    assert json.loads((tmp_path / "override.json").read_text())["verdict"] == "deny"
    result = fleet("explain", key, "--json", tmp_path / "explain.json")
    assert result.code == 0
    for words in (
        "APPROVE",
        "job a",
        "it in alpha",
        "limit 10.0 MW",
        DEFAULT_POLICY,
        "overridden",
        "deny by Ann",
        "maintenance",
    ):
        assert words in result.out
    # The three times of a decision, each with a name.
    lines = {line.split("  ")[0]: line.split("  ")[-1].strip() for line in result.out.replace("\n  ", "\n").split("\n")}
    assert lines["last known hour"] == "2024-05-20T00:00Z"
    assert lines["first possible start"] == "2024-05-20T01:00Z"
    assert "live" in lines["recorded at (clock)"]
    assert result.out.splitlines()[0].startswith("DENY by Ann, against the verdict APPROVE")
    row = json.loads((tmp_path / "explain.json").read_text())
    assert [change["by"] for change in row["overrides"]] == ["Ann"]
    assert row["verdict"] == "approve"
    # The telemetry of this workspace was stored without versions.
    assert "newest values of alpha that were stored when this was decided" in result.out
    assert {source["column"]: source["source"] for source in row["sources"]}["it_load_mw"] == "not recorded"


def test_markup_and_emoji_codes_are_printed_as_text(decided, fleet, table):
    result, content = decided(table(job(HOSTILE), job("a:train:b")))
    assert "[red]a[/red]" in result.out
    assert "a:train:b" in result.out
    key = next(row["id"] for row in content["decisions"] if row["job_id"] == HOSTILE)
    result = fleet("override", key, "--deny", "--by", HOSTILE, "--reason", HOSTILE)
    assert result.code == 0
    assert "[red]a[/red] [/] :train: '; DROP TABLE" in result.out
    result = fleet("explain", key)
    assert result.code == 0
    assert result.out.count("[red]a[/red] [/] :train:") >= 3


@pytest.mark.slow
def test_advice_to_migrate_a_running_job_is_listed_recorded_and_explained(decided, fleet, tmp_path, table, home):
    jobs = table(job("long", power_mw=2.0, duration_h=72, deadline_utc=hour("2024-05-23T01")))
    _, content = decided(jobs, "--policy", "home_region")
    key = content["decisions"][0]["id"]
    assert content["advices"] == []
    # From the sixth hour on, the load leaves only 1 MW in alpha.
    jumped = changed(calm(WORKSPACE_FLEET, WORKSPACE_DAYS), "it_load_mw", (0, slice(140 * 24 + 6, None)), 9.0)
    (home / "telemetry.parquet").unlink()
    write_telemetry(home / "telemetry.parquet", jumped)
    result = fleet("decide", "--jobs", jobs, "--at", "2024-05-22T06:00Z", "--json", tmp_path / "out.json")
    assert result.code == 0, result
    (advice,) = json.loads((tmp_path / "out.json").read_text())["advices"]
    assert (advice["job_id"], advice["region"], advice["to_region"]) == ("long", "alpha", "beta")
    assert advice["decision_id"] == key
    assert "1 running job should be migrated" in result.out
    assert key in result.out
    result = fleet("explain", key, "--json", tmp_path / "explain.json")
    assert "beta is the cheapest region that is safe for the rest of the job" in " ".join(result.out.split())
    assert json.loads((tmp_path / "explain.json").read_text())["advices"] == [advice]


def test_an_approval_of_a_start_that_has_passed_is_refused(decided, fleet, tmp_path, table):
    _, content = decided(table(job("big", power_mw=9.0, deadline_utc=hour("2024-05-20T03"))))
    words = ("override", content["decisions"][0]["id"], "--by", "Ann", "--reason", "x")
    assert_refused(fleet(*words, "--approve", "--force"), "has passed", "submit the job again")
    gamma = fleet(*words, "--approve", "--region", "gamma")
    assert_refused(gamma, "recorded no place gamma", "alpha from", "submit the job again with it")
    assert_refused(fleet(*words, "--approve", "--start", "2024-05-21T00:00Z"), "recorded no place 2024-05-21T00:00Z")
    assert_refused(fleet(*words, "--deny", "--force"), "belong to --approve")
    assert_refused(fleet(*words, "--deny", "--json", tmp_path), "choose another place")
    fleet("explain", content["decisions"][0]["id"], "--json", tmp_path / "explain.json")
    assert json.loads((tmp_path / "explain.json").read_text())["overrides"] == []


@pytest.mark.parametrize("words", [("explain", "abc"), ("override", "abc", "--deny", "--by", "Ann", "--reason", "x")])
def test_without_a_ledger_nothing_is_explained_and_no_ledger_is_made(fleet, home, words):
    assert_refused(fleet(*words), "does not exist")
    assert not (home / "ledger.sqlite").exists()


def test_an_unknown_decision_and_an_empty_name_are_refused(decided, fleet, table):
    _, content = decided(table(job("a")))
    assert_refused(fleet("explain", "xyz"), "no decision and no job has id 'xyz'")
    assert_refused(fleet("override", "xyz", "--deny", "--by", "Ann", "--reason", "x"), "no decision")
    key = content["decisions"][0]["id"]
    assert_refused(fleet("override", key, "--deny", "--by", " ", "--reason", "x"), "needs a name and a reason")
    assert_refused(fleet("override", key, "--deny", "--by", "\udcff", "--reason", "x"), "UTF-8")


@pytest.mark.parametrize(
    "words", [("explain",), ("override", "abc"), ("override", "abc", "--by", "Ann", "--reason", "x")]
)
def test_wrong_usage_ends_with_two(fleet, words):
    assert fleet(*words).code == 2


def test_a_job_that_came_too_late_is_told_no_limit(decided, fleet, tmp_path, table):
    late = job("late", earliest_utc=hour("2024-05-19T20"), deadline_utc=hour("2024-05-20T02"))
    full = job("full", power_mw=5.0, deadline_utc=hour("2024-05-20T03"))
    _, content = decided(table(late, full))
    keys = {row["job_id"]: row["id"] for row in content["decisions"]}
    result = fleet("explain", keys["late"], "--json", tmp_path / "explain.json")
    assert "had to start by 2024-05-20T00:00Z" in result.out
    assert "no limit: the deadline" in result.out
    assert "at the bound" not in result.out
    # The keys of the JSON stay.
    binding = json.loads((tmp_path / "explain.json").read_text())["binding"]
    assert binding.keys() == {"limit", "region", "hour_utc", "bound", "limit_value", "unit"}
    # 6 MW of load and 5 MW of the job in 10 MW of IT capacity: this one has a limit.
    assert "11.0 at the bound, limit 10.0 MW" in fleet("explain", keys["full"]).out
    listed = fleet("decisions").out
    assert listed.count("no limit: the deadline") == 1
