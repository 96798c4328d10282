"""`fleet ledger verify`."""

import json
import sqlite3

import pytest
from support.commands import assert_refused, runner
from support.entries import entry
from support.overrides import NOW
from support.postgres import PASSWORD

from fleet.domain.decision import Verdict
from fleet.ledger import Ledger, sqlite_url


@pytest.fixture
def fleet(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path))
    return runner(monkeypatch, capsys)


def test_a_ledger_is_verified_and_an_edited_row_is_named(fleet, tmp_path):
    ledger = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    ledger.append([entry("a"), entry("b")])
    ledger.close()
    result = fleet("ledger", "verify", "--json", tmp_path / "out.json")
    assert result.code == 0
    content = json.loads((tmp_path / "out.json").read_text())
    assert {name: count for name, count in content["rows"].items() if count} == {"decisions": 2, "journal": 1}
    assert content["faults"] == []
    assert f"head {content['head']}" in result.out
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("DROP TRIGGER decisions_no_update")
        connection.execute("UPDATE decisions SET power_mw = 0.5 WHERE seq = 2")
    connection.close()
    assert_refused(fleet("ledger", "verify"), f"decisions row 2 (id {entry('b').id}) was edited")


def test_without_a_ledger_nothing_is_verified(fleet):
    assert_refused(fleet("ledger", "verify"), "does not exist")


def test_commands_read_the_database_that_the_environment_names(fleet, ledger_url, monkeypatch, tmp_path):
    monkeypatch.setenv("FLEET_DATABASE_URL", ledger_url)
    ledger = Ledger(ledger_url)
    ledger.append([entry("a"), entry("b")])
    ledger.override(entry("a").id, Verdict.DENY, by="Ann", reason="maintenance", made_utc=NOW)
    ledger.close()
    result = fleet("ledger", "verify", "--json", tmp_path / "out.json")
    assert result.code == 0, result
    rows = json.loads((tmp_path / "out.json").read_text())["rows"]
    assert {name: count for name, count in rows.items() if count} == {"decisions": 2, "overrides": 1, "journal": 2}
    explained = fleet("explain", entry("a").id)
    assert explained.code == 0, explained
    assert "deny by Ann" in explained.out


@pytest.mark.service
def test_a_database_that_does_not_answer_is_refused_without_its_password(fleet, postgres, monkeypatch):
    address = postgres.admin.replace("/postgres", "/no_such_ledger")
    monkeypatch.setenv("FLEET_DATABASE_URL", address)
    result = fleet("ledger", "verify")
    assert_refused(result, 'database "no_such_ledger" does not exist')
    assert PASSWORD not in result.out + result.err
