"""Live advice: alpha has 10 MW installed and 6 MW of load until the load jumps to 9 MW; beta stays as it is."""

import numpy as np
import pytest
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.ledger import Ledger, sqlite_url
from fleet.live.hour import tick

FLEET = fleet_of(region("alpha"), region("beta"))
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
CALM = calm(FLEET)
JUMP_H = 6
JUMPED = changed(CALM, "it_load_mw", (0, slice(CALM.position(AT) + JUMP_H, None)), 9.0)
LONG = job("long", power_mw=2.0, duration_h=72, deadline_utc=AT + 73, regions=("alpha", "beta"))
# Two days later the forecast has seen the jump, and the 18 hours that are left lie within the horizon.
LATER = AT + 54


@pytest.fixture
def ledger(tmp_path):
    book = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    yield book
    book.close()


def ticked(ledger, jobs, at, telemetry=JUMPED, policy="greedy"):
    return tick(telemetry, FLEET, jobs, ledger, settings=NAIVE, policy=policy, made_utc=NOW, at=at)


def begun(ledger, *jobs, telemetry=JUMPED):
    """Jobs that run at home from the first hour on, as no bound of the season would let them."""
    return ticked(ledger, jobs, AT, telemetry, "home_region").entries


def told(result) -> dict:
    return {entry.advice.job_id: (entry.advice.region, entry.advice.to_region) for entry in result.advices}


def test_a_running_job_is_advised_when_the_load_of_its_region_has_jumped(ledger):
    (placed,) = begun(ledger, LONG)
    assert (placed.decision.region, placed.decision.start_utc) == ("alpha", AT + 1)
    assert told(ticked(ledger, [LONG], LATER)) == {"long": ("alpha", "beta")}
    (row,) = ledger.advices(mode="live")
    assert (row["decision_id"], row["made_utc"], row["origin_utc"]) == (placed.id, NOW, "2024-05-22T06:00Z")
    assert row["binding"]["limit"] == "it"


def test_without_a_jump_nothing_is_advised(ledger):
    begun(ledger, LONG, telemetry=CALM)
    assert told(ticked(ledger, [LONG], LATER, CALM)) == {}


def test_the_same_hour_twice_records_an_advice_once(ledger):
    begun(ledger, LONG)
    assert told(ticked(ledger, [LONG], LATER)) == told(ticked(ledger, [LONG], LATER)) != {}
    assert len(ledger.advices(mode="live")) == 1


def test_a_job_that_stands_advised_is_not_told_again_the_next_hour(ledger):
    begun(ledger, LONG)
    ticked(ledger, [LONG], LATER)
    assert told(ticked(ledger, [LONG], LATER + 1)) == {}
    assert len(ledger.advices(mode="live")) == 1


def test_an_advice_of_a_later_hour_is_not_known_yet(ledger):
    begun(ledger, LONG)
    ticked(ledger, [LONG], LATER + 1)
    assert told(ticked(ledger, [LONG], LATER)) == {"long": ("alpha", "beta")}


def test_a_job_that_a_person_stopped_is_not_advised(ledger):
    (placed,) = begun(ledger, LONG)
    ledger.override(placed.id, Verdict.DENY, by="Ann", reason="moved", made_utc=NOW)
    assert told(ticked(ledger, [LONG], LATER)) == {}


def test_a_job_that_has_left_the_table_is_sent_only_where_its_decision_would_have(ledger, tmp_path):
    begun(ledger, LONG)
    assert told(ticked(ledger, [], LATER)) == {"long": ("alpha", "beta")}
    bound = Ledger(sqlite_url(tmp_path / "bound.sqlite"))
    begun(bound, job("long", power_mw=2.0, duration_h=72, deadline_utc=AT + 73, regions=("alpha",)))
    assert told(ticked(bound, [], LATER)) == {"long": ("alpha", None)}
    bound.close()


def test_the_priority_of_a_job_that_runs_is_the_tables(ledger):
    jobs = [
        job(name, power_mw=0.5, duration_h=72, deadline_utc=AT + 73, regions=("alpha",), priority=priority)
        for name, priority in (("high", 1), ("low", 0))
    ]
    begun(ledger, *jobs)
    # Of 10 MW the bound of the load leaves 0.9 MW, and one job can stay.
    assert told(ticked(ledger, jobs, LATER)) == {"low": ("alpha", None)}


def test_an_hour_of_a_policy_that_does_not_ask_the_bound_advises_nothing(ledger):
    begun(ledger, LONG)
    assert told(ticked(ledger, [LONG], LATER, policy="home_region")) == {}


def test_a_silent_source_advises_running_jobs_to_leave(ledger):
    begun(ledger, LONG)
    silent = changed(CALM, "temperature_c", (0, slice(CALM.position(LATER) - 30, None)), np.nan)
    (entry,) = ticked(ledger, [LONG], LATER, silent).advices
    assert "data is missing" in entry.advice.reason
