"""`fleet decide`."""

import polars as pl
import pytest
from support.commands import assert_refused
from support.sites import hour, job
from support.workspaces import ORIGIN

from fleet.domain.job_table import jobs_to_frame
from fleet.storage.files import write_frame

COLUMNS = "id,power_mw,duration_h,earliest_utc,deadline_utc,home_region"
ROW = "a,1,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"


def test_decisions_are_printed_written_and_recorded(decided, table, home):
    result, content = decided(table(job("a"), job("big", power_mw=9.0, deadline_utc=hour("2024-05-20T03"))))
    assert content["origin_utc"] == "2024-05-20T00:00Z"
    made = {row["job_id"]: row for row in content["decisions"]}
    assert made["a"]["verdict"] == "approve"
    assert made["big"]["verdict"] == "deny"
    assert (content["totals"]["placed_mwh"], content["totals"]["cost_known_mwh"]) == (2.0, 2.0)
    assert content["totals"]["cost_usd"] == pytest.approx(made["a"]["expected"]["cost_usd"])
    assert content["grid_limits"] == []
    assert "placed 2.0 MWh of IT energy, expected:" in result.out
    assert "2 decisions at 2024-05-20T00:00Z" in result.out
    assert made["a"]["id"] in result.out
    assert (home / "ledger.sqlite").exists()
    again, content = decided(table(job("a")))
    assert content["decisions"] == []
    assert "1 was decided before" in " ".join(again.out.split())


@pytest.mark.slow
def test_of_many_decisions_the_first_are_printed_and_all_are_written(decided, table):
    jobs = [job(f"task-{index:04d}", power_mw=0.001) for index in range(1_002)]
    result, content = decided(table(*jobs))
    assert "1,002 decisions at 2024-05-20T00:00Z" in result.out
    assert "2 more decisions are not printed; --json FILE holds all; 0 have not" in " ".join(result.out.split())
    assert "task-0999" in result.out
    assert "task-1000" not in result.out
    assert [row["job_id"] for row in content["decisions"]] == [job.id for job in jobs]


@pytest.mark.slow
def test_a_job_that_is_too_late_is_named_with_its_deadline(decided, table):
    late = job("late", earliest_utc=hour("2024-05-18T00"), deadline_utc=hour("2024-05-19T00"))
    result, content = decided(table(job("a"), late))
    printed = " ".join(result.out.split())
    assert "0 were decided before, 1 is too late" in printed
    assert "deadline_utc is 2024-05-19T00:00Z, expected later than 2024-05-20T01:00Z" in printed
    assert content["expired"] == ["late"]
    assert [row["job_id"] for row in content["decisions"]] == ["a"]


@pytest.mark.slow
def test_a_changed_job_is_printed_and_written_with_what_was_done(decided, table):
    full = job("full", power_mw=4.0, regions=("alpha",))
    late = {"regions": ("alpha",), "deadline_utc": hour("2024-05-20T12")}
    decided(table(full, job("a", **late)))
    result, content = decided(table(full, job("a", **late, power_mw=2.0)))
    (change,) = content["changed"]
    assert (change["job_id"], change["decided_anew"]) == ("a", True)
    assert [row["power_mw"] for row in content["decisions"]] == [2.0]
    assert content["decisions"][0]["asked"]["regions"] == ["alpha"]
    assert "1 job differs from its decision" in result.out
    assert "power_mw is 2, decided was 1; decided anew" in " ".join(result.out.split())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["a,1,9,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"],
            "duration_h is 9, expected at most the 6 h of its window",
        ),
        (["a,0,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "power_mw is 0"),
        (["a,-1,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "power_mw is -1"),
        (["a,nan,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "power_mw is nan"),
        (["a,1,0,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "duration_h is 0"),
        (["a,1,400.5,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "whole hours"),
        (["a,1,2,2024-05-20T01:00Z,2024-05-20T07:00Z,atlantis"], "region 'atlantis' is unknown"),
        (["a,1,2,2024-05-20T01:00,2024-05-20T07:00,alpha"], "no time zone"),
        (["a,1,2,2024-05-20T01:00+02:00,2024-05-20T07:00+02:00,alpha"], "local time"),
        (["a,1,2,2024-05-20T01:30Z,2024-05-20T03:30Z,alpha"], "rounded to full hours: earliest_utc"),
        (["a,1,2,2024-05-20T07:00Z,2024-05-20T01:00Z,alpha"], "expected a deadline after the earliest start"),
        (["a,much,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha"], "expected numbers"),
        (["a,1,2,,2024-05-20T07:00Z,alpha"], "null"),
        ([], "no rows"),
    ],
)
def test_a_table_without_a_valid_row_is_refused_and_nothing_is_written(fleet, tmp_path, home, rows, message):
    (tmp_path / "jobs.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")
    before = sorted(home.iterdir())
    result = fleet("decide", "--jobs", tmp_path / "jobs.csv", "--json", tmp_path / "out.json")
    assert_refused(result, message)
    assert result.out == ""
    assert sorted(home.iterdir()) == before
    assert not (tmp_path / "out.json").exists()


@pytest.mark.slow
def test_invalid_rows_are_listed_and_the_other_jobs_are_decided(decided, tmp_path):
    bad = ["b,0,2,2024-05-20T01:00Z,2024-05-20T07:00Z,alpha", "c,99,2,2024-05-20T01:00Z,2024-05-20T07:00Z,beta", ROW]
    (tmp_path / "jobs.csv").write_text("\n".join([COLUMNS, ROW, *bad]) + "\n")
    result, content = decided(tmp_path / "jobs.csv")
    assert [row["job_id"] for row in content["decisions"]] == ["a"]
    assert [row["job_id"] for row in content["refused"]] == ["b", "c", "a"]
    assert content["refused"][0]["reason"] == "power_mw is 0, expected more than zero, at most 1,000,000"
    assert "3 invalid rows" in result.out
    assert "power_mw is 99, expected at most 10" in result.out


@pytest.mark.slow
def test_jobs_that_ask_for_parts_of_hours_are_decided_in_full_hours(decided, tmp_path):
    (tmp_path / "jobs.csv").write_text(f"{COLUMNS}\na,1,0.34,2024-05-20T00:34:56Z,2024-05-20T07:10Z,alpha\n")
    result, content = decided(tmp_path / "jobs.csv")
    (decision,) = content["decisions"]
    assert (decision["verdict"], decision["duration_h"]) == ("approve", 1)
    assert content["rounded"][0]["job_id"] == "a"
    assert "duration_h 0.34 to 1" in content["rounded"][0]["change"]
    assert "1 job is decided in full hours" in result.out


@pytest.mark.slow
def test_a_valid_table_has_no_refused_rows(decided, table):
    result, content = decided(table(job("a")))
    assert content["refused"] == []
    assert "invalid" not in result.out


@pytest.mark.parametrize("column", COLUMNS.split(","))
def test_a_missing_column_is_named(fleet, tmp_path, column):
    frame = pl.read_csv(f"{COLUMNS}\n{ROW}\n".encode()).drop(column)
    write_frame(tmp_path / "jobs.csv", frame)
    assert_refused(fleet("decide", "--jobs", tmp_path / "jobs.csv"), f"no column {column}")


@pytest.mark.parametrize(
    ("extra", "value", "message"),
    [
        ("priority", "1.5", "whole number"),
        ("regions", "5", "expected one of its allowed regions 5"),
        ("regions", "beta", "expected one of its allowed regions beta"),
        ("data_gb", "-1", "data_gb"),
    ],
)
def test_an_optional_column_is_checked_too(fleet, tmp_path, extra, value, message):
    (tmp_path / "jobs.csv").write_text(f"{COLUMNS},{extra}\n{ROW},{value}\n")
    assert_refused(fleet("decide", "--jobs", tmp_path / "jobs.csv"), message)


def test_files_that_are_not_tables_are_refused(fleet, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    assert_refused(fleet("decide", "--jobs", tmp_path / "empty.csv"), "empty")
    assert_refused(fleet("decide", "--jobs", tmp_path / "none.csv"), "cannot be read")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing more")
    assert_refused(fleet("decide", "--jobs", tmp_path / "broken.parquet"), "neither Parquet nor CSV")


def test_an_option_that_cannot_be_honoured_is_refused(fleet, table):
    jobs = table(job("a"))
    assert_refused(fleet("decide", "--jobs", jobs, "--at", ORIGIN, "--policy", "magic"), "policy 'magic' is unknown")
    assert_refused(fleet("decide", "--jobs", jobs, "--confidence", 1.5), "confidence")
    assert_refused(fleet("decide", "--jobs", jobs, "--at", "yesterday"), "ISO date")
    assert_refused(fleet("decide", "--jobs", jobs, "--at", "2131-01-01"), "outside the telemetry", "ahead of the clock")


def test_a_feed_that_stopped_is_refused_with_its_age_and_nothing_is_decided(fleet, table, home):
    result = fleet("decide", "--jobs", table(job("a")))
    assert_refused(result, "2024-05-24T23:00Z", "days older than the clock's last full hour", "--at")
    assert not (home / "ledger.sqlite").exists()


@pytest.mark.slow
def test_hours_since_the_newest_value_are_counted(fleet, table):
    result = fleet("decide", "--jobs", table(job("a")), "--at", "2024-05-25T02:00Z")
    assert result.code == 0
    assert "of 2024-05-24T23:00Z, 3 h before the last known hour 2024-05-25T02:00Z" in result.out


@pytest.mark.parametrize("column", ["power_mw", "priority", "data_gb"])
def test_a_nan_in_a_column_of_numbers_is_refused(fleet, table, column):
    frame = jobs_to_frame([job("a")]).with_columns(pl.lit(float("nan")).alias(column))
    path = table(job("a"))
    write_frame(path, frame)
    assert_refused(fleet("decide", "--jobs", path), "nan")


def test_an_empty_workspace_names_the_commands_that_fill_it(fleet, table, tmp_path):
    result = fleet("decide", "--jobs", table(job("a", home_region="wyoming")), "--home", tmp_path / "new")
    assert_refused(result, "fleet demo", "fleet ingest")
    assert not (tmp_path / "new").exists()


def test_a_ledger_that_cannot_be_used_is_refused_in_one_line(fleet, table, monkeypatch, home):
    jobs = table(job("a"))
    (home / "ledger.sqlite").write_bytes(b"not a database, " * 500)
    assert_refused(fleet("decide", "--jobs", jobs, "--at", ORIGIN), "not a database")
    monkeypatch.setenv("FLEET_DATABASE_URL", "magic://host/db")
    assert_refused(fleet("decide", "--jobs", jobs, "--at", ORIGIN), "magic")


def test_a_result_that_cannot_be_written_is_refused_before_anything_is_decided(fleet, table, home, tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "out.json"):
        assert_refused(
            fleet("decide", "--jobs", table(job("a")), "--at", ORIGIN, "--json", path), "choose another place"
        )
    assert not (home / "ledger.sqlite").exists()


def test_a_ledger_that_has_become_empty_is_not_begun_anew(decided, fleet, table, home, tmp_path, monkeypatch):
    jobs = table(job("a"))
    decided(jobs)
    monkeypatch.setenv("FLEET_DATABASE_URL", f"sqlite:///{tmp_path / 'mistyped.sqlite'}")
    assert_refused(fleet("decide", "--jobs", jobs, "--at", ORIGIN), "mistyped.sqlite holds no decisions", "has-decided")
    assert not (tmp_path / "mistyped.sqlite").exists()
    monkeypatch.delenv("FLEET_DATABASE_URL")
    for file in home.glob("ledger.sqlite*"):
        file.unlink()
    (home / "ledger.sqlite").touch()
    assert_refused(fleet("decide", "--jobs", jobs, "--at", ORIGIN), "ledger.sqlite holds no decisions")
    (home / "has-decided").unlink()
    _, content = decided(jobs)
    assert [row["job_id"] for row in content["decisions"]] == ["a"]


@pytest.mark.parametrize(
    "words",
    [
        ("decide",),
        ("decide", "--jobs"),
        ("decide", "--jobs", "x.csv", "--colour", "red"),
        ("magic",),
    ],
)
def test_wrong_usage_ends_with_two(fleet, words):
    assert fleet(*words).code == 2


def test_jobs_of_other_regions_than_the_packaged_fleet_say_how_to_name_another(fleet, table, tmp_path):
    result = fleet("decide", "--jobs", table(job()), "--home", tmp_path / "new")
    assert_refused(result, "region 'alpha' is unknown", "this is the packaged fleet: name yours with --fleet FILE")
    assert result.out == ""
