"""`fleet db upgrade`."""

import sqlite3

import pytest
from support.commands import assert_refused, runner
from support.entries import entry
from support.older_ledgers import WITHOUT_VERSION

from fleet.ledger import Ledger, sqlite_url


@pytest.fixture
def fleet(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path))
    return runner(monkeypatch, capsys)


def test_an_older_ledger_is_migrated_and_a_newer_one_is_refused(fleet, tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(sqlite_url(path)) as ledger:
        ledger.append([entry("a")])
    with sqlite3.connect(path) as connection:
        for statement in WITHOUT_VERSION:
            connection.execute(statement)
    connection.close()
    assert "before: none" in fleet("db", "upgrade").out
    assert "already" in fleet("db", "upgrade").out
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for words in (("db", "upgrade"), ("ledger", "verify")):
        assert_refused(fleet(*words), "a newer program made them")
