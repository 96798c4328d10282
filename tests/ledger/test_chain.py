"""The chain of hashes through the ledger: each change of a row is named."""

import pytest
from sqlalchemy import text
from support.advices import advice, advice_entry
from support.entries import denied, entry
from support.older_ledgers import WITHOUT_VERSION

from fleet.domain.decision import Verdict
from fleet.ledger import AskedRecord, Ledger, sqlite_url
from fleet.ledger.chain import head_of
from fleet.ledger.database import open_engine
from fleet.ledger.decision_entry import decision_row
from fleet.ledger.tables import CHAINED

NOW = "2024-05-20T01:30:00Z"


@pytest.fixture
def filled(url):
    """The URL of a ledger with five decisions, one override and one advice."""
    ledger = Ledger(url)
    ledger.append([entry(f"j{index}") for index in range(3)])
    ledger.append([entry(denied(f"j{index}")) for index in (3, 4)], [advice_entry(advice())])
    ledger.override(entry("j0").id, Verdict.DENY, by="Ann", reason="x", made_utc=NOW)
    ledger.close()
    return url


def verify(url):
    """Return the report of a ledger."""
    ledger = Ledger(url)
    report = ledger.verify()
    ledger.close()
    return report


def tamper(url, *statements):
    """Change the database as its owner may, without its triggers and foreign keys."""
    engine = open_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            switches = [f"ALTER TABLE {table.name} DISABLE TRIGGER ALL" for table in CHAINED]
        else:
            names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            switches = ["PRAGMA foreign_keys = OFF", *(f"DROP TRIGGER {name}" for name in names)]
        for statement in (*switches, *statements):
            connection.execute(text(statement))
    engine.dispose()


def test_a_ledger_that_nobody_changed_has_no_faults(filled):
    report = verify(filled)
    assert (dict(report.rows), list(report.faults)) == (
        {"decisions": 5, "overrides": 1, "advices": 1, "submissions": 0, "outcomes": 0, "tokens": 0, "journal": 3},
        [],
    )
    assert report.head == verify(filled).head


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
def test_a_changed_or_missing_row_is_named(filled, statement, fault):
    ids = [entry(f"j{index}").id for index in range(3)] + [entry(denied(f"j{index}")).id for index in (3, 4)]
    tamper(filled, statement)
    assert fault.format(*ids) in "; ".join(verify(filled).faults)


def test_two_rows_that_changed_places_are_named(filled):
    tamper(
        filled,
        "UPDATE decisions SET seq = 9 WHERE seq = 2",
        "UPDATE decisions SET seq = 2 WHERE seq = 3",
        "UPDATE decisions SET seq = 3 WHERE seq = 9",
    )
    assert len(verify(filled).faults) >= 2


def test_a_missing_last_row_changes_the_head(filled):
    head = verify(filled).head
    tamper(filled, "DELETE FROM decisions WHERE seq = 5")
    assert verify(filled).head != head


def test_a_database_from_before_what_was_asked_was_kept_keeps_its_chain(tmp_path, monkeypatch):
    url = sqlite_url(tmp_path / "ledger.sqlite")
    with monkeypatch.context() as patch:
        patch.setattr("fleet.ledger.ledger.decision_row", lambda one: {**decision_row(one), "asked": None})
        ledger = Ledger(url)
        ledger.append([entry("j0"), entry("j1")])
        ledger.close()
    tamper(url, "ALTER TABLE decisions DROP COLUMN asked", *WITHOUT_VERSION)
    head = head_of({**verify(url).heads, "journal": ""})
    assert (verify(url).head, verify(url).faults) == (head, [])
    ledger = Ledger(url)
    ledger.append([entry("j2")])
    by_job = {record.job_id: record for record in ledger.jobs(mode="live")}
    assert (by_job["j0"].asked, by_job["j2"].asked) == (None, AskedRecord.of(entry("j2").job))
    assert ledger.verify().faults == []
    ledger.close()
