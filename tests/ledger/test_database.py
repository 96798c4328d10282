"""The lock of a ledger, and many processes that decide on one ledger."""

import multiprocessing
import sys
import threading
import time
import traceback

import pytest
from sqlalchemy import func, inspect, select, text
from support.deciders import JOB_MW, ROOM_MW, decide_many, placed_mw
from support.entries import entry

from fleet.errors import LedgerError
from fleet.ledger import Ledger
from fleet.ledger.database import decision_lock, open_engine, reading
from fleet.ledger.tables import decisions


@pytest.mark.parametrize("is_locked", [True, False])
def test_eight_processes_on_one_ledger_never_promise_more_than_there_is(url, tmp_path, is_locked):
    # Every second process names the database in another way, as a second workspace may: a file through a link.
    (tmp_path / "link").symlink_to(tmp_path)
    urls = [url, url.replace(str(tmp_path), str(tmp_path / "link")).replace("127.0.0.1", "localhost")]
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(
            target=decide_many, args=(urls[index % 2], f"p{index}", tmp_path), kwargs={"is_locked": is_locked}
        )
        for index in range(8)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    ledger = Ledger(urls[0])
    # Three jobs of 3 MW fit into 10 MW.
    assert placed_mw(ledger.jobs(mode="live")) == 3 * JOB_MW <= ROOM_MW
    ledger.close()
    if is_locked:
        # Under the lock, nobody's work is lost.
        assert not list(tmp_path.glob("*.refused"))


def test_two_engines_on_one_database_hold_the_lock_one_after_the_other(url):
    first, second = open_engine(url), open_engine(url)
    events = []

    def decide() -> None:
        with decision_lock(second):
            events.append("second")

    with decision_lock(first):
        waiting = threading.Thread(target=decide)
        waiting.start()
        waiting.join(0.2)
        events.append("first")
    waiting.join()
    assert events == ["first", "second"]
    first.dispose()
    second.dispose()


def test_the_lock_is_free_after_an_error(url):
    engine = open_engine(url)
    with pytest.raises(ValueError, match="stop"), decision_lock(engine):
        raise ValueError("stop")
    with decision_lock(engine):
        pass
    engine.dispose()


def test_all_reads_of_one_connection_see_one_moment(url, ledger):
    ledger.append([entry("a")])
    with reading(ledger._engine) as connection:
        query = select(func.count()).select_from(decisions)
        assert connection.scalar(query) == 1
        other = Ledger(url)
        other.append([entry("b")])
        other.close()
        assert connection.scalar(query) == 1
    assert len(ledger.decisions()) == 2


@pytest.mark.parametrize(
    "bad_url",
    [
        "postgresql://ann:hidden@word@127.0.0.1:1/ledger",
        "postgresql://ann:hidden",
        "postgresql://ann@127.0.0.1:hidden/ledger",
        "postgresql+psycopg2://ann:hidden@127.0.0.1:1/ledger",
        "mysql://ann:hidden@127.0.0.1/ledger",
        "hidden",
    ],
)
def test_no_part_of_a_url_that_may_be_a_password_is_shown(bad_url):
    with pytest.raises(LedgerError, match="cannot be used") as refused:
        Ledger(bad_url)
    shown = "".join(traceback.format_exception(refused.value))
    assert "hidden" not in str(refused.value)
    assert "word" not in str(refused.value).replace("PASSWORD", "").replace("password", "")
    assert "invalid literal" not in shown
    assert "\n" not in str(refused.value)


def test_a_missing_driver_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        LedgerError, match=r"needs the package psycopg.* `pip install .psycopg\[binary\]>=3.2.`"
    ) as refused:
        Ledger("postgresql://ann:hidden@127.0.0.1:1/ledger")
    assert "hidden" not in str(refused.value)


def test_a_table_of_somebody_else_is_left_as_it_is(url):
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE overrides (id INTEGER, colour TEXT)"))
    with pytest.raises(LedgerError, match=r"another table overrides, without the column by; .* database of its own"):
        Ledger(url)
    assert {column["name"] for column in inspect(engine).get_columns("overrides")} == {"id", "colour"}
    engine.dispose()


def test_waiting_writers_leave_connections_for_the_one_that_they_wait_for(url):
    with Ledger(url) as ledger:
        begun = threading.Barrier(21)

        def write():
            begun.wait(30)
            with ledger.writing():
                pass

        threads = [threading.Thread(target=write) for _ in range(20)]
        with ledger.writing():
            for thread in threads:
                thread.start()
            begun.wait(30)
            # Long enough that each of them has taken what it takes before it waits.
            time.sleep(0.5)
            assert ledger.engine.pool.checkedout() == 1
            with ledger.reading() as connection:
                assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
