"""Queued jobs of a live fleet: when their place may change, and how the ledger records it."""

import numpy as np
import pytest
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.errors import ConfigError
from fleet.ledger import Ledger, sqlite_url
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour
from fleet.live.live_controller import live_controller

FLEET = fleet_of(region("alpha"), region("beta"))
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
# Beta is more expensive.
STORED = calm(FLEET, levels={"price_usd_per_mwh": {"beta": 90.0}})
# Corrected telemetry: the base load of alpha in the last days leaves only 0.2 MW.
CORRECTED = changed(STORED, "it_load_mw", (0, slice(STORED.position(AT) - 48, None)), 9.8)
# The first job takes the 4 MW of alpha until 05, and the second job is queued behind it.
FIRST = job("first", power_mw=4.0, duration_h=4, deadline_utc=AT + 5, regions=("alpha",))
SECOND = job("second", power_mw=2.0, duration_h=2, deadline_utc=AT + 12)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    yield ledger
    ledger.close()


def decide_at(ledger, jobs, at=AT, telemetry=STORED, policy="priced") -> LiveHour:
    inputs = LiveInputs(telemetry=telemetry, fleet=FLEET, settings=NAIVE, at=at)
    return decide_live_hour(inputs, jobs, ledger, policy=policy, made_utc=NOW)


def places(result: LiveHour) -> dict:
    """Return verdict, region and start by job id."""
    decisions = [entry.decision for entry in result.entries]
    return {decision.job_id: (decision.verdict, decision.region, decision.start_utc) for decision in decisions}


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


def test_a_job_that_a_person_has_overridden_does_not_move(ledger):
    entry = decide_at(ledger, [FIRST, SECOND]).entries[1]
    assert entry.decision.job_id == "second"
    ledger.override(entry.id, Verdict.APPROVE, by="Ann", reason="promised to the customer", made_utc=NOW)
    assert not decide_at(ledger, [FIRST, SECOND], AT + 1, CORRECTED).entries


def test_a_job_that_is_not_submitted_any_more_keeps_its_place(ledger):
    decide_at(ledger, [FIRST, SECOND])
    assert not decide_at(ledger, [FIRST], AT + 1, CORRECTED).entries


def test_a_move_is_an_approval_of_the_new_region_and_none_of_the_old_one(ledger):
    decide_at(ledger, [FIRST, SECOND])
    result = decide_at(ledger, [FIRST, SECOND], AT + 1, CORRECTED)
    assert result.controller.unresolved.tolist() == [1, 1]
    # The controller that is computed from the ledger an hour later has the same counts.
    known = CORRECTED.hours(0, CORRECTED.position(AT + 2) + 1)
    controller, outcomes = live_controller(ledger, ledger.jobs(mode="live"), known, FLEET, NAIVE)
    assert controller.unresolved.tolist() == [1, 1]
    assert (controller.resolved.sum(), outcomes) == (0, [])
    np.testing.assert_array_equal(controller.out_of_turn, 0)


def test_a_queued_job_that_was_changed_keeps_its_place_and_power(ledger):
    decide_at(ledger, [FIRST, SECOND])
    edited = job("second", power_mw=3.0, duration_h=2, deadline_utc=AT + 12)
    assert not decide_at(ledger, [FIRST, edited], AT + 1, CORRECTED).entries


def test_a_place_that_was_given_without_the_bound_does_not_change(ledger):
    decide_at(ledger, [FIRST, SECOND], policy="point_forecast")
    assert not decide_at(ledger, [FIRST, SECOND], AT + 1, CORRECTED).entries


def test_the_oracle_is_refused_in_live_operation(ledger):
    with pytest.raises(ConfigError, match="policy 'oracle' needs to know the future"):
        decide_at(ledger, [FIRST], policy="oracle")


def test_a_live_hour_reports_the_cost_of_its_plan_and_a_lower_bound(ledger):
    result = decide_at(ledger, [FIRST, SECOND])
    assert 0 < result.bound_usd <= result.objective_usd
