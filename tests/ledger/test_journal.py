"""The journal: who wrote what, and one order of the rows of all tables."""

import pytest
from sqlalchemy import text
from support.entries import entry

from fleet.domain.decision import Verdict
from fleet.ledger import Author, Ledger, LedgerWriter
from fleet.ledger.chain import heads_of
from fleet.ledger.database import open_engine
from fleet.ledger.tables import CHAINED

NOW = "2024-05-20T01:30:00Z"


@pytest.fixture
def filled(url):
    """A ledger with three writes: two decisions, one override, one decision."""
    with Ledger(url) as ledger:
        ledger.append([entry("a"), entry("b")])
        ledger.override(entry("a").id, Verdict.DENY, by="Ann", reason="x", made_utc=NOW)
        ledger.append([entry("c")])
    return url


def tamper(url, *statements):
    """Change the database without its triggers, as its owner may."""
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


def faults(url):
    with Ledger(url) as ledger:
        return list(ledger.verify().faults)


def test_each_write_has_a_row_that_says_who_did_what(filled):
    engine = open_engine(filled)
    with engine.connect() as connection:
        rows = connection.execute(text('SELECT "by", action FROM journal ORDER BY seq')).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("fleet", "decide"), ("Ann", "override"), ("fleet", "decide")]
    assert faults(filled) == []


def test_missing_last_rows_are_named(filled):
    tamper(filled, "DELETE FROM decisions WHERE seq = 3")
    assert any("decisions has 2 rows" in fault for fault in faults(filled))


def test_a_missing_last_write_is_seen_in_the_head(filled):
    with Ledger(filled) as ledger:
        head = ledger.head()["head"]
        assert head == ledger.verify().head
    tamper(filled, "DELETE FROM decisions WHERE seq = 3", "DELETE FROM journal WHERE seq = 3")
    with Ledger(filled) as ledger:
        assert ledger.head()["head"] != head


def test_a_row_that_another_program_added_is_named(filled):
    engine = open_engine(filled)
    with engine.begin() as connection:
        writer = LedgerWriter(connection, {}, heads_of(connection))
        writer.add(CHAINED[0], [{**dict(connection.execute(CHAINED[0].select()).mappings().first()), "id": "f" * 16}])
    engine.dispose()
    assert any("decisions has 4 rows" in fault for fault in faults(filled))


def test_an_edited_journal_is_named(filled):
    tamper(filled, "UPDATE journal SET action = 'x' WHERE seq = 2")
    assert any("journal row 2" in fault for fault in faults(filled))


def test_writers_sign_what_they_add(url):
    with Ledger(url) as ledger, ledger.writing() as writer:
        writer.sign(Author(by="Ann", action="push telemetry", request_id="r"), NOW)
    assert faults(url) == []


def test_a_decision_knows_which_of_its_jobs_were_used_before(filled):
    with Ledger(filled) as ledger:
        with ledger.deciding_at_once(["new", "c", "a"]) as writer:
            assert sorted(writer.used_ids) == ["a", "c"]
            assert writer.heads["decisions"].seq == 3
        with ledger.deciding_at_once() as writer:
            assert writer.used_ids == []
