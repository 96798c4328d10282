"""Submitted jobs that may pause: their segments, their cancellation and their ids."""

import pytest
from support.service_homes import DAYS, FLEET, NOW, ORIGIN, SETTINGS, job_body
from support.sites import calm, job

from fleet.domain.clock import iso
from fleet.live.hour import LiveInputs, decide_live_hour
from fleet.workflows.replay_decision import replay_decision

TRAIN = job_body("train", power_mw=2.0, duration_h=40, checkpoint_h=12, deadline_utc=iso(NOW + 60))


def post(client, path, body):
    return client.post(path, json=body)


def latest(client) -> dict:
    """Return the latest decision of each job by its id."""
    return {one["job_id"]: one for one in reversed(client.get("/v1/decisions?limit=500").json()["decisions"])}


def tick(service, clock) -> None:
    clock.hour += 1
    service.loop.tick()
    assert service.loop.fault == ""


@pytest.mark.slow
def test_the_first_segment_is_answered_at_once_and_the_plan_decides_the_next_one(client, service, clock):
    answer = post(client, "/v1/jobs", TRAIN)
    decision = answer.json()["decision"]
    assert (answer.status_code, decision["job_id"], decision["duration_h"]) == (201, "train", 24)
    assert decision["asked"]["segment"] == {"number": 1, "count": 2, "hours_before": 0, "hours_after": 16}
    assert "the 16 h after them are planned, are decided as segment 2" in decision["reason"]
    # A repeated request gets the same answer.
    assert post(client, "/v1/jobs", TRAIN).json()["decision"] == decision
    assert set(latest(client)) == {"train"}
    tick(service, clock)
    second = latest(client)["train#2"]
    assert second["asked"]["segment"]["number"] == 2
    assert second["asked"]["earliest_utc"] == iso(NOW + 24)
    # A question for the whole job finds its segments, and a question for a segment that one alone.
    of_job = client.get("/v1/decisions?job_id=train").json()["decisions"]
    assert [one["job_id"] for one in of_job][-2:] == ["train#2", "train"]
    assert {one["job_id"] for one in client.get("/v1/decisions?job_id=train%232").json()["decisions"]} == {"train#2"}
    for made in (decision, second):
        assert not replay_decision(service.workspace, service.fleet, service.ledger, made["id"]).differences
    assert not service.ledger.verify().faults


@pytest.mark.slow
def test_a_cancellation_frees_all_segments_and_no_other_follows(client, service, clock):
    post(client, "/v1/jobs", TRAIN)
    tick(service, clock)
    assert "train#2" in latest(client)
    answer = post(client, "/v1/cancellations", {"job_id": "train", "reason": "not needed"})
    assert answer.status_code == 200
    denied = {one["job_id"]: one["overrides"][-1]["reason"] for one in map(explained(client), latest(client).values())}
    assert denied == {
        "train": "cancelled: not needed",
        "train#2": "train, the segment before it, was denied: cancelled: not needed",
    }
    tick(service, clock)
    assert set(latest(client)) == {"train", "train#2"}
    assert not service.ledger.verify().faults


def explained(client):
    return lambda decision: client.get(f"/v1/decisions/{decision['id']}").json()


@pytest.mark.slow
def test_an_id_of_a_segment_is_used_once(client):
    assert post(client, "/v1/jobs", job_body("other#2")).status_code == 201
    # A job whose id looks like that of a segment is none.
    assert client.get("/v1/decisions?job_id=other").json()["decisions"] == []
    taken = post(client, "/v1/jobs", TRAIN | {"id": "other"})
    assert (taken.status_code, "'other#2' was used" in taken.json()["detail"]) == (409, True)
    assert post(client, "/v1/jobs", TRAIN).status_code == 201
    taken = post(client, "/v1/jobs", job_body("train#2"))
    assert (taken.status_code, "segment of another job" in taken.json()["detail"]) == (409, True)
    wrong = post(client, "/v1/jobs", TRAIN | {"id": "wrong", "checkpoint_h": 41})
    assert (wrong.status_code, "checkpoint_h is 41" in wrong.json()["detail"]) == (422, True)


def test_an_id_of_a_segment_of_a_job_of_a_table_is_refused(client, service, clock):
    train = job("train", power_mw=2.0, duration_h=40, checkpoint_h=12, earliest_utc=NOW, deadline_utc=NOW + 60)
    inputs = LiveInputs(telemetry=calm(FLEET, DAYS), fleet=FLEET, settings=SETTINGS, at=ORIGIN)
    assert len(decide_live_hour(inputs, [train], service.ledger, policy="priced", made_utc=clock()).entries) == 1
    taken = post(client, "/v1/jobs", job_body("train#2"))
    assert (taken.status_code, "segment of another job" in taken.json().get("detail", "")) == (409, True)
    # The job has two segments.
    assert post(client, "/v1/jobs", job_body("train#3")).status_code == 201
