"""Searching the recorded decisions."""

import pytest
from support.entries import FIRST, ORIGIN, decision, denied, entry, job

from fleet.domain.decision import Verdict
from fleet.domain.remedy import Change, Remedy
from fleet.errors import ConfigError
from fleet.ledger import DecisionSearch, Ledger, PlaceChoice, sqlite_url


@pytest.fixture
def ledger(tmp_path):
    with Ledger(sqlite_url(tmp_path / "ledger.sqlite")) as opened:
        remedy = Remedy(change=Change.LATER, region="beta", start_utc=FIRST + 3, later_h=2)
        opened.append(
            [
                entry(decision("small")),
                entry(decision("big", start_utc=FIRST + 1), job=job("big", power_mw=5.0)),
                entry(denied("refused", remedies=(remedy,))),
                entry(decision("old", origin_utc=ORIGIN - 5), mode="replay"),
            ]
        )
        yield opened


def found(ledger, **wanted):
    return [record.job_id for record in ledger.search(DecisionSearch(**wanted)).decisions]


def test_each_condition_selects_its_decisions(ledger):
    assert found(ledger, mode="replay") == ["old"]
    assert found(ledger, verdicts=(Verdict.DENY,)) == ["refused"]
    assert found(ledger, without_place=True) == ["refused"]
    assert found(ledger, region="alpha", mode="live", order="job") == ["big", "refused", "small"]
    assert found(ledger, limit="grid", until=ORIGIN - 1) == ["old"]
    assert found(ledger, since=ORIGIN, mode="live", without_place=False, order="power") == ["big", "small"]
    assert found(ledger, text="FUSE") == ["refused"]
    assert found(ledger, text="runs now", mode="live", order="job") == ["big", "small"]
    assert found(ledger, text="%") == []
    assert found(ledger, contested=True) == []


def test_a_page_counts_all_decisions(ledger):
    page = ledger.search(DecisionSearch(order="start", most=2, skip=1))
    assert (page.count, len(page.decisions)) == (4, 2)
    assert page.decisions[-1].job_id == "big"


def test_what_a_person_decided_holds_and_only_the_newest_decision_of_a_job_is_found(ledger):
    [refused] = ledger.search(DecisionSearch(verdicts=(Verdict.DENY,))).decisions
    assert [remedy.later_h for remedy in refused.remedies] == [2]
    choice = PlaceChoice(is_forced=True)
    words = {"by": "Ann", "reason": "agreed", "made_utc": "2024-05-20T01:10:00Z", "choice": choice}
    ledger.override(refused.id, Verdict.APPROVE, **words)
    assert found(ledger, verdicts=(Verdict.DENY,)) == []
    assert found(ledger, overridden=True, region="beta") == ["refused"]
    ledger.append([entry(denied("refused", origin_utc=ORIGIN + 1), previous_id=refused.id)])
    assert found(ledger, newest=True, without_place=True) == ["refused"]
    assert len(found(ledger, text="refused")) == 2


def test_an_unknown_order_and_an_empty_page_are_refused():
    with pytest.raises(ConfigError, match="expected one of made"):
        DecisionSearch(order="colour")
    with pytest.raises(ConfigError, match="expected 1 to"):
        DecisionSearch(most=0)
