"""The ledger keeps every decision and override, and changes none."""

import multiprocessing
import signal
import sqlite3
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from support.entries import ORIGIN, decision, denied, entry
from support.writers import append_and_override

from fleet.domain.decision import Verdict
from fleet.errors import LedgerError
from fleet.ledger import Ledger, sqlite_url

NOW = "2024-05-20T02:00:00Z"
HOSTILE = 'x\'); DROP TABLE decisions; -- [red]no[/red] [/] :train: \\\n\tñ "quoted" %s {0}'


@pytest.fixture
def url(tmp_path):
    return sqlite_url(tmp_path / "ledger.sqlite")


@pytest.fixture
def ledger(url):
    book = Ledger(url)
    yield book
    book.close()


def overridden(ledger, key, verdict=Verdict.DENY, *, by="Ann", reason="maintenance", made_utc=NOW):
    return ledger.override(key, verdict, by=by, reason=reason, made_utc=made_utc)


def test_what_was_appended_is_read_back(ledger):
    assert ledger.append([entry("a"), entry("b")]) == 2
    row = ledger.decision(entry("a").id)
    assert (row["job_id"], row["verdict"], row["region"], row["start_utc"]) == (
        "a",
        "approve",
        "alpha",
        "2024-05-20T01:00Z",
    )
    assert row["binding"]["limit"] == "grid"
    assert row["expected"] == {"carbon_kg": 1.0, "water_l": 2.0, "cost_usd": 3.0}
    assert row["overrides"] == []


def test_appending_again_adds_nothing_and_changes_nothing(ledger):
    ledger.append([entry("a")])
    before = ledger.decisions()
    assert ledger.append([entry("a", made_utc="2030-01-01T00:00:00Z"), entry("b")]) == 1
    assert ledger.append([]) == 0
    assert [row for row in ledger.decisions() if row["job_id"] == "a"] == before


def test_the_same_entry_twice_in_one_append_is_one_decision(ledger):
    assert ledger.append([entry("a"), entry("a")]) == 1


def test_an_append_that_fails_adds_nothing(ledger):
    broken = entry(decision("b", reason=None))
    with pytest.raises(LedgerError):
        ledger.append([entry("a"), broken, entry("c")])
    assert ledger.decisions() == []


@pytest.mark.parametrize("table", ["decisions", "overrides"])
@pytest.mark.parametrize("change", ["UPDATE {} SET verdict = 'deny'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete_a_row(ledger, url, table, change):
    ledger.append([entry("a")])
    overridden(ledger, entry("a").id)
    engine = create_engine(url)
    with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
        connection.execute(text(change.format(table)))
    engine.dispose()
    assert len(ledger.decisions()) == 1
    assert len(ledger.decision(entry("a").id)["overrides"]) == 1


def test_a_decision_is_found_by_the_beginning_of_its_id(ledger):
    ledger.append([entry(f"j{index}") for index in range(40)])
    key = entry("j7").id
    assert ledger.decision(key[:12])["job_id"] == "j7"


def test_a_beginning_that_several_share_or_none_has_is_refused(ledger):
    ledger.append([entry(f"j{index}") for index in range(40)])
    # Forty ids over sixteen first letters: some letter begins two.
    ids = sorted(row["id"] for row in ledger.decisions())
    shared = next(a[0] for a, b in pairwise(ids) if a[0] == b[0])
    with pytest.raises(LedgerError, match="several decisions"):
        ledger.decision(shared)
    for unknown in ("", "zzz", "%", "_", "'"):
        with pytest.raises(LedgerError, match="no decision has id"):
            ledger.decision(unknown)


def test_an_override_leaves_the_decision_as_it_was_and_is_effective(ledger):
    ledger.append([entry("a")])
    row = overridden(ledger, entry("a").id[:6])
    assert (row["verdict"], row["region"], row["start_utc"]) == ("deny", None, None)
    whole = ledger.decision(entry("a").id)
    assert whole["verdict"] == "approve"
    assert [(each["by"], each["reason"], each["made_utc"]) for each in whole["overrides"]] == [
        ("Ann", "maintenance", NOW)
    ]
    (effective,) = ledger.jobs(mode="live")
    assert (effective["verdict"], effective["region"], effective["start_utc"]) == ("deny", None, None)


def test_approving_a_denied_job_takes_its_least_unsafe_alternative(ledger):
    own = entry(denied("a"))
    ledger.append([own])
    overridden(ledger, own.id, Verdict.APPROVE)
    (effective,) = ledger.jobs(mode="live")
    assert (effective["verdict"], effective["region"], effective["start_utc"]) == (
        "approve",
        "beta",
        "2024-05-20T02:00Z",
    )


def test_approving_what_was_denied_by_a_person_restores_the_first_place(ledger):
    ledger.append([entry("a")])
    overridden(ledger, entry("a").id)
    overridden(ledger, entry("a").id, Verdict.APPROVE)
    (effective,) = ledger.jobs(mode="live")
    assert (effective["verdict"], effective["region"], effective["start_utc"]) == (
        "approve",
        "alpha",
        "2024-05-20T01:00Z",
    )


def test_of_overrides_within_one_second_the_last_counts(ledger):
    ledger.append([entry("a")])
    for index in range(10):
        overridden(ledger, entry("a").id, (Verdict.DENY, Verdict.APPROVE)[index % 2], reason=f"change {index}")
    assert [each["reason"] for each in ledger.decision(entry("a").id)["overrides"]] == [
        f"change {i}" for i in range(10)
    ]
    assert ledger.jobs(mode="live")[0]["verdict"] == "approve"


def test_of_decisions_on_a_job_within_one_second_the_last_counts(ledger):
    for index in range(10):
        ledger.append([entry(denied("a", policy=f"p{index}"))])
    ledger.append([entry("a")])
    (effective,) = ledger.jobs(mode="live")
    assert effective["verdict"] == "approve"


def test_a_job_that_had_no_place_left_cannot_be_approved(ledger):
    own = entry(denied("a", alternatives=()))
    ledger.append([own])
    with pytest.raises(LedgerError, match="no place to approve"):
        overridden(ledger, own.id, Verdict.APPROVE)


@pytest.mark.parametrize(
    ("by", "reason"), [("", "x"), ("  ", "x"), ("Ann", ""), ("Ann", "\n"), ("\udcff", "x"), ("Ann", "\udcff")]
)
def test_an_override_without_a_name_or_reason_is_refused(ledger, by, reason):
    ledger.append([entry("a")])
    with pytest.raises(LedgerError):
        overridden(ledger, entry("a").id, by=by, reason=reason)
    assert ledger.decision(entry("a").id)["overrides"] == []


def test_an_override_of_an_unknown_decision_is_refused(ledger):
    with pytest.raises(LedgerError, match="no decision"):
        overridden(ledger, "abc")


def test_live_and_replayed_decisions_are_kept_apart(ledger):
    ledger.append([entry("a"), entry("b", mode="replay")])
    assert [row["job_id"] for row in ledger.jobs(mode="live")] == ["a"]
    assert [row["job_id"] for row in ledger.decisions(mode="replay")] == ["b"]


def test_the_latest_decisions_come_first_and_as_many_as_asked_for(ledger):
    ledger.append([entry(f"j{index}", made_utc=f"2024-05-20T0{index}:00:00Z") for index in range(5)])
    assert [row["job_id"] for row in ledger.decisions(limit=2)] == ["j4", "j3"]


def test_hostile_words_are_stored_as_they_are(ledger):
    own = entry(decision(HOSTILE, reason=HOSTILE))
    ledger.append([own])
    overridden(ledger, own.id, by=HOSTILE, reason=HOSTILE)
    row = ledger.decision(own.id)
    assert (row["job_id"], row["reason"]) == (HOSTILE, HOSTILE)
    assert (row["overrides"][0]["by"], row["overrides"][0]["reason"]) == (HOSTILE.strip(), HOSTILE.strip())


def test_more_decisions_than_one_statement_takes_are_appended_whole(ledger):
    assert ledger.append([entry(f"j{index}") for index in range(5_001)]) == 5_001


def test_two_processes_that_write_at_once_lose_nothing(ledger, url):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=append_and_override, args=(url, name)) for name in ("ann", "bob")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    # Two times 25 times 4 of their own, and 25 that both wrote.
    assert len(ledger.decisions()) == 225
    assert sum(len(ledger.decision(row["id"])["overrides"]) for row in ledger.decisions()) == 50


def test_opening_and_appending_the_same_at_once_is_no_error(tmp_path):
    url, errors = sqlite_url(tmp_path / "deep" / "ledger.sqlite"), []
    ready = threading.Barrier(6)

    def write() -> None:
        try:
            ready.wait()
            ledger = Ledger(url)
            ledger.append([entry(f"j{index}") for index in range(50)])
            ledger.close()
        except LedgerError as error:
            errors.append(error)

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    ledger = Ledger(url)
    assert len(ledger.decisions()) == 50
    ledger.close()


KILLED = """
import sys
sys.path.insert(0, {tests!r})
from support.entries import entry
from fleet.ledger import Ledger
ledger = Ledger({url!r})
for batch in range(10_000):
    ledger.append([entry(f"{{batch}}-{{number}}") for number in range(50)])
    print(batch, flush=True)
"""


def test_a_process_killed_while_it_appends_loses_nothing_that_was_committed(url, tmp_path):
    program = KILLED.format(url=url, tests=str(Path(__file__).parents[1]))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as writer:
        for _ in range(3):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        committed = 3 + len(writer.stdout.read().split())
    ledger = Ledger(url)
    rows = ledger.decisions()
    batches = {row["job_id"].split("-")[0] for row in rows}
    # Each batch is whole; the last may have been committed before it could be told.
    assert len(rows) == 50 * len(batches)
    assert committed <= len(batches) <= committed + 1
    assert ledger.append([entry("after")]) == 1
    ledger.close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.parametrize(
    "wrong",
    ["magic://host/db", "no url at all", "", "postgresql+nosuchdriver://host/db", "sqlite:////proc/none/x.sqlite"],
)
def test_a_ledger_that_cannot_be_opened_is_refused_in_one_line(wrong):
    with pytest.raises(LedgerError, match="cannot be used") as refused:
        Ledger(wrong)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database, " * 500)
    with pytest.raises(LedgerError, match="not a database") as refused:
        Ledger(sqlite_url(path))
    assert "\n" not in str(refused.value)
    assert path.read_bytes().startswith(b"not a database")


def test_a_decision_that_another_followed_cannot_be_overridden(ledger):
    ledger.append([entry("a")])
    later = entry(decision("a", origin_utc=ORIGIN + 1))
    ledger.append([later])
    with pytest.raises(LedgerError, match=f"followed by {later.id}"):
        overridden(ledger, entry("a").id)
    overridden(ledger, later.id)
    assert ledger.jobs(mode="live")[0]["verdict"] == "deny"


def test_a_replayed_decision_cannot_be_overridden(ledger):
    ledger.append([entry("a", mode="replay")])
    with pytest.raises(LedgerError, match="history"):
        overridden(ledger, entry("a", mode="replay").id)


def test_replacing_a_row_is_refused_too(ledger):
    ledger.append([entry("a")])
    with ledger._engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("INSERT OR REPLACE INTO decisions SELECT * FROM decisions"))
