"""What only a ledger in a SQLite file has: its permissions, its lock file, and older files."""

import sqlite3
import stat

import pytest
from support.advices import advice, advice_entry
from support.entries import entry
from support.older_ledgers import WITHOUT_VERSION

from fleet.domain.decision import Verdict
from fleet.errors import LedgerError
from fleet.ledger import Ledger, ledger_file, sqlite_url
from fleet.ledger.database import decision_lock, open_engine

NOW = "2024-05-20T01:30:00Z"
TABLES = ("decisions", "overrides", "advices")


@pytest.fixture
def path(tmp_path):
    """A ledger with two decisions, one override and one advice."""
    path = tmp_path / "deep" / "ledger.sqlite"
    ledger = Ledger(sqlite_url(path))
    ledger.append([entry("a"), entry("b")], [advice_entry(advice())])
    ledger.override(entry("a").id, Verdict.DENY, by="Ann", reason="x", made_utc=NOW)
    ledger.close()
    return path


def faults(path):
    """Return the faults that the program finds in a file."""
    ledger = Ledger(sqlite_url(path))
    found = ledger.verify().faults
    ledger.close()
    return list(found)


def change(path, *statements):
    """Run statements with another client."""
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("table", TABLES)
def test_any_client_is_refused_when_it_replaces_a_row(path, table):
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.Error, match="append-only"):
        connection.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608 (names of tables)
    connection.close()
    assert not faults(path)


def test_a_database_without_hashes_gets_them_once(path):
    change(path, *WITHOUT_VERSION)
    for table in ("decisions", "overrides", "advices"):
        change(path, f"DROP TRIGGER {table}_no_replace")
        change(path, *(f"ALTER TABLE {table} DROP COLUMN {name}" for name in ("row_hash", "previous_hash")))
    assert not faults(path)
    ledger = Ledger(sqlite_url(path))
    assert ledger.append([entry("new")]) == 1
    assert ledger.verify().rows["decisions"] == 3
    ledger.close()
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.Error, match="append-only"):
        connection.execute("UPDATE decisions SET power_mw = 2.0")
    connection.close()
    # Rows that lose their hash later are not chained again.
    change(path, "DROP TRIGGER decisions_no_update", "UPDATE decisions SET row_hash = NULL WHERE seq = 2")
    assert faults(path)


def test_the_file_and_its_folder_are_for_the_user_alone(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_new_file_has_its_journal_before_the_first_connection(tmp_path):
    path = tmp_path / "new" / "ledger.sqlite"
    open_engine(sqlite_url(path)).dispose()
    # The format of SQLite: both bytes are 2 if the file has a write-ahead log.
    assert path.read_bytes()[18:20] == b"\x02\x02"
    assert [other.name for other in path.parent.iterdir()] == ["ledger.sqlite"]


def test_a_file_system_without_links_gets_a_ledger_too(tmp_path, monkeypatch):
    def refused(*_words):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", refused)
    path = tmp_path / "new" / "ledger.sqlite"
    with Ledger(sqlite_url(path)) as ledger:
        assert ledger.append([entry("a")]) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_older_file_gets_the_indexes_that_it_lacks(path):
    indexes = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE '%by_%' AND tbl_name <> 'submissions'"
    with sqlite3.connect(path) as connection:
        before = {name for (name,) in connection.execute(indexes)}
        for name in before:
            connection.execute(f"DROP INDEX {name}")
        for statement in WITHOUT_VERSION:
            connection.execute(statement)
    assert len(before) >= 6
    Ledger(sqlite_url(path)).close()
    with sqlite3.connect(path) as connection:
        assert {name for (name,) in connection.execute(indexes)} == before


def test_the_file_of_a_url_is_found(tmp_path):
    assert ledger_file(sqlite_url(tmp_path / "x.sqlite")) == tmp_path / "x.sqlite"
    assert ledger_file(f"sqlite:///file:{tmp_path}/x.sqlite?uri=true") == tmp_path / "x.sqlite"
    assert ledger_file("sqlite://") is None
    assert ledger_file("postgresql://host/db") is None


def test_a_database_in_memory_needs_no_lock():
    with decision_lock(open_engine("sqlite://")):
        pass


def test_a_lock_that_cannot_be_made_is_refused(tmp_path):
    engine = open_engine(sqlite_url(tmp_path / "ledger.sqlite"))
    (tmp_path / "decide.lock").mkdir()
    with pytest.raises(LedgerError, match="cannot be used"), decision_lock(engine):
        pass
