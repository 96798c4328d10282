"""`fleet ledger verify`."""

import json
import sqlite3

import pytest
from support.commands import assert_refused, runner
from support.entries import entry

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
    assert content["rows"] == {"decisions": 2, "overrides": 0, "advices": 0}
    assert content["faults"] == []
    assert f"head {content['head']}" in result.out
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("DROP TRIGGER decisions_no_update")
        connection.execute("UPDATE decisions SET power_mw = 0.5 WHERE seq = 2")
    connection.close()
    assert_refused(fleet("ledger", "verify"), f"decisions row 2 (id {entry('b').id}) was edited")


def test_without_a_ledger_nothing_is_verified(fleet):
    assert_refused(fleet("ledger", "verify"), "does not exist")
