"""Live advice: in alpha the load jumps from 6 to 9 of 10 MW; in beta it stays at 6 MW."""

import numpy as np
import pytest
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.ledger import Ledger, sqlite_url
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour
from fleet.physics.limits import IT_POWER

FLEET = fleet_of(region("alpha"), region("beta"))
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
CALM = calm(FLEET)
JUMP_H = 6
JUMPED = changed(CALM, "it_load_mw", (0, slice(CALM.position(AT) + JUMP_H, None)), 9.0)
LONG = job("long", power_mw=2.0, duration_h=72, deadline_utc=AT + 73, regions=("alpha", "beta"))
# Two days later the forecast includes the jump, and the 18 remaining hours are within the horizon.
LATER = AT + 54


def decide_at(ledger, jobs, at, telemetry=JUMPED, policy="greedy") -> LiveHour:
    inputs = LiveInputs(telemetry=telemetry, fleet=FLEET, settings=NAIVE, at=at)
    return decide_live_hour(inputs, jobs, ledger, policy=policy, made_utc=NOW)


def start_at_home(ledger, *jobs, telemetry=JUMPED):
    """Start jobs at home, although the bound does not allow it; return the entries."""
    return decide_at(ledger, jobs, AT, telemetry, "home_region").entries


def destinations(result: LiveHour) -> dict:
    """Return the present region and the advised region by job id."""
    return {entry.advice.job_id: (entry.advice.region, entry.advice.to_region) for entry in result.advices}


@pytest.mark.slow
def test_a_running_job_gets_advice_when_the_load_of_its_region_has_jumped(ledger):
    (entry,) = start_at_home(ledger, LONG)
    assert (entry.decision.region, entry.decision.start_utc) == ("alpha", AT + 1)
    assert destinations(decide_at(ledger, [LONG], LATER)) == {"long": ("alpha", "beta")}
    (record,) = ledger.advices(mode="live")
    assert (record.decision_id, record.made_utc, record.origin_utc) == (entry.id, NOW, LATER)
    assert record.binding.limit == IT_POWER


@pytest.mark.slow
def test_without_a_jump_there_is_no_advice(ledger):
    start_at_home(ledger, LONG, telemetry=CALM)
    assert destinations(decide_at(ledger, [LONG], LATER, CALM)) == {}


@pytest.mark.slow
def test_deciding_the_same_hour_twice_records_an_advice_once(ledger):
    start_at_home(ledger, LONG)
    first, second = (destinations(decide_at(ledger, [LONG], LATER)) for _ in range(2))
    assert first == second != {}
    assert len(ledger.advices(mode="live")) == 1


@pytest.mark.slow
def test_an_advised_job_gets_no_new_advice_in_the_next_hour(ledger):
    start_at_home(ledger, LONG)
    decide_at(ledger, [LONG], LATER)
    assert destinations(decide_at(ledger, [LONG], LATER + 1)) == {}
    assert len(ledger.advices(mode="live")) == 1


@pytest.mark.slow
def test_advice_of_a_later_origin_does_not_count(ledger):
    start_at_home(ledger, LONG)
    decide_at(ledger, [LONG], LATER + 1)
    assert destinations(decide_at(ledger, [LONG], LATER)) == {"long": ("alpha", "beta")}


def test_a_job_that_a_person_stopped_gets_no_advice(ledger):
    (entry,) = start_at_home(ledger, LONG)
    ledger.override(entry.id, Verdict.DENY, by="Ann", reason="moved", made_utc=NOW)
    assert destinations(decide_at(ledger, [LONG], LATER)) == {}


@pytest.mark.slow
def test_a_job_that_is_not_submitted_any_more_is_sent_only_to_regions_of_its_decision(ledger, tmp_path):
    start_at_home(ledger, LONG)
    assert destinations(decide_at(ledger, [], LATER)) == {"long": ("alpha", "beta")}
    other = Ledger(sqlite_url(tmp_path / "other.sqlite"))
    only_alpha = job("long", power_mw=2.0, duration_h=72, deadline_utc=AT + 73, regions=("alpha",))
    start_at_home(other, only_alpha)
    assert destinations(decide_at(other, [], LATER)) == {"long": ("alpha", None)}
    other.close()


def test_a_running_job_has_the_priority_of_the_submitted_job(ledger):
    jobs = [
        job(name, power_mw=0.5, duration_h=72, deadline_utc=AT + 73, regions=("alpha",), priority=priority)
        for name, priority in (("high", 1), ("low", 0))
    ]
    start_at_home(ledger, *jobs)
    # The load bound leaves 0.9 of 10 MW, so one job can stay.
    assert destinations(decide_at(ledger, jobs, LATER)) == {"low": ("alpha", None)}


def test_a_policy_that_does_not_use_the_bound_gives_no_advice(ledger):
    start_at_home(ledger, LONG)
    assert destinations(decide_at(ledger, [LONG], LATER, policy="home_region")) == {}


@pytest.mark.slow
def test_without_recent_telemetry_running_jobs_should_be_migrated(ledger):
    start_at_home(ledger, LONG)
    gapped = changed(CALM, "temperature_c", (0, slice(CALM.position(LATER) - 30, None)), np.nan)
    (entry,) = decide_at(ledger, [LONG], LATER, gapped).advices
    assert "temperature_c has had no usable value since 2024-05-20T23:00Z (31 h; " in entry.advice.reason
