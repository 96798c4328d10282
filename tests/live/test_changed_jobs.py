"""A submitted job that differs from what was decided under its id is named, and its decision stands."""

import pytest
from support.sites import NAIVE, calm, fleet_of, hour, job, region

from fleet.live.hour import LiveInputs, decide_live_hour

FLEET = fleet_of(region("alpha"), region("beta"))
STORED = calm(FLEET)
AT = hour("2024-05-20T00")
WINDOW = {"duration_h": 2, "deadline_utc": AT + 12}


def changed(ledger, submitted, at=AT):
    inputs = LiveInputs(telemetry=STORED, fleet=FLEET, settings=NAIVE, at=at)
    result = decide_live_hour(inputs, [submitted], ledger, policy="greedy", made_utc="2024-05-20T01:00:05Z")
    return [(refusal.job_id, refusal.reason) for refusal in result.changed]


def test_an_unchanged_job_is_not_named(ledger):
    assert changed(ledger, job("a", power_mw=1.0, **WINDOW)) == []
    assert changed(ledger, job("a", power_mw=1.0, **WINDOW)) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"power_mw": 3.0}, "power_mw is 3, decided was 1"),
        ({"duration_h": 5}, "duration_h is 5, decided was 2"),
        ({"home_region": "beta", "regions": ("beta",)}, "regions are beta, its place is in alpha"),
        ({"earliest_utc": AT + 5}, "earliest_utc is 2024-05-20T05:00Z, its place starts at 2024-05-20T01:00Z"),
    ],
)
def test_a_changed_job_is_named_with_what_differs(ledger, change, reason):
    changed(ledger, job("a", power_mw=1.0, **WINDOW))
    ((job_id, found),) = changed(ledger, job("a", **({"power_mw": 1.0} | WINDOW | change)))
    assert job_id == "a"
    assert found.startswith(reason)
    assert len(ledger.decisions(mode="live")) == 1


def test_an_id_that_recurs_after_its_job_has_ended_is_named(ledger):
    changed(ledger, job("a", power_mw=1.0, **WINDOW))
    later = job("a", power_mw=1.0, duration_h=2, earliest_utc=AT + 9, deadline_utc=AT + 20)
    ((_, reason),) = changed(ledger, later, AT + 8)
    assert reason.startswith("the id was used before: that job ended at 2024-05-20T03:00Z")
