"""The place that an approval by a person gives to a job: a recorded one, not over, and not overloaded unseen."""

import pytest
from support.entries import FIRST, decision, denied, entry

from fleet.domain.decision import Alternative, Verdict
from fleet.errors import LedgerError
from fleet.ledger import PlaceChoice

# The alternatives of a denied job start at 02:00: beta lacks 0.5 MW and alpha lacks 2 MW.
BEFORE, AFTER = "2024-05-20T02:59:59Z", "2024-05-20T03:00:00Z"
FORCED = PlaceChoice(is_forced=True)


def approve(ledger, decision_id, choice=None, made_utc=BEFORE) -> tuple:
    """Approve a decision; return region and start."""
    record = ledger.override(decision_id, Verdict.APPROVE, by="Ann", reason="x", made_utc=made_utc, choice=choice)
    return record.region, record.start_utc


def recorded(ledger, given) -> str:
    """Record a decision; return its id."""
    made = entry(given)
    ledger.append([made])
    return made.id


def test_a_start_that_has_passed_is_refused_and_nothing_is_recorded(ledger):
    refused = recorded(ledger, denied("a"))
    with pytest.raises(LedgerError, match="beta from 2024-05-20T02:00Z has passed"):
        approve(ledger, refused, FORCED, AFTER)
    assert ledger.decision(refused).overrides == ()
    assert approve(ledger, refused, FORCED, BEFORE) == ("beta", FIRST + 1)


def test_an_overload_is_named_in_mw_and_needs_force(ledger):
    refused = recorded(ledger, denied("a"))
    with pytest.raises(LedgerError, match=r"beta from .* is overloaded by 0\.5 MW at the bound; --force"):
        approve(ledger, refused)
    with pytest.raises(LedgerError, match=r"alpha from .* is overloaded by 2 MW"):
        approve(ledger, refused, PlaceChoice(region="alpha"))
    assert ledger.decision(refused).overrides == ()


def test_a_place_without_a_bound_needs_force(ledger):
    nowhere = Alternative(region="beta", start_utc=FIRST + 1, cost_usd=1.0, headroom_left_mw=float("-inf"))
    refused = recorded(ledger, denied("a", alternatives=(nowhere,)))
    with pytest.raises(LedgerError, match="no bound can be given"):
        approve(ledger, refused)


def test_a_recorded_alternative_is_chosen_by_region_and_start(ledger):
    safe = tuple(
        Alternative(region=region, start_utc=FIRST + start, cost_usd=1.0, headroom_left_mw=1.5)
        for region, start in (("beta", 2), ("gamma", 3))
    )
    made = recorded(ledger, decision("a", alternatives=safe))
    assert approve(ledger, made, PlaceChoice(region="gamma")) == ("gamma", FIRST + 3)
    assert approve(ledger, made, PlaceChoice(start_utc=FIRST + 2)) == ("beta", FIRST + 2)
    with pytest.raises(LedgerError, match="recorded no place delta, expected one of: alpha from"):
        approve(ledger, made, PlaceChoice(region="delta"))
    # A job of 1 MW that came to gamma after the decision leaves 0.5 of the 1.5 MW; a second one leaves nothing.
    for name in ("b", "c"):
        ledger.append([entry(decision(name, region="gamma", start_utc=FIRST + 3), made_utc="2024-05-20T01:30:00Z")])
    with pytest.raises(LedgerError, match=r"by 0\.5 MW at the bound, with 2 MW placed there since"):
        approve(ledger, made, PlaceChoice(region="gamma"))


def test_a_job_that_another_host_placed_later_counts_whatever_its_clock_says(ledger):
    safe = Alternative(region="gamma", start_utc=FIRST + 3, cost_usd=1.0, headroom_left_mw=0.5)
    made = entry(decision("a", alternatives=(safe,)), made_utc="2024-05-20T01:30:00Z")
    together = entry(decision("b", region="gamma", start_utc=FIRST + 3), made_utc="2024-05-20T01:30:00Z")
    ledger.append([made, together])
    # The headroom beside the job counts what was decided together with it.
    assert approve(ledger, made.id, PlaceChoice(region="gamma")) == ("gamma", FIRST + 3)
    ledger.override(made.id, Verdict.DENY, by="Ann", reason="x", made_utc=BEFORE)
    # This host began earlier, and waited for the lock.
    ledger.append([entry(decision("c", region="gamma", start_utc=FIRST + 3), made_utc="2024-05-20T01:00:00Z")])
    with pytest.raises(LedgerError, match=r"by 0\.5 MW at the bound, with 1 MW placed there since"):
        approve(ledger, made.id, PlaceChoice(region="gamma"))


def test_a_denied_place_is_given_back_only_if_nobody_else_got_it(ledger):
    made = recorded(ledger, decision("a", start_utc=FIRST + 2))
    assert approve(ledger, made) == ("alpha", FIRST + 2)
    ledger.override(made, Verdict.DENY, by="Ann", reason="x", made_utc=BEFORE)
    assert approve(ledger, made) == ("alpha", FIRST + 2)
    ledger.override(made, Verdict.DENY, by="Ann", reason="x", made_utc=BEFORE)
    ledger.append([entry(decision("b", start_utc=FIRST + 3), made_utc=BEFORE)])
    with pytest.raises(LedgerError, match="by 1 MW at the bound"):
        approve(ledger, made)
