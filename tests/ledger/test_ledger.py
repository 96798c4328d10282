"""The ledger keeps every decision and override, and never changes one."""

import multiprocessing
import signal
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from support.entries import FIRST, decision, denied, entry
from support.overrides import override, place_of_job
from support.writers import append_and_override

from fleet.domain.decision import Verdict
from fleet.errors import LedgerError
from fleet.ledger import Ledger, ledger_file, sqlite_url
from fleet.ledger.database import reading

HOSTILE = 'x\'); DROP TABLE decisions; -- [red]no[/red] [/] :train: \\\n\tñ "quoted" %s {0}'


def test_appended_decisions_are_read_back(ledger):
    assert ledger.append([entry("a"), entry("b")]) == 2
    record = ledger.decision(entry("a").id)
    assert (record.job_id, record.verdict, record.region, record.start_utc) == ("a", Verdict.APPROVE, "alpha", FIRST)
    assert record.overrides == ()


def test_appending_again_adds_nothing_and_changes_nothing(ledger):
    ledger.append([entry("a")])
    before = ledger.decisions()
    assert ledger.append([entry("a", made_utc="2030-01-01T00:00:00Z"), entry("b")]) == 1
    assert ledger.append([]) == 0
    assert [record for record in ledger.decisions() if record.job_id == "a"] == before


def test_many_decisions_are_read_at_once_with_their_history(ledger):
    written = [entry("a"), entry("b"), entry(denied("c"))]
    ledger.append(written)
    ledger.override(written[0].id, Verdict.DENY, by="Ann", reason="x", made_utc="2024-05-20T01:30:00Z")
    chosen = [written[2], written[0]]
    ids = [one.id for one in chosen]
    cells = ledger.explained_cells(chosen)
    assert cells == [ledger.decision(decision_id).as_dict() for decision_id in ids]
    assert [list(one) for one in cells] == [list(ledger.decision(decision_id).as_dict()) for decision_id in ids]
    assert len(cells[1]["overrides"]) == 1
    assert ledger.explained_cells([]) == []


@pytest.mark.parametrize("count", [19, 20, 47])
def test_rows_that_are_added_together_keep_their_order_and_their_chain(ledger, count):
    names = [f"j{index}" for index in range(count)]
    assert ledger.append([entry(name) for name in names]) == count
    assert [(record.seq, record.job_id) for record in reversed(ledger.decisions())] == [*enumerate(names, start=1)]
    assert ledger.verify().faults == []


def test_the_same_entry_twice_in_one_append_is_one_decision(ledger):
    assert ledger.append([entry("a"), entry("a")]) == 1


def test_an_append_that_fails_adds_nothing(ledger):
    invalid = entry(decision("b", reason=None))
    with pytest.raises(LedgerError):
        ledger.append([entry("a"), invalid, entry("c")])
    assert ledger.decisions() == []


@pytest.mark.parametrize("table", ["decisions", "overrides"])
@pytest.mark.parametrize("change", ["UPDATE {} SET verdict = 'deny'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete_a_row(ledger, table, change):
    ledger.append([entry("a")])
    override(ledger, entry("a").id)
    with pytest.raises(Exception, match="append-only"), ledger._engine.begin() as connection:
        connection.execute(text(change.format(table)))
    assert len(ledger.decisions()) == 1
    assert len(ledger.decision(entry("a").id).overrides) == 1


def test_a_decision_is_found_by_the_beginning_of_its_id(ledger):
    ledger.append([entry(f"j{index}") for index in range(40)])
    decision_id = entry("j7").id
    assert ledger.decision(decision_id[:12]).job_id == "j7"


def test_the_id_of_a_job_stands_for_its_newest_live_decision(ledger):
    ledger.append([entry(denied("a")), entry("a"), entry("b", mode="replay"), entry("a", mode="replay")])
    assert ledger.decision("a").id == entry("a").id
    assert ledger.decision("b").mode == "replay"
    override(ledger, "a")
    assert len(ledger.decision(entry("a").id).overrides) == 1


def test_the_id_of_a_job_that_begins_the_id_of_another_decision_is_refused(ledger):
    of_other = entry("other").id
    ledger.append([entry("other"), entry(of_other[:6]), entry(of_other)])
    with pytest.raises(LedgerError, match="give more characters"):
        ledger.decision(of_other[:6])
    assert ledger.decision(of_other).job_id == "other"


def test_the_beginning_of_several_ids_or_of_none_is_refused(ledger):
    ledger.append([entry(f"j{index}") for index in range(40)])
    # Forty ids have sixteen possible first letters, so two ids share one.
    ids = sorted(record.id for record in ledger.decisions())
    shared = next(first[0] for first, second in pairwise(ids) if first[0] == second[0])
    with pytest.raises(LedgerError, match="several decisions"):
        ledger.decision(shared)
    for unknown in ("", "zzz", "%", "_", "'"):
        with pytest.raises(LedgerError, match="no decision and no job has id"):
            ledger.decision(unknown)


def test_the_last_of_several_decisions_on_a_job_within_one_second_counts(ledger):
    for index in range(10):
        ledger.append([entry(denied("a", policy=f"p{index}"))])
    ledger.append([entry("a")])
    assert place_of_job(ledger) == (Verdict.APPROVE, "alpha", FIRST)


def test_live_and_replayed_decisions_are_read_separately(ledger):
    ledger.append([entry("a"), entry("b", mode="replay")])
    assert [record.job_id for record in ledger.jobs(mode="live")] == ["a"]
    assert [record.job_id for record in ledger.decisions(mode="replay")] == ["b"]


def test_the_latest_decisions_come_first_up_to_the_requested_number(ledger):
    ledger.append([entry(f"j{index}", made_utc=f"2024-05-20T0{index}:00:00Z") for index in range(5)])
    assert [record.job_id for record in ledger.decisions(limit=2)] == ["j4", "j3"]


def test_hostile_text_is_stored_unchanged(ledger):
    hostile = entry(decision(HOSTILE, reason=HOSTILE))
    ledger.append([hostile])
    override(ledger, hostile.id, by=HOSTILE, reason=HOSTILE)
    record = ledger.decision(hostile.id)
    assert (record.job_id, record.reason) == (HOSTILE, HOSTILE)
    assert (record.overrides[0].by, record.overrides[0].reason) == (HOSTILE.strip(), HOSTILE.strip())


@pytest.mark.slow
def test_more_decisions_than_one_statement_takes_are_all_appended(ledger):
    assert ledger.append([entry(f"j{index}") for index in range(5_001)]) == 5_001


@pytest.mark.slow
def test_two_processes_that_write_at_the_same_time_lose_nothing(ledger, url):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=append_and_override, args=(url, name)) for name in ("ann", "bob")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    # Each writer has 25 times 4 entries of its own, and both write the same 25 entries.
    assert len(ledger.decisions()) == 225
    assert sum(len(ledger.decision(record.id).overrides) for record in ledger.decisions()) == 50


def test_several_threads_may_open_a_new_ledger_and_append_the_same_entries(url):
    errors = []
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


APPENDING_PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from support.entries import entry
from fleet.ledger import Ledger
ledger = Ledger({url!r})
for batch in range(10_000):
    ledger.append([entry(f"{{batch}}-{{number}}") for number in range(50)])
    print(batch, flush=True)
"""


@pytest.mark.slow
def test_a_process_killed_while_it_appends_loses_nothing_that_was_committed(url):
    program = APPENDING_PROGRAM.format(url=url, tests=str(Path(__file__).parents[1]))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as writer:
        for _ in range(3):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        committed = 3 + len(writer.stdout.read().split())
    ledger = Ledger(url)
    records = ledger.decisions()
    batches = {record.job_id.split("-")[0] for record in records}
    # Each batch is complete. The last one may have been committed and not printed.
    assert len(records) == 50 * len(batches)
    assert committed <= len(batches) <= committed + 1
    assert ledger.append([entry("after")]) == 1
    assert not ledger.verify().faults
    if ledger_file(url):
        with reading(ledger._engine) as connection:
            assert connection.execute(text("PRAGMA integrity_check")).fetchone() == ("ok",)
    ledger.close()


@pytest.mark.parametrize(
    "bad_url",
    ["magic://host/db", "no url at all", "", "postgresql+nosuchdriver://host/db", "sqlite:////proc/none/x.sqlite"],
)
def test_a_ledger_that_cannot_be_opened_is_refused_in_one_line(bad_url):
    with pytest.raises(LedgerError, match="cannot be used") as refused:
        Ledger(bad_url)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_a_database_is_refused_in_one_line(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database, " * 500)
    with pytest.raises(LedgerError, match="not a database") as refused:
        Ledger(sqlite_url(path))
    assert "\n" not in str(refused.value)
    assert path.read_bytes().startswith(b"not a database")


REPLACING = {
    "sqlite": ["INSERT OR REPLACE INTO decisions SELECT * FROM decisions"],
    "postgresql": [
        "INSERT INTO decisions SELECT * FROM decisions ON CONFLICT (id) DO UPDATE SET reason = ''",
        "MERGE INTO decisions USING overrides ON true WHEN MATCHED THEN DELETE",
        "TRUNCATE decisions CASCADE",
    ],
}


def test_a_row_is_not_replaced_by_any_statement_that_the_database_knows(ledger):
    ledger.append([entry("a")])
    for statement in REPLACING[ledger._engine.dialect.name]:
        with ledger._engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.execute(text(statement))
    assert [record.reason for record in ledger.decisions()] == [entry("a").decision.reason]
