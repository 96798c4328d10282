"""The live controller, read out of the ledger and the telemetry."""

import numpy as np
import pytest
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.ledger import Ledger, sqlite_url
from fleet.live.hour import tick
from fleet.live.live_controller import live_controller

FLEET = fleet_of(region("alpha"))
STORED = calm(FLEET)
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"


@pytest.fixture
def ledger(tmp_path):
    book = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    yield book
    book.close()


def ticked(ledger, jobs, at=AT, telemetry=STORED, policy="greedy"):
    return tick(telemetry, FLEET, jobs, ledger, settings=NAIVE, policy=policy, made_utc=NOW, at=at)


def controller(ledger, at, telemetry=STORED):
    known = telemetry.hours(0, telemetry.position(at) + 1)
    return live_controller(ledger, ledger.jobs(mode="live"), known, FLEET, NAIVE)


def test_an_approval_is_unresolved_until_its_last_hour_is_known(ledger):
    found = ticked(ledger, [job("a")])
    assert found.controller.unresolved.tolist() == [1]
    # It runs from 01 to 03: its last hour is 02, and that is told when the origin is 02.
    for at, unresolved, ended in ((AT + 1, 1, 0), (AT + 2, 1, 1), (AT + 3, 0, 0)):
        own, told = controller(ledger, at)
        assert (own.unresolved.tolist(), len(told)) == ([unresolved], ended)
    assert own.resolved.tolist() == [1]
    assert own.breached.tolist() == [0]


def test_a_breach_raises_the_level_of_the_next_tick(ledger):
    ticked(ledger, [job("a", power_mw=3.0)])
    # 6 MW of load became 9 in the job's last hour: 12 of 10 MW.
    hot = changed(STORED, "it_load_mw", (0, STORED.position(AT) + 2), 9.0)
    found = ticked(ledger, [], AT + 2, telemetry=hot)
    np.testing.assert_allclose(found.controller.level, [0.0475])
    assert found.controller.breached.tolist() == [1]
    calm_level = ticked(ledger, [], AT + 2).controller
    assert (calm_level.level.tolist(), calm_level.breached.tolist()) == ([0.0], [0])


def test_ticking_again_in_the_same_hour_changes_nothing(ledger):
    first = ticked(ledger, [job("a")]).controller
    again = ticked(ledger, [job("a")]).controller
    assert again.as_dict(("alpha",)) == first.as_dict(("alpha",))


def test_what_a_person_withdrew_is_never_resolved_and_what_a_person_approved_is_no_approval(ledger):
    withdrawn = ticked(ledger, [job("a")]).entries[0]
    ledger.override(withdrawn.id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    refused = ticked(ledger, [job("b", power_mw=9.0, deadline_utc=hour("2024-05-20T03"))]).entries[0]
    assert refused.decision.verdict is Verdict.DENY
    ledger.override(refused.id, Verdict.APPROVE, by="Ann", reason="must run", made_utc=NOW)
    own, _ = controller(ledger, AT + 9)
    assert (own.unresolved.tolist(), own.resolved.tolist()) == ([0], [0])
    # The 9 MW hold their place all the same: what comes after them runs when they are done.
    late = ticked(ledger, [job("c")]).entries[-1]
    assert late.decision.start_utc == hour("2024-05-20T03")
    found, _ = controller(ledger, AT + 9)
    assert (found.resolved.tolist(), found.breached.tolist()) == ([1], [0])


def test_without_approvals_the_controller_is_at_its_beginning(ledger):
    own, told = controller(ledger, AT)
    assert (own.level.tolist(), own.unresolved.tolist(), told) == ([0.0], [0], [])


def test_a_policy_that_does_not_ask_the_bound_has_none(ledger):
    assert ticked(ledger, [job("a")], policy="home_region").controller is None
    own, _ = controller(ledger, AT + 9)
    assert own.resolved.tolist() == [0]


def test_an_hour_before_the_first_approval_has_no_controller_to_hear_of(ledger):
    ticked(ledger, [job("a")])
    own, told = controller(ledger, AT - 5)
    assert (own.unresolved.tolist(), told) == ([0], [])


def test_approvals_from_before_the_telemetry_are_not_heard_of(ledger):
    ticked(ledger, [job("a")])
    later = STORED.hours(STORED.position(AT) + 1, STORED.position(AT) + 20)
    own, _ = live_controller(ledger, ledger.jobs(mode="live"), later, FLEET, NAIVE)
    assert (own.unresolved.tolist(), own.resolved.tolist()) == ([0], [0])


def test_a_job_whose_outcome_is_missing_holds_its_place_for_a_week(ledger):
    ticked(ledger, [job("a")])
    holed = changed(STORED, "it_load_mw", (0, slice(STORED.position(AT) + 1, STORED.position(AT) + 3)), np.nan)
    for days, unresolved in ((1, 1), (7, 1), (8, 0)):
        own, _ = controller(ledger, AT + days * 24, holed)
        assert (own.unresolved.tolist(), own.resolved.tolist()) == ([unresolved], [0])
    assert controller(ledger, AT + 24)[0].resolved.tolist() == [1]
