"""`fleet decide`, `fleet explain` and `fleet override`."""

import json

import polars as pl
import pytest
import yaml
from support.commands import assert_refused, runner
from support.sites import calm, changed, fleet_of, hour, job, region

from fleet.domain.job_table import jobs_to_frame
from fleet.placement import DEFAULT_POLICY
from fleet.storage.files import write_frame
from fleet.storage.telemetry_store import write_telemetry

FLEET = fleet_of(region("alpha"), region("beta"))
AT = "2024-05-20T00:00Z"
HOSTILE = "[red]a[/red] [/] :train: '; DROP TABLE decisions; --\nsecond line"
COLUMNS = "id,power_mw,duration_h,earliest_utc,deadline_utc,home_region"
ROW = "a,1,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A workspace's fleet and telemetry; copied by link, because every command may add to a workspace."""
    home = tmp_path_factory.mktemp("stored")
    write_telemetry(home / "telemetry.parquet", calm(FLEET, 145))
    (home / "fleet.yaml").write_text(yaml.safe_dump(FLEET.model_dump(mode="json")))
    return home


@pytest.fixture
def home(tmp_path, stored):
    own = tmp_path / "home"
    own.mkdir()
    for name in ("telemetry.parquet", "fleet.yaml"):
        (own / name).symlink_to(stored / name)
    return own


@pytest.fixture
def fleet(monkeypatch, capsys, home):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(home))
    return runner(monkeypatch, capsys)


@pytest.fixture
def table(tmp_path):
    def write(*jobs, name="jobs.parquet"):
        write_frame(tmp_path / name, jobs_to_frame(jobs))
        return tmp_path / name

    write.path = tmp_path / "jobs.parquet"
    return write


def decided(fleet, tmp_path, jobs, *words):
    said = fleet("decide", "--jobs", jobs, "--at", AT, "--json", tmp_path / "out.json", *words)
    assert said.code == 0, said
    return said, json.loads((tmp_path / "out.json").read_text())


def test_decisions_are_printed_written_and_recorded(fleet, tmp_path, table, home):
    said, content = decided(
        fleet, tmp_path, table(job("a"), job("big", power_mw=9.0, deadline_utc=hour("2024-05-20T03")))
    )
    assert content["origin_utc"] == "2024-05-20T00:00Z"
    made = {row["job_id"]: row for row in content["decisions"]}
    assert made["a"]["verdict"] == "approve"
    assert made["big"]["verdict"] == "deny"
    assert "2 decisions at 2024-05-20T00:00Z" in said.out
    assert made["a"]["id"] in said.out
    assert (home / "ledger.sqlite").exists()
    again, content = decided(fleet, tmp_path, table(job("a")))
    assert content["decisions"] == []
    assert "1 were decided before" in " ".join(again.out.split())


def test_a_decision_can_be_explained_and_overridden_by_the_beginning_of_its_id(fleet, tmp_path, table):
    _, content = decided(fleet, tmp_path, table(job("a")))
    key = content["decisions"][0]["id"][:8]
    said = fleet(
        "override", key, "--deny", "--by", "Ann", "--reason", "maintenance", "--json", tmp_path / "override.json"
    )
    assert said.code == 0
    assert "overridden to deny, by Ann" in said.out
    assert json.loads((tmp_path / "override.json").read_text())["verdict"] == "deny"
    said = fleet("explain", key, "--json", tmp_path / "explain.json")
    assert said.code == 0
    for words in (
        "APPROVE",
        "job a",
        "it in alpha",
        "against 10.0 MW",
        DEFAULT_POLICY,
        "overridden",
        "deny by Ann",
        "maintenance",
    ):
        assert words in said.out
    row = json.loads((tmp_path / "explain.json").read_text())
    assert [change["by"] for change in row["overrides"]] == ["Ann"]
    assert row["verdict"] == "approve"


def test_hostile_words_are_printed_as_they_are(fleet, tmp_path, table):
    said, content = decided(fleet, tmp_path, table(job(HOSTILE), job("a:train:b")))
    assert "[red]a[/red]" in said.out
    assert "a:train:b" in said.out
    key = next(row["id"] for row in content["decisions"] if row["job_id"] == HOSTILE)
    said = fleet("override", key, "--deny", "--by", HOSTILE, "--reason", HOSTILE)
    assert said.code == 0
    assert "[red]a[/red] [/] :train: '; DROP TABLE" in said.out
    said = fleet("explain", key)
    assert said.code == 0
    assert said.out.count("[red]a[/red] [/] :train:") >= 3


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            ["a,1,9,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"],
            "duration_h is 9, expected at most the 6 h of its window",
        ),
        (["a,0,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "power_mw is 0"),
        (["a,-1,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "power_mw is -1"),
        (["a,nan,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "power_mw is nan"),
        (["a,1,0,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "duration_h is 0"),
        (["a,1,1.5,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "whole hours"),
        (["a,1,2,2024-05-20T01:00Z,2024-05-20T07:00Z,atlantis"], "region 'atlantis' is unknown"),
        (["a,1,2,2024-05-20T01:00,2024-05-20T07:00,alpha"], "no time zone"),
        (["a,1,2,2024-05-20T01:00+02:00,2024-05-20T07:00+02:00,alpha"], "local time"),
        (["a,1,2,2024-05-20T01:30Z,2024-05-20T07:00Z,alpha"], "full hours"),
        (["a,1,2,2024-05-20T07:00Z,2024-05-20T01:00Z,alpha"], "expected a deadline after the earliest start"),
        (["a,much,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "expected numbers"),
        (["a,1,2,,2024-05-20T07:00Z,alpha"], "null"),
        ([], "no rows"),
    ],
)
def test_where_no_job_can_be_considered_nothing_is_written(fleet, tmp_path, home, rows, says):
    (tmp_path / "jobs.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")
    before = sorted(home.iterdir())
    said = fleet("decide", "--jobs", tmp_path / "jobs.csv", "--json", tmp_path / "out.json")
    assert_refused(said, says)
    assert said.out == ""
    assert sorted(home.iterdir()) == before
    assert not (tmp_path / "out.json").exists()


def test_jobs_that_cannot_be_considered_are_listed_and_the_others_decided(fleet, tmp_path):
    bad = ["b,0,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha", "c,99,2,2024-05-20T01:00Z,2024-05-20T07:00Z,beta", ROW]
    (tmp_path / "jobs.csv").write_text("\n".join([COLUMNS, ROW, *bad]) + "\n")
    said, content = decided(fleet, tmp_path, tmp_path / "jobs.csv")
    assert [row["job_id"] for row in content["decisions"]] == ["a"]
    assert [row["job_id"] for row in content["refused"]] == ["b", "c", "a"]
    assert content["refused"][0]["reason"] == "power_mw is 0, expected more than zero"
    assert "3 refused" in said.out
    assert "power_mw is 99, expected at most 10" in said.out


def test_running_jobs_that_had_better_leave_are_listed_recorded_and_explained(fleet, tmp_path, table, home):
    jobs = table(job("long", power_mw=2.0, duration_h=72, deadline_utc=hour("2024-05-23T01")))
    _, content = decided(fleet, tmp_path, jobs, "--policy", "home_region")
    key = content["decisions"][0]["id"]
    assert content["advices"] == []
    # From six hours later on the load leaves 1 MW in alpha.
    jumped = changed(calm(FLEET, 145), "it_load_mw", (0, slice(140 * 24 + 6, None)), 9.0)
    (home / "telemetry.parquet").unlink()
    write_telemetry(home / "telemetry.parquet", jumped)
    said = fleet("decide", "--jobs", jobs, "--at", "2024-05-22T06:00Z", "--json", tmp_path / "out.json")
    assert said.code == 0, said
    (advice,) = json.loads((tmp_path / "out.json").read_text())["advices"]
    assert (advice["job_id"], advice["region"], advice["to_region"]) == ("long", "alpha", "beta")
    assert advice["decision_id"] == key
    assert "1 running jobs had better leave" in said.out
    assert key in said.out
    said = fleet("explain", key, "--json", tmp_path / "explain.json")
    assert "beta holds the rest of it at the least cost" in " ".join(said.out.split())
    assert json.loads((tmp_path / "explain.json").read_text())["advices"] == [advice]


def test_a_batch_without_a_fault_refuses_nothing(fleet, tmp_path, table):
    said, content = decided(fleet, tmp_path, table(job("a")))
    assert content["refused"] == []
    assert "refused" not in said.out


@pytest.mark.parametrize("column", COLUMNS.split(","))
def test_a_missing_column_is_named(fleet, tmp_path, column):
    frame = pl.read_csv(f"{COLUMNS}\n{ROW}\n".encode()).drop(column)
    write_frame(tmp_path / "jobs.csv", frame)
    assert_refused(fleet("decide", "--jobs", tmp_path / "jobs.csv"), f"no column {column}")


@pytest.mark.parametrize(
    ("extra", "value", "says"),
    [
        ("priority", "1.5", "whole number"),
        ("regions", "5", "regions holds"),
        ("regions", "beta", "expected one of its allowed regions beta"),
        ("data_gb", "-1", "data_gb"),
    ],
)
def test_an_optional_column_is_checked_too(fleet, tmp_path, extra, value, says):
    (tmp_path / "jobs.csv").write_text(f"{COLUMNS},{extra}\n{ROW},{value}\n")
    assert_refused(fleet("decide", "--jobs", tmp_path / "jobs.csv"), says)


def test_files_that_are_no_table_are_refused(fleet, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    assert_refused(fleet("decide", "--jobs", tmp_path / "empty.csv"), "empty")
    assert_refused(fleet("decide", "--jobs", tmp_path / "none.csv"), "cannot be read")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing more")
    assert_refused(fleet("decide", "--jobs", tmp_path / "broken.parquet"), "neither Parquet nor CSV")


def test_an_option_that_cannot_be_honoured_is_refused(fleet, table):
    jobs = table(job("a"))
    assert_refused(fleet("decide", "--jobs", jobs, "--policy", "magic"), "policy 'magic' is unknown")
    assert_refused(fleet("decide", "--jobs", jobs, "--confidence", 1.5), "confidence")
    assert_refused(fleet("decide", "--jobs", jobs, "--at", "yesterday"), "ISO date")
    assert_refused(fleet("decide", "--jobs", jobs, "--at", "2031-01-01"), "outside the telemetry")


@pytest.mark.parametrize("words", [("explain", "abc"), ("override", "abc", "--deny", "--by", "Ann", "--reason", "x")])
def test_without_a_ledger_there_is_nothing_to_explain_and_none_is_made(fleet, home, words):
    assert_refused(fleet(*words), "does not exist")
    assert not (home / "ledger.sqlite").exists()


@pytest.mark.parametrize("column", ["power_mw", "priority", "data_gb"])
def test_what_is_no_number_in_a_column_of_numbers_is_refused(fleet, table, column):
    frame = jobs_to_frame([job("a")]).with_columns(pl.lit(float("nan")).alias(column))
    write_frame(table(job("a")), frame)
    assert_refused(fleet("decide", "--jobs", table.path), "nan")


def test_an_empty_workspace_says_what_makes_it(fleet, table, tmp_path):
    said = fleet("decide", "--jobs", table(job("a", home_region="wyoming")), "--home", tmp_path / "new")
    assert_refused(said, "fleet demo", "fleet ingest")
    assert not (tmp_path / "new").exists()


def test_a_ledger_that_cannot_be_used_is_refused_in_one_line(fleet, table, monkeypatch, home):
    jobs = table(job("a"))
    (home / "ledger.sqlite").write_bytes(b"not a database, " * 500)
    assert_refused(fleet("decide", "--jobs", jobs), "not a database")
    monkeypatch.setenv("FLEET_DATABASE_URL", "magic://host/db")
    assert_refused(fleet("decide", "--jobs", jobs), "magic")


def test_unknown_decisions_and_empty_words_are_refused(fleet, tmp_path, table):
    _, content = decided(fleet, tmp_path, table(job("a")))
    assert_refused(fleet("explain", "xyz"), "no decision has id 'xyz'")
    assert_refused(fleet("override", "xyz", "--deny", "--by", "Ann", "--reason", "x"), "no decision")
    key = content["decisions"][0]["id"]
    assert_refused(fleet("override", key, "--deny", "--by", " ", "--reason", "x"), "needs a name and a reason")
    assert_refused(fleet("override", key, "--deny", "--by", "\udcff", "--reason", "x"), "UTF-8")


@pytest.mark.parametrize(
    "words",
    [
        ("decide",),
        ("decide", "--jobs"),
        ("decide", "--jobs", "x.csv", "--colour", "red"),
        ("explain",),
        ("override", "abc"),
        ("override", "abc", "--by", "Ann", "--reason", "x"),
        ("magic",),
    ],
)
def test_wrong_usage_ends_with_two(fleet, words):
    assert fleet(*words).code == 2
