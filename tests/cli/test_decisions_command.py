"""`fleet decisions`."""

import json

import pytest
from support.commands import assert_refused, runner
from support.entries import FIRST, decision, denied, entry, job

from fleet.domain.decision import Verdict
from fleet.domain.remedy import Change, Remedy
from fleet.ledger import Ledger, sqlite_url
from fleet.storage.workspace import Workspace

REMEDY = Remedy(change=Change.LESS_POWER, region="beta", start_utc=FIRST, less_mw=0.8)


@pytest.fixture
def fleet(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path))
    with Ledger(sqlite_url(Workspace(tmp_path).ledger)) as ledger:
        big = entry(decision("big"), job=job("big", power_mw=9.0))
        ledger.append([entry("small"), big, entry(denied("refused", remedies=(REMEDY,))), entry("past", mode="replay")])
        words = {"by": "Ann", "reason": "maintenance", "made_utc": "2024-05-20T01:00:00Z"}
        ledger.override(big.id, Verdict.DENY, **words)
    return runner(monkeypatch, capsys)


def test_live_decisions_are_listed_with_what_a_person_decided(fleet, tmp_path):
    result = fleet("decisions", "--sort", "power", "--json", tmp_path / "x.json")
    assert result.code == 0, result
    assert "3 of 3 live decisions" in result.out
    assert "deny by Ann" in result.out
    assert "0.8 MW less" in result.out
    content = json.loads((tmp_path / "x.json").read_text())
    assert (content["count"], content["decisions"][0]["job_id"]) == (3, "big")
    assert content["decisions"][0]["overrides"][0]["by"] == "Ann"


def test_filters_and_pages(fleet):
    assert "past" in fleet("decisions", "--replay").out
    assert "1 of 1 live decision" in fleet("decisions", "--verdict", "deny", "--search", "REFUSED").out
    assert "2 of 2 live decisions" in fleet("decisions", "--without-place").out
    page = fleet("decisions", "--most", "2")
    assert "2 of 3 live decisions" in page.out
    assert "--skip 2 prints the next ones" in page.out


def test_the_table_fits_80_columns(fleet, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, fleet("decisions").out.splitlines())) <= 80


def test_unknown_words_are_refused(fleet):
    assert_refused(fleet("decisions", "--verdict", "maybe"), "expected some of approve, defer, deny")
    assert_refused(fleet("decisions", "--sort", "colour"), "expected one of made")
    assert_refused(fleet("decisions", "--limit", "colour"), "expected one of")


def test_without_a_ledger_the_command_names_the_one_that_makes_it(fleet, monkeypatch, tmp_path):
    assert_refused(fleet("decisions", "--home", tmp_path / "none"), "fleet decide")


def test_a_job_that_a_person_denied_keeps_its_safe_place_in_words(fleet, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    listed = fleet("decisions").out
    assert "denied by Ann; it had a place: alpha from" in listed
    assert "nothing within the hours ahead" not in listed
