"""What a ledger in PostgreSQL withstands: settings of the server, lost sessions, roles, and other clients."""

import threading

import pytest
from sqlalchemy import text
from support.entries import FIRST, entry
from support.older_ledgers import WITHOUT_VERSION
from support.postgres import PASSWORD

from fleet.errors import LedgerError
from fleet.ledger import AppendCheck, Ledger, NeededJobs
from fleet.ledger.database import decision_lock, open_engine

pytestmark = pytest.mark.service

DROP_HASHES = "ALTER TABLE decisions DROP COLUMN row_hash, DROP COLUMN previous_hash"


@pytest.fixture
def url(postgres):
    return postgres.empty_database()


@pytest.fixture
def ledger(url):
    ledger = Ledger(url)
    yield ledger
    ledger.close()


def test_the_usual_forms_of_an_address_are_accepted(url):
    for scheme in ("postgresql://", "postgres://", "postgresql+psycopg://"):
        ledger = Ledger(url.replace("postgresql://", scheme))
        ledger.append([entry("a")])
        assert [record.job_id for record in ledger.decisions()] == ["a"]
        ledger.close()


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_a_writer_that_waited_sees_what_was_committed_meanwhile(postgres, url, isolation):
    # With these, a transaction that waits for a lock would still see the moment before it waited.
    setting = f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET default_transaction_isolation"
    postgres.run(f"{setting} = '{isolation}'")
    first, second = Ledger(url), Ledger(url)
    ready = threading.Event()

    def write() -> None:
        ready.wait()
        second.append([entry("b")])

    waiting = threading.Thread(target=write)
    waiting.start()
    needed = NeededJobs(ending_after=FIRST)
    guard = AppendCheck(needed=needed, check=lambda _now: (ready.set(), waiting.join(0.5)))
    try:
        first.append([entry("a")], guard=guard)
    finally:
        ready.set()
        waiting.join()
    assert [record.job_id for record in first.decisions()] == ["b", "a"]
    assert not first.verify().faults
    first.close()
    second.close()
    postgres.run(setting.replace(" SET ", " RESET "))


def test_the_settings_of_the_server_neither_end_a_wait_nor_give_up_safety(postgres, url):
    name = url.rsplit("/", 1)[1]
    limits = {"statement_timeout": "200", "lock_timeout": "200", "synchronous_commit": "off"}
    for setting, value in limits.items():
        postgres.run(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    first, second, held = open_engine(url), open_engine(url), []

    def decide() -> None:
        with decision_lock(second):
            held.append("second")

    with decision_lock(first):
        waiting = threading.Thread(target=decide)
        waiting.start()
        waiting.join(0.6)
        assert waiting.is_alive()
    waiting.join()
    assert held == ["second"]
    with first.connect() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    first.dispose()
    second.dispose()
    postgres.run(f"ALTER DATABASE {name} RESET ALL")


def test_a_session_that_ends_while_an_hour_is_decided_frees_the_lock_and_raises_nothing(postgres, url):
    first, second = open_engine(url), open_engine(url)
    with decision_lock(first):
        postgres.end_sessions(url)
        with decision_lock(second):
            pass
    first.dispose()
    second.dispose()


def test_a_ledger_goes_on_after_the_server_was_restarted(postgres, ledger):
    ledger.append([entry("a")])
    postgres.stop()
    with pytest.raises(LedgerError, match="cannot be used") as refused:
        ledger.append([entry("b")])
    assert "\n" not in str(refused.value)
    assert PASSWORD not in str(refused.value)
    postgres.start()
    assert ledger.append([entry("a"), entry("b")]) == 1
    assert not ledger.verify().faults


def test_a_wrong_password_and_an_unknown_host_are_refused_in_one_line_without_the_password(url):
    wrong = url.replace(PASSWORD, "hidden-word")
    for bad_url, found in ((wrong, "password authentication failed"), (f"{wrong}?port=1", "failed")):
        with pytest.raises(LedgerError, match=found) as refused:
            Ledger(bad_url)
        assert "hidden" not in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("role", ["origin", "replica", "local"])
def test_a_trigger_fires_for_the_superuser_and_for_a_session_that_replicates(postgres, url, ledger, role):
    ledger.append([entry("a")])
    with pytest.raises(Exception, match="append-only"):
        postgres.run("UPDATE decisions SET reason = 'x'", f"{url}?options=-csession_replication_role%3D{role}")


def test_a_trigger_that_was_switched_off_or_dropped_is_made_again_when_the_ledger_is_opened(postgres, url, ledger):
    ledger.append([entry("a")])
    for change in ("ALTER TABLE decisions DISABLE TRIGGER ALL", "DROP TRIGGER decisions_append_only ON decisions"):
        postgres.run(change, url)
        Ledger(url).close()
        with pytest.raises(Exception, match="append-only"):
            postgres.run("DELETE FROM decisions", url)


def test_rows_whose_hashes_were_removed_are_not_chained_again(postgres, url, ledger):
    ledger.append([entry("a")])
    postgres.run(DROP_HASHES, url)
    with pytest.raises(LedgerError, match="row_hash"):
        Ledger(url)


def test_a_ledger_from_before_the_chain_gets_its_hashes_once(postgres, url, ledger):
    ledger.append([entry("a"), entry("b")])
    for table in ("decisions", "overrides", "advices"):
        postgres.run(f"DROP TRIGGER {table}_append_only ON {table}", url)
    for statement in (DROP_HASHES, *WITHOUT_VERSION):
        postgres.run(statement, url)
    again = Ledger(url)
    again.append([entry("c")])
    report = again.verify()
    again.close()
    assert (report.rows["decisions"], list(report.faults)) == (3, [])


def test_a_user_who_may_only_read_and_add_rows_can_decide_and_override(postgres, url, ledger):
    postgres.run(f"CREATE ROLE adder LOGIN PASSWORD '{PASSWORD}'")
    postgres.run("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO adder", url)
    postgres.run("GRANT USAGE ON SCHEMA public TO adder", url)
    adder = Ledger(postgres.as_user(url, "adder"))
    with adder.deciding():
        assert adder.append([entry("a")]) == 1
    assert not adder.verify().faults
    with pytest.raises(Exception, match="permission denied"):
        postgres.run("DELETE FROM decisions", postgres.as_user(url, "adder"))
    adder.close()
    postgres.run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM adder", url)


def test_a_database_that_cannot_store_every_text_is_refused(postgres):
    latin = postgres.new_database("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    with pytest.raises(LedgerError, match="stores texts as LATIN1, expected UTF8"):
        Ledger(latin)


def test_a_text_that_postgresql_cannot_store_adds_nothing(ledger):
    with pytest.raises(LedgerError, match="cannot be used") as refused:
        ledger.append([entry("a"), entry("b\0")])
    assert "\n" not in str(refused.value)
    assert ledger.decisions() == []
