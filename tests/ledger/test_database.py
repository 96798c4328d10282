"""The lock of a ledger, and many processes that decide on one ledger."""

import multiprocessing
import threading

import pytest
from sqlalchemy import create_engine
from support.deciders import JOB_MW, ROOM_MW, decide_many, placed_mw

from fleet.errors import LedgerError
from fleet.ledger import Ledger, sqlite_url
from fleet.ledger.database import decision_lock, open_engine, sqlite_path


@pytest.mark.parametrize("is_locked", [True, False])
def test_eight_processes_on_one_ledger_never_promise_more_than_there_is(tmp_path, is_locked):
    # Every second process names the file through a link, as a second workspace may.
    (tmp_path / "link").symlink_to(tmp_path)
    urls = [sqlite_url(tmp_path / "ledger.sqlite"), sqlite_url(tmp_path / "link" / "ledger.sqlite")]
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


def test_two_engines_on_one_file_hold_the_lock_one_after_the_other(tmp_path):
    first, second = (open_engine(sqlite_url(tmp_path / "ledger.sqlite")) for _ in range(2))
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


def test_the_file_of_a_sqlite_url_is_found(tmp_path):
    assert sqlite_path(create_engine(sqlite_url(tmp_path / "x.sqlite"))) == tmp_path / "x.sqlite"
    assert sqlite_path(create_engine(f"sqlite:///file:{tmp_path}/x.sqlite?uri=true")) == tmp_path / "x.sqlite"
    assert sqlite_path(create_engine("sqlite://")) is None
    with decision_lock(create_engine("sqlite://")):
        pass


def test_a_lock_that_cannot_be_made_is_refused(tmp_path):
    engine = open_engine(sqlite_url(tmp_path / "ledger.sqlite"))
    (tmp_path / "decide.lock").mkdir()
    with pytest.raises(LedgerError, match="cannot be used"), decision_lock(engine):
        pass
