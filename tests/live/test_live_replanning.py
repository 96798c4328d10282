"""Queued jobs of a live fleet: when their place may change, and how the ledger records it."""

import numpy as np
import pytest
from support.controllers import counted
from support.queued import AT, CORRECTED, FIRST, FLEET, NOW, SECOND, STORED
from support.sites import NAIVE

from fleet.domain.decision import Verdict
from fleet.errors import ConfigError
from fleet.live.controller_memory import ControllerMemories
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour
from fleet.live.ledger_hour import read_ledger


def decide_at(ledger, jobs, at=AT, telemetry=STORED, policy="priced") -> LiveHour:
    inputs = LiveInputs(telemetry=telemetry, fleet=FLEET, settings=NAIVE, at=at)
    return decide_live_hour(inputs, jobs, ledger, policy=policy, made_utc=NOW)


def places(result: LiveHour) -> dict:
    """Return verdict, region and start by job id."""
    decisions = [entry.decision for entry in result.entries]
    return {decision.job_id: (decision.verdict, decision.region, decision.start_utc) for decision in decisions}


@pytest.mark.slow
def test_a_plan_that_stays_the_same_is_recorded_once(ledger):
    result = decide_at(ledger, [FIRST, SECOND])
    assert places(result)["second"] == (Verdict.DEFER, "alpha", AT + 5)
    assert not decide_at(ledger, [FIRST, SECOND], AT + 1).entries
    assert len(ledger.decisions()) == 2


def test_a_job_whose_place_is_no_longer_safe_moves_and_the_move_is_recorded(ledger):
    decide_at(ledger, [FIRST, SECOND])
    result = decide_at(ledger, [FIRST, SECOND], AT + 1, CORRECTED)
    assert places(result) == {"second": (Verdict.APPROVE, "beta", AT + 2)}
    (record,) = [record for record in ledger.jobs(mode="live") if record.job_id == "second"]
    assert (record.region, record.start_utc) == ("beta", AT + 2)
    assert len([record for record in ledger.decisions() if record.job_id == "second"]) == 2


@pytest.mark.slow
def test_a_job_that_a_person_has_overridden_does_not_move(ledger):
    entry = decide_at(ledger, [FIRST, SECOND]).entries[1]
    assert entry.decision.job_id == "second"
    ledger.override(entry.id, Verdict.APPROVE, by="Ann", reason="promised to the customer", made_utc=NOW)
    assert not decide_at(ledger, [FIRST, SECOND], AT + 1, CORRECTED).entries


@pytest.mark.slow
def test_a_job_that_is_not_submitted_any_more_keeps_its_place(ledger):
    decide_at(ledger, [FIRST, SECOND])
    assert not decide_at(ledger, [FIRST], AT + 1, CORRECTED).entries


def test_a_move_is_an_approval_of_the_new_region_and_none_of_the_old_one(ledger):
    decide_at(ledger, [FIRST, SECOND])
    result = decide_at(ledger, [FIRST, SECOND], AT + 1, CORRECTED)
    assert counted(result.controller.unresolved) == [1, 1]
    # The controller that is computed from the ledger an hour later has the same counts.
    known = CORRECTED.hours(0, CORRECTED.position(AT + 2) + 1)
    read = read_ledger(ledger, known, FLEET, NAIVE, ControllerMemories())
    controller = read.controller
    assert counted(controller.unresolved) == [1, 1]
    assert (controller.resolved.sum(), read.ended) == (0, [])
    np.testing.assert_array_equal(controller.out_of_turn, 0)


@pytest.mark.slow
def test_a_place_that_was_given_without_the_bound_does_not_change(ledger):
    decide_at(ledger, [FIRST, SECOND], policy="point_forecast")
    assert not decide_at(ledger, [FIRST, SECOND], AT + 1, CORRECTED).entries


def test_the_oracle_is_refused_in_live_operation(ledger):
    with pytest.raises(ConfigError, match="policy 'oracle' needs to know the future"):
        decide_at(ledger, [FIRST], policy="oracle")


def test_a_live_hour_reports_the_cost_of_its_plan_and_a_lower_bound(ledger):
    result = decide_at(ledger, [FIRST, SECOND])
    assert 0 < result.bound_usd <= result.objective_usd
