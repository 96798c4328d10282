"""A submitted job that differs from its decision is decided anew while it has not begun; else the decision stands."""

import pytest
from support.controllers import counted
from support.sites import NAIVE, calm, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.live.controller_memory import ControllerMemories
from fleet.live.hour import LiveInputs, decide_live_hour
from fleet.live.ledger_hour import read_ledger

FLEET = fleet_of(region("alpha"), region("beta"))
STORED = calm(FLEET)
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
# It fills alpha until 03, so another job there waits behind it.
FULL = job("full", power_mw=4.0, duration_h=2, regions=("alpha",))
QUEUED = {"power_mw": 2.0, "duration_h": 2, "deadline_utc": AT + 12, "regions": ("alpha",)}


def decide(ledger, *jobs, at=AT, policy="greedy"):
    inputs = LiveInputs(telemetry=STORED, fleet=FLEET, settings=NAIVE, at=at)
    return decide_live_hour(inputs, jobs, ledger, policy=policy, made_utc=NOW)


def record_of(ledger, job_id):
    (record,) = [record for record in ledger.jobs(mode="live") if record.job_id == job_id]
    return record


def test_an_unchanged_job_is_not_named(ledger):
    for _ in range(2):
        assert not decide(ledger, job("a", **QUEUED)).changed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"power_mw": 3.0}, "power_mw is 3, decided was 2"),
        ({"duration_h": 5}, "duration_h is 5, decided was 2"),
        ({"regions": ()}, "regions are all, decided were alpha"),
        ({"home_region": "beta", "regions": ("beta",)}, "home_region is beta, decided was alpha; regions are beta"),
        ({"earliest_utc": AT + 5}, "earliest_utc is 2024-05-20T05:00Z, decided was 2024-05-20T01:00Z"),
        ({"deadline_utc": AT + 16}, "deadline_utc is 2024-05-20T16:00Z, decided was 2024-05-20T12:00Z"),
    ],
)
@pytest.mark.parametrize("policy", ["greedy", "priced"])
def test_a_changed_job_that_has_not_begun_is_decided_anew_once(ledger, change, reason, policy):
    decide(ledger, FULL, job("a", **QUEUED), policy=policy)
    before = record_of(ledger, "a")
    assert before.start_utc == AT + 3
    edited = job("a", **(QUEUED | change))
    result = decide(ledger, FULL, edited, policy=policy)
    ((named),) = result.changed
    assert (named.job_id, named.decided_anew) == ("a", True)
    assert named.reason.startswith(reason)
    assert named.reason.endswith(f"decided anew in place of decision {before.id}")
    (entry,) = result.entries
    assert (entry.decision.job_id, entry.previous_id) == ("a", before.id)
    after = record_of(ledger, "a")
    assert (after.power_mw, after.duration_h) == (edited.power_mw, edited.duration_h)
    assert edited.earliest_utc <= after.start_utc <= edited.latest_start_utc
    # The same hour again: nothing is left to do.
    again = decide(ledger, FULL, edited, policy=policy)
    assert (list(again.entries), list(again.changed)) == ([], [])
    assert ledger.verify().faults == []


def test_a_job_that_now_begins_after_the_forecast_hours_waits_without_a_place(ledger):
    decide(ledger, FULL, job("a", **QUEUED))
    late = job("a", **(QUEUED | {"earliest_utc": AT + 40, "deadline_utc": AT + 50}))
    decision = decide(ledger, FULL, late).entries[0].decision
    assert (decision.verdict, decision.start_utc, decision.alternatives) == (Verdict.DEFER, None, ())
    assert decision.reason.startswith("Waits: it may not start before 2024-05-21T16:00Z")


def test_alternatives_of_a_job_that_now_begins_later_keep_its_window(ledger):
    decide(ledger, FULL, job("a", **(QUEUED | {"regions": ()})), job("b", **QUEUED))
    late = job("b", **(QUEUED | {"earliest_utc": AT + 6, "regions": ()}))
    decision = decide(ledger, FULL, late).entries[0].decision
    assert decision.start_utc >= AT + 6
    assert decision.alternatives
    assert all(one.start_utc >= AT + 6 for one in decision.alternatives)


def test_the_old_place_is_free_for_the_same_hour(ledger):
    decide(ledger, FULL, job("a", **QUEUED), job("b", **QUEUED))
    assert record_of(ledger, "b").start_utc == AT + 3
    # Job a leaves alpha, so 4 MW fit there from 03 on beside nothing of it.
    result = decide(ledger, FULL, job("a", **(QUEUED | {"home_region": "beta", "regions": ("beta",)})))
    assert result.entries[0].decision.region == "beta"
    late = decide(ledger, job("late", **QUEUED))
    assert late.entries[0].decision.start_utc == AT + 3


def test_a_job_that_no_longer_fits_loses_its_place(ledger):
    decide(ledger, FULL, job("a", **QUEUED))
    result = decide(ledger, FULL, job("a", **(QUEUED | {"power_mw": 5.0})))
    assert result.entries[0].decision.start_utc is None
    assert not record_of(ledger, "a").has_place


@pytest.mark.slow
def test_a_job_that_runs_now_or_has_begun_keeps_its_decision(ledger):
    decide(ledger, job("a", **QUEUED))
    edited = job("a", **(QUEUED | {"power_mw": 3.0}))
    for at, why in ((AT, "the job was told to run now"), (AT + 1, "the job began at 2024-05-20T01:00Z")):
        result = decide(ledger, edited, at=at)
        (named,) = result.changed
        assert (named.decided_anew, list(result.entries)) == (False, [])
        assert why in named.reason
    assert record_of(ledger, "a").power_mw == 2.0


def test_a_decision_that_a_person_has_overridden_stands(ledger):
    decide(ledger, FULL, job("a", **QUEUED))
    ledger.override(record_of(ledger, "a").id, Verdict.DENY, by="Ann", reason="not today", made_utc=NOW)
    (named,) = decide(ledger, FULL, job("a", **(QUEUED | {"power_mw": 3.0}))).changed
    assert "a person has overridden the decision" in named.reason
    assert record_of(ledger, "a").verdict is Verdict.DENY


def test_a_job_whose_new_window_has_closed_keeps_its_place(ledger):
    decide(ledger, FULL, job("a", **QUEUED), policy="priced")
    closed = job("a", **(QUEUED | {"earliest_utc": AT - 2, "deadline_utc": AT + 1}))
    (named,) = decide(ledger, FULL, closed, policy="priced").changed
    assert "its last start at 2024-05-19T23:00Z has passed" in named.reason
    assert record_of(ledger, "a").start_utc == AT + 3


@pytest.mark.parametrize("change", [{"power_mw": 2.0}, {"deadline_utc": AT + 12}])
def test_a_denied_job_that_was_changed_is_decided_anew(ledger, change):
    big = {"power_mw": 5.0, "duration_h": 2, "deadline_utc": AT + 3, "regions": ("alpha",)}
    assert decide(ledger, job("a", **big)).entries[0].decision.verdict is Verdict.DENY
    assert not decide(ledger, job("a", **big)).entries
    result = decide(ledger, job("a", **(big | change)))
    assert result.changed[0].decided_anew
    assert result.entries[0].decision.verdict is not Verdict.DENY


def test_the_approval_that_was_replaced_is_not_counted_any_more(ledger):
    decide(ledger, FULL, job("a", **QUEUED))
    edited = job("a", **(QUEUED | {"home_region": "beta", "regions": ("beta",)}))
    assert counted(decide(ledger, FULL, edited).controller.unresolved) == [1, 1]
    # The controller that is computed from the ledger an hour later has the same counts.
    known = STORED.hours(0, STORED.position(AT + 1) + 1)
    controller = read_ledger(ledger, known, FLEET, NAIVE, ControllerMemories()).controller
    assert counted(controller.unresolved) == [1, 1]


def test_an_id_that_recurs_after_its_job_has_ended_is_named(ledger):
    decide(ledger, job("a", **QUEUED))
    later = job("a", **(QUEUED | {"earliest_utc": AT + 9, "deadline_utc": AT + 20}))
    (named,) = decide(ledger, later, at=AT + 8).changed
    assert named.reason.startswith("the id was used before: that job ended at 2024-05-20T03:00Z")
    assert not named.decided_anew
