"""A reader names the jobs that it needs, and gets their latest records as if it had read all."""

import numpy as np
import pytest
from support.entries import FIRST, decision, denied, entry, job

from fleet.domain.decision import Verdict
from fleet.ledger import Ledger, NeededJobs, PlaceChoice, sqlite_url

NOW = "2024-05-20T00:30:00Z"


@pytest.fixture
def ledger(tmp_path):
    with Ledger(sqlite_url(tmp_path / "ledger.sqlite")) as ledger:
        yield ledger


def place(name: str, start: int, duration_h: int = 2):
    """Return the entry of a job that starts so many hours after FIRST."""
    made = decision(name, start_utc=FIRST + start, verdict=Verdict.DEFER)
    return entry(made, job=job(name, duration_h=duration_h, deadline_utc=FIRST + 400))


def names(records) -> list[str]:
    return [record.job_id for record in records]


def test_jobs_that_end_late_enough_and_named_jobs_are_read_in_the_order_of_their_first_decisions(ledger):
    ledger.append([place("late", 9), place("over", 0), place("named", 0), place("long", 0, duration_h=9)])
    ledger.append([place("late", 10)])
    needed = NeededJobs(ending_after=FIRST + 2, job_ids=["named", "unknown"])
    found = ledger.jobs(mode="live", needed=needed)
    assert names(found) == ["late", "named", "long"]
    assert found == [record for record in ledger.jobs(mode="live") if record.job_id != "over"]
    assert ledger.jobs(mode="replay", needed=needed) == []


def test_a_place_that_a_person_gave_counts(ledger):
    refused = entry(denied("a"))
    ledger.append([refused])
    # Its alternative begins an hour after FIRST, and the job runs for two hours.
    last = NeededJobs(ending_after=FIRST + 2)
    assert ledger.jobs(mode="live", needed=last) == []
    choice = PlaceChoice(is_forced=True)
    ledger.override(refused.id, Verdict.APPROVE, by="Ann", reason="must run", made_utc=NOW, choice=choice)
    assert names(ledger.jobs(mode="live", needed=last)) == ["a"]
    assert names(ledger.jobs(mode="live", needed=NeededJobs(ending_after=FIRST + 3))) == []


def test_all_decisions_on_a_needed_job_are_read_the_latest_first(ledger):
    first, second, other = place("a", 5), place("a", 7), place("b", 0)
    ledger.append([first, other])
    ledger.append([second])
    needed = NeededJobs(ending_after=FIRST + 6)
    assert [record.id for record in ledger.places(mode="live", needed=needed)] == [second.id, first.id]
    assert len(ledger.places(mode="live")) == 3


@pytest.mark.slow
def test_more_jobs_than_one_statement_takes_are_read(ledger):
    ledger.append([place(f"j{index}", index % 3) for index in range(5_001)])
    needed = NeededJobs(ending_after=FIRST + 100, job_ids=[f"j{index}" for index in range(5_001)])
    assert len(ledger.jobs(mode="live", needed=needed)) == 5_001


def test_the_newest_hour_of_a_decision_is_known(ledger):
    assert ledger.newest_origin(mode="live") is None
    ledger.append([entry(decision("a", origin_utc=FIRST + hours)) for hours in (0, 5, 2)])
    assert ledger.newest_origin(mode="live") == FIRST + 5
    assert ledger.newest_origin(mode="replay") is None


def test_the_longest_job_is_found_in_its_last_hour(ledger):
    ledger.append([place("longest", 0, duration_h=14 * 24)])
    last = FIRST + np.timedelta64(14 * 24 - 1, "h")
    assert names(ledger.jobs(mode="live", needed=NeededJobs(ending_after=last))) == ["longest"]
    assert not ledger.jobs(mode="live", needed=NeededJobs(ending_after=last + 1))


@pytest.mark.parametrize("chunk", [1, 5_000])
def test_many_ids_find_what_few_ids_find(ledger, monkeypatch, chunk):
    monkeypatch.setattr("fleet.ledger.latest_jobs._CHUNK", chunk)
    entries = [place("a", 3), place("b", 3), place("c", 3)]
    assert (ledger.append(entries), ledger.append(entries)) == (3, 0)
    assert not any(record.overridden for record in ledger.jobs(mode="live"))
    ledger.override(entries[1].id, Verdict.DENY, by="Ann", reason="x", made_utc=NOW)
    assert [record.overridden for record in ledger.jobs(mode="live")] == [False, True, False]
    assert [len(cells["overrides"]) for cells in ledger.explained_cells(entries)] == [0, 1, 0]
