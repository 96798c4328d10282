"""The chain of hashes through the ledger, and databases that were made before it."""

import sqlite3
import stat

import pytest
from support.advices import advice, advice_entry
from support.entries import denied, entry

from fleet.domain.decision import Verdict
from fleet.ledger import AskedRecord, Ledger, sqlite_url
from fleet.ledger.decision_entry import decision_row

NOW = "2024-05-20T01:30:00Z"
TABLES = ("decisions", "overrides", "advices")


@pytest.fixture
def path(tmp_path):
    """A ledger with five decisions, one override and one advice."""
    path = tmp_path / "deep" / "ledger.sqlite"
    ledger = Ledger(sqlite_url(path))
    ledger.append([entry(f"j{index}") for index in range(3)])
    ledger.append([entry(denied(f"j{index}")) for index in (3, 4)], [advice_entry(advice())])
    ledger.override(entry("j0").id, Verdict.DENY, by="Ann", reason="x", made_utc=NOW)
    ledger.close()
    return path


def verify(path):
    """Return the report of a ledger."""
    ledger = Ledger(sqlite_url(path))
    report = ledger.verify()
    ledger.close()
    return report


def tamper(path, *statements):
    """Change the file as anybody with a client may, without its triggers."""
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_ledger_that_nobody_changed_has_no_faults(path):
    report = verify(path)
    assert (dict(report.rows), list(report.faults)) == ({"decisions": 5, "overrides": 1, "advices": 1}, [])
    assert report.head == verify(path).head


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE decisions SET power_mw = 2.0 WHERE seq = 2", "decisions row 2 (id {1}) was edited"),
        ("UPDATE decisions SET asked = NULL WHERE seq = 3", "decisions row 3 (id {2}) was edited"),
        ("UPDATE decisions SET reason = '' WHERE seq = 5", "decisions row 5 (id {4}) was edited"),
        ("UPDATE decisions SET alternatives = '[]' WHERE seq = 4", "decisions row 4 (id {3}) was edited"),
        ("UPDATE decisions SET row_hash = NULL WHERE seq = 5", "decisions row 5 (id {4}) was edited"),
        ("DELETE FROM decisions WHERE seq = 2", "decisions row 2 missing before decisions row 3"),
        ("DELETE FROM decisions WHERE seq IN (1, 2)", "decisions rows 1 to 2 missing before decisions row 3"),
        ("UPDATE overrides SET verdict = 'approve'", "overrides row 1"),
        ("UPDATE advices SET region = 'beta'", "advices row 1"),
        ("DELETE FROM decisions WHERE seq = 1", "names decision {0}, which is missing"),
    ],
)
def test_a_changed_or_missing_row_is_named(path, statement, fault):
    ids = [entry(f"j{index}").id for index in range(3)] + [entry(denied(f"j{index}")).id for index in (3, 4)]
    tamper(path, statement)
    assert fault.format(*ids) in "; ".join(verify(path).faults)


def test_two_rows_that_changed_places_are_named(path):
    tamper(
        path,
        "UPDATE decisions SET seq = 9 WHERE seq = 2",
        "UPDATE decisions SET seq = 2 WHERE seq = 3",
        "UPDATE decisions SET seq = 3 WHERE seq = 9",
    )
    assert len(verify(path).faults) >= 2


def test_a_missing_last_row_changes_the_head(path):
    head = verify(path).head
    tamper(path, "DELETE FROM decisions WHERE seq = 5")
    assert verify(path).head != head


@pytest.mark.parametrize("table", TABLES)
def test_any_client_is_refused_when_it_replaces_a_row(path, table):
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.Error, match="append-only"):
        connection.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608 (names of tables)
    connection.close()
    assert not verify(path).faults


def test_a_database_without_hashes_gets_them_once(path):
    tamper(
        path, *(f"ALTER TABLE {table} DROP COLUMN {name}" for table in TABLES for name in ("row_hash", "previous_hash"))
    )
    assert not verify(path).faults
    ledger = Ledger(sqlite_url(path))
    assert ledger.append([entry("new")]) == 1
    ledger.close()
    assert verify(path).rows["decisions"] == 6
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.Error, match="append-only"):
        connection.execute("UPDATE decisions SET power_mw = 2.0")
    connection.close()
    # Rows that lose their hash later are not chained again.
    tamper(path, "UPDATE decisions SET row_hash = NULL WHERE seq = 2")
    assert verify(path).faults


def test_a_database_from_before_what_was_asked_was_kept_keeps_its_chain(tmp_path, monkeypatch):
    path = tmp_path / "ledger.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr("fleet.ledger.ledger.decision_row", lambda one: {**decision_row(one), "asked": None})
        ledger = Ledger(sqlite_url(path))
        ledger.append([entry("j0"), entry("j1")])
        ledger.close()
    head = verify(path).head
    tamper(path, "ALTER TABLE decisions DROP COLUMN asked")
    assert (verify(path).head, verify(path).faults) == (head, [])
    ledger = Ledger(sqlite_url(path))
    ledger.append([entry("j2")])
    by_job = {record.job_id: record for record in ledger.jobs(mode="live")}
    assert (by_job["j0"].asked, by_job["j2"].asked) == (None, AskedRecord.of(entry("j2").job))
    assert ledger.verify().faults == []
    ledger.close()


def test_the_file_and_its_folder_are_for_the_user_alone(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
