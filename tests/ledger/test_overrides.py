"""A person overrides a decision: what changes, and what is refused."""

import pytest
from support.entries import FIRST, ORIGIN, decision, denied, entry
from support.overrides import NOW, override, place_of_job

from fleet.domain.decision import Verdict
from fleet.errors import LedgerError


def test_an_override_changes_the_job_and_not_the_decision(ledger):
    ledger.append([entry("a")])
    record = override(ledger, entry("a").id[:6])
    assert (record.verdict, record.region, record.start_utc) == (Verdict.DENY, None, None)
    recorded = ledger.decision(entry("a").id)
    assert recorded.verdict is Verdict.APPROVE
    assert [(change.by, change.reason, change.made_utc) for change in recorded.overrides] == [
        ("Ann", "maintenance", NOW)
    ]
    assert place_of_job(ledger) == (Verdict.DENY, None, None)


def test_a_denied_job_that_a_person_approves_gets_its_least_unsafe_alternative(ledger):
    refused = entry(denied("a"))
    ledger.append([refused])
    override(ledger, refused.id, Verdict.APPROVE, is_forced=True)
    assert place_of_job(ledger) == (Verdict.APPROVE, "beta", FIRST + 1)


def test_a_job_that_a_person_denied_and_then_approved_gets_its_first_place_back(ledger):
    ledger.append([entry("a")])
    override(ledger, entry("a").id)
    override(ledger, entry("a").id, Verdict.APPROVE)
    assert place_of_job(ledger) == (Verdict.APPROVE, "alpha", FIRST)


def test_the_last_of_several_overrides_within_one_second_counts(ledger):
    ledger.append([entry("a")])
    for index in range(10):
        override(ledger, entry("a").id, (Verdict.DENY, Verdict.APPROVE)[index % 2], reason=f"change {index}")
    reasons = [record.reason for record in ledger.decision(entry("a").id).overrides]
    assert reasons == [f"change {index}" for index in range(10)]
    assert place_of_job(ledger) == (Verdict.APPROVE, "alpha", FIRST)


def test_a_job_without_alternatives_cannot_be_approved(ledger):
    refused = entry(denied("a", alternatives=()))
    ledger.append([refused])
    with pytest.raises(LedgerError, match="no place to approve"):
        override(ledger, refused.id, Verdict.APPROVE)


@pytest.mark.parametrize(
    ("by", "reason"), [("", "x"), ("  ", "x"), ("Ann", ""), ("Ann", "\n"), ("\udcff", "x"), ("Ann", "\udcff")]
)
def test_an_override_without_a_readable_name_and_reason_is_refused(ledger, by, reason):
    ledger.append([entry("a")])
    with pytest.raises(LedgerError):
        override(ledger, entry("a").id, by=by, reason=reason)
    assert ledger.decision(entry("a").id).overrides == ()


def test_an_override_of_an_unknown_decision_is_refused(ledger):
    with pytest.raises(LedgerError, match="no decision"):
        override(ledger, "abc")


def test_only_the_latest_decision_on_a_job_can_be_overridden(ledger):
    ledger.append([entry("a")])
    later = entry(decision("a", origin_utc=ORIGIN + 1))
    ledger.append([later])
    with pytest.raises(LedgerError, match=f"followed by {later.id}"):
        override(ledger, entry("a").id)
    override(ledger, later.id)
    assert place_of_job(ledger) == (Verdict.DENY, None, None)


def test_a_replayed_decision_cannot_be_overridden(ledger):
    ledger.append([entry("a", mode="replay")])
    with pytest.raises(LedgerError, match="belongs to a replay; only live"):
        override(ledger, entry("a", mode="replay").id)


def test_the_same_approval_of_a_place_is_recorded_once(ledger):
    refused = entry(denied("b"))
    ledger.append([refused])
    assert override(ledger, refused.id, Verdict.APPROVE, is_forced=True).start_utc is not None
    with pytest.raises(LedgerError, match="the same override"):
        override(ledger, refused.id, Verdict.APPROVE, is_forced=True)


def test_the_same_override_is_recorded_once(ledger):
    ledger.append([entry("a")])
    override(ledger, entry("a").id)
    with pytest.raises(LedgerError, match="the same override"):
        override(ledger, entry("a").id)
    override(ledger, entry("a").id, reason="another reason")
    assert len(ledger.decision(entry("a").id).overrides) == 2
