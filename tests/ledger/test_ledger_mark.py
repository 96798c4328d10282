"""A mark tells from which hour on the rows after it change anything."""

import pytest
from support.entries import FIRST, decision, entry

from fleet.domain.decision import Verdict
from fleet.ledger import Ledger, sqlite_url
from fleet.ledger.ledger_mark import EVERY_HOUR

NOW = "2024-05-20T00:30:00Z"


@pytest.fixture
def ledger(tmp_path):
    with Ledger(sqlite_url(tmp_path / "ledger.sqlite")) as ledger:
        yield ledger


def placed(name: str, start: int, origin: int):
    """Return an entry that was made `origin` hours after FIRST, with a place `start` hours after FIRST."""
    return entry(decision(name, start_utc=FIRST + start, origin_utc=FIRST + origin, verdict=Verdict.DEFER))


def test_without_a_new_row_nothing_changes(ledger):
    assert ledger.first_change(ledger.mark()) is None
    ledger.append([placed("a", 5, 0)])
    assert ledger.first_change(ledger.mark()) is None


def test_a_new_decision_changes_the_hours_from_its_origin_on(ledger):
    mark = ledger.mark()
    ledger.append([placed("a", 5, 3)])
    assert ledger.first_change(mark) == FIRST + 3


def test_a_job_that_is_decided_again_changes_the_hours_from_its_old_place_on(ledger):
    ledger.append([placed("a", 2, 0)])
    mark = ledger.mark()
    ledger.append([placed("a", 9, 4)])
    assert ledger.first_change(mark) == FIRST + 2


def test_only_the_latest_place_before_the_mark_counts(ledger):
    ledger.append([placed("a", 2, 0)])
    ledger.append([placed("a", 7, 1)])
    mark = ledger.mark()
    ledger.append([placed("a", 9, 6)])
    assert ledger.first_change(mark) == FIRST + 6


def test_a_denial_of_a_running_job_changes_the_hours_from_its_start_on(ledger):
    running = placed("a", 2, 0)
    ledger.append([running, placed("b", 8, 0)])
    mark = ledger.mark()
    ledger.override(running.id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    assert ledger.first_change(mark) == FIRST + 2
    assert ledger.first_change(ledger.mark()) is None


def test_a_mark_of_another_ledger_or_of_a_lost_row_knows_nothing(ledger, tmp_path):
    ledger.append([placed("a", 2, 0)])
    with Ledger(sqlite_url(tmp_path / "other" / "ledger.sqlite")) as other:
        other.append([placed("b", 2, 0)])
        assert ledger.first_change(other.mark()) == EVERY_HOUR
        other.append([placed("c", 2, 0)])
        assert ledger.first_change(other.mark()) == EVERY_HOUR


def test_a_replay_in_the_ledger_changes_nothing(ledger):
    mark = ledger.mark()
    ledger.append([entry(decision("a", start_utc=FIRST), mode="replay")])
    assert ledger.first_change(mark) is None
