"""The live controller, computed from the ledger and the telemetry."""

import numpy as np
from support.controllers import counted
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.conformal.controller_numbers import published_numbers
from fleet.conformal.controller_rules import JOBS, NEAR
from fleet.domain.decision import Verdict
from fleet.ledger import PlaceChoice
from fleet.live.controller_memory import ControllerMemories
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour
from fleet.live.ledger_hour import read_ledger

FLEET = fleet_of(region("alpha"))
STORED = calm(FLEET)
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"


def decide_at(ledger, jobs, at=AT, telemetry=STORED, policy="greedy") -> LiveHour:
    inputs = LiveInputs(telemetry=telemetry, fleet=FLEET, settings=NAIVE, at=at)
    return decide_live_hour(inputs, jobs, ledger, policy=policy, made_utc=NOW)


def controller_at(ledger, at, telemetry=STORED):
    """Return the controller before the hour after `at`, and the outcomes of the jobs that ended in hour `at`."""
    known = telemetry.hours(0, telemetry.position(at) + 1)
    read = read_ledger(ledger, known, FLEET, NAIVE, ControllerMemories())
    return read.controller, read.ended


def test_an_approval_is_unresolved_until_its_last_hour_is_known(ledger):
    result = decide_at(ledger, [job("a")])
    assert counted(result.controller.unresolved) == [1]
    # The job runs from 01 to 03. Its last hour is 02, so its outcome is known when the origin is 02.
    for at, unresolved, ended in ((AT + 1, 1, 0), (AT + 2, 1, 1), (AT + 3, 0, 0)):
        controller, outcomes = controller_at(ledger, at)
        assert (counted(controller.unresolved), len(outcomes)) == ([unresolved], ended)
    assert counted(controller.resolved) == [1]
    assert counted(controller.breached) == [0]


def test_a_breach_raises_the_level_of_the_next_hour(ledger):
    decide_at(ledger, [job("a", power_mw=3.0)])
    # In the last hour of the job the load is 9 instead of 6 MW: 12 of 10 MW.
    loaded = changed(STORED, "it_load_mw", (0, STORED.position(AT) + 2), 9.0)
    after_breach = decide_at(ledger, [], AT + 2, telemetry=loaded).controller
    np.testing.assert_allclose(after_breach.level[JOBS, NEAR], [0.0475])
    assert counted(after_breach.breached) == [1]
    without_breach = decide_at(ledger, [], AT + 2).controller
    assert (without_breach.level.max(), counted(without_breach.breached)) == (0.0, [0])


def test_deciding_the_same_hour_again_does_not_change_the_controller(ledger):
    first = decide_at(ledger, [job("a")]).controller
    second = decide_at(ledger, [job("a")]).controller
    assert published_numbers(second, ("alpha",)) == published_numbers(first, ("alpha",))


def test_a_withdrawn_approval_is_never_resolved_and_an_approval_of_a_person_does_not_count(ledger):
    withdrawn = decide_at(ledger, [job("a")]).entries[0]
    ledger.override(withdrawn.id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    refused = decide_at(ledger, [job("b", power_mw=9.0, deadline_utc=hour("2024-05-20T03"))]).entries[0]
    assert refused.decision.verdict is Verdict.DENY
    forced = PlaceChoice(is_forced=True)
    ledger.override(refused.id, Verdict.APPROVE, by="Ann", reason="must run", made_utc=NOW, choice=forced)
    controller, _ = controller_at(ledger, AT + 9)
    assert (counted(controller.unresolved), counted(controller.resolved)) == ([0], [0])
    # The 9 MW are load, so the next job starts when they end.
    late = decide_at(ledger, [job("c")]).entries[-1]
    assert late.decision.start_utc == hour("2024-05-20T03")
    controller, _ = controller_at(ledger, AT + 9)
    assert (counted(controller.resolved), counted(controller.breached)) == ([1], [0])


def test_an_array_is_one_approval_until_its_last_hour_is_known(ledger):
    array = [job(f"task-{index}", power_mw=0.001) for index in range(600)]
    result = decide_at(ledger, array)
    assert {entry.decision.region for entry in result.entries} == {"alpha"}
    assert (counted(result.controller.unresolved), counted(result.controller.peak_unresolved)) == ([1], [1])
    for at, unresolved, ended, resolved in ((AT + 1, 1, 0, 0), (AT + 2, 1, 1, 0), (AT + 3, 0, 0, 1)):
        controller, outcomes = controller_at(ledger, at)
        assert (counted(controller.unresolved), len(outcomes)) == ([unresolved], ended)
        assert counted(controller.resolved) == [resolved]


def test_an_array_with_a_withdrawn_job_still_has_one_outcome(ledger):
    first, second = decide_at(ledger, [job("a"), job("b")]).entries
    ledger.override(first.id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    controller, _ = controller_at(ledger, AT + 9)
    assert (counted(controller.unresolved), counted(controller.resolved)) == ([0], [1])
    ledger.override(second.id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    controller, _ = controller_at(ledger, AT + 9)
    assert (counted(controller.unresolved), counted(controller.resolved)) == ([0], [0])


def test_live_hours_and_one_run_count_an_array_alike(ledger):
    """The jobs of an array come in two tables, and one of them is changed before it begins."""
    full = job("full", power_mw=4.0)
    late = {"power_mw": 0.5, "deadline_utc": AT + 12}
    decide_at(ledger, [full, job("a", **late), job("b", **late)], policy="priced")
    result = decide_at(ledger, [full, job("a", **(late | {"power_mw": 0.25})), job("b", **late)], policy="priced")
    # The place of b stands, so nothing has left the region, and the changed job is one approval more.
    assert counted(result.controller.unresolved) == [3]
    assert counted(controller_at(ledger, AT + 1)[0].unresolved) == [3]


def test_without_approvals_the_controller_is_in_its_initial_state(ledger):
    controller, outcomes = controller_at(ledger, AT)
    assert (controller.level[JOBS, NEAR].tolist(), counted(controller.unresolved), outcomes) == ([0.0], [0], [])


def test_a_policy_that_does_not_use_the_bound_has_no_controller(ledger):
    assert decide_at(ledger, [job("a")], policy="home_region").controller is None
    controller, _ = controller_at(ledger, AT + 9)
    assert counted(controller.resolved) == [0]


def test_before_the_first_approval_the_controller_is_in_its_initial_state(ledger):
    decide_at(ledger, [job("a")])
    controller, outcomes = controller_at(ledger, AT - 5)
    assert (counted(controller.unresolved), outcomes) == ([0], [])


def test_approvals_from_before_the_telemetry_do_not_count(ledger):
    decide_at(ledger, [job("a")])
    later = STORED.hours(STORED.position(AT) + 1, STORED.position(AT) + 20)
    controller = read_ledger(ledger, later, FLEET, NAIVE, ControllerMemories()).controller
    assert (counted(controller.unresolved), counted(controller.resolved)) == ([0], [0])


def test_a_job_without_actual_values_stays_unresolved_for_a_week(ledger):
    decide_at(ledger, [job("a")])
    gap = slice(STORED.position(AT) + 1, STORED.position(AT) + 3)
    gapped = changed(STORED, "it_load_mw", (0, gap), np.nan)
    for days, unresolved in ((1, 1), (7, 1), (8, 0)):
        controller, _ = controller_at(ledger, AT + days * 24, gapped)
        assert (counted(controller.unresolved), counted(controller.resolved)) == ([unresolved], [0])
    # With the actual values the job is resolved.
    assert counted(controller_at(ledger, AT + 24)[0].resolved) == [1]
