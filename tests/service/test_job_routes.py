"""Submitted jobs: decided at once, recorded before the answer, never twice, never more than there is."""

import json
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from support.service_homes import NOW, job_body, reserved_mw

from fleet.domain.clock import iso
from fleet.service import access
from fleet.workflows import job_intake, plan_hour
from fleet.workflows.decide_hour import HourRequest


def post(client, path, body, **headers):
    return client.post(path, json=body, headers=headers)


def all_decisions(client):
    return client.get("/v1/decisions?limit=500").json()["decisions"]


@pytest.mark.slow
def test_a_job_is_decided_and_recorded_before_the_answer(client, service):
    answer = post(client, "/v1/jobs", job_body())
    assert (answer.status_code, answer.json()["status"]) == (201, "decided")
    decision = answer.json()["decision"]
    assert (decision["verdict"], decision["region"], decision["start_utc"]) == ("approve", "alpha", iso(NOW))
    assert client.get(f"/v1/decisions/{decision['id']}").json() == decision | {"overrides": [], "advices": []}
    assert not service.ledger.verify().faults


@pytest.mark.slow
def test_the_same_job_alone_and_in_a_batch_of_one_gets_the_same_answer(client):
    body = job_body(power_mw=3.0, duration_h=5)
    alone = post(client, "/v1/what-if", {"jobs": [body]}).json()["jobs"][0]
    single = post(client, "/v1/jobs", body).json()
    assert {**single["decision"], "seq": 0} == alone["decision"]
    post(client, "/v1/cancellations", {"job_id": "job", "reason": "x"})
    batch = post(client, "/v1/batches", {"jobs": [body | {"id": "other"}]}).json()["jobs"][0]
    same = ("verdict", "region", "start_utc", "reason", "binding", "alternatives", "expected", "saved")
    assert {name: batch["decision"][name] for name in same} == {name: single["decision"][name] for name in same}


@pytest.mark.slow
def test_the_headroom_of_four_mw_is_given_away_once(client):
    for number in range(30):
        post(client, "/v1/jobs", job_body(f"s{number}", power_mw=1.5))
    batch = post(client, "/v1/batches", {"jobs": [job_body(f"b{number}", power_mw=0.7) for number in range(60)]})
    assert batch.status_code == 201
    decisions = all_decisions(client)
    held = reserved_mw(decisions)
    assert held.max() <= 4.0 + 1e-9
    # Little is left, and some jobs got no place.
    assert held[:, :12].mean() > 3.0
    assert any(one["region"] is None for one in decisions)
    assert len(decisions) == 90


@pytest.mark.slow
def test_what_if_reserves_nothing(client):
    before = client.get("/v1/headroom").json()
    answer = post(client, "/v1/what-if", {"jobs": [job_body(f"w{number}", power_mw=3.0) for number in range(3)]})
    assert [job["status"] for job in answer.json()["jobs"]] == ["decided"] * 3
    assert client.get("/v1/headroom").json() == before
    assert all_decisions(client) == []


@pytest.mark.slow
def test_the_same_key_and_body_get_the_same_answer_and_another_body_is_refused(client, service):
    for path, body, other in (
        ("/v1/jobs", job_body("a"), job_body("b")),
        ("/v1/batches", {"jobs": [job_body("c"), job_body("d")]}, {"jobs": [job_body("c")]}),
    ):
        key = {"Idempotency-Key": f"key of {path}".replace(" ", "-")}
        first = post(client, path, body, **key)
        service.intake.forget()
        again = post(client, path, body, **key)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        refused = post(client, path, other, **key)
        assert refused.status_code == 409
        assert "key" in refused.json()["detail"]
    assert len(all_decisions(client)) == 3


@pytest.mark.slow
def test_a_key_that_repeats_known_jobs_is_used_up_as_well(client, service):
    first = post(client, "/v1/jobs", job_body("a"))
    key = {"Idempotency-Key": "late-key"}
    for _ in range(2):
        again = post(client, "/v1/jobs", job_body("a"), **key)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert post(client, "/v1/jobs", job_body("b"), **key).status_code == 409
    assert [one["job_id"] for one in all_decisions(client)] == ["a"]
    service.loop.tick()
    report = service.ledger.verify()
    assert (report.faults, report.rows["submissions"]) == ([], 2)


def test_the_same_job_without_a_key_is_decided_once_and_a_changed_one_is_refused(client):
    first = post(client, "/v1/jobs", job_body())
    assert post(client, "/v1/jobs", job_body()).json() == first.json()
    refused = post(client, "/v1/jobs", job_body(power_mw=2.0))
    assert (refused.status_code, "new id" in refused.json()["detail"]) == (409, True)
    assert len(all_decisions(client)) == 1


@pytest.mark.slow
def test_a_cancelled_job_frees_its_place_and_keeps_its_decision(client):
    full = post(client, "/v1/jobs", job_body("full", power_mw=4.0, duration_h=12)).json()["decision"]
    client.post("/v1/jobs", json=job_body("full2", power_mw=4.0, duration_h=12, home_region="beta"))
    assert post(client, "/v1/what-if", {"jobs": [job_body("w")]}).json()["jobs"][0]["decision"]["region"] is None
    answer = post(client, "/v1/cancellations", {"job_id": "full", "reason": "not needed"})
    assert answer.json()["override"]["reason"] == "cancelled: not needed"
    freed = post(client, "/v1/what-if", {"jobs": [job_body("w")]}).json()["jobs"][0]["decision"]
    assert freed["region"] == "alpha"
    explained = client.get(f"/v1/decisions/{full['id']}").json()
    assert (explained["verdict"], explained["overrides"][0]["verdict"]) == ("approve", "deny")
    again = post(client, "/v1/cancellations", {"job_id": "full", "reason": "again"})
    assert (again.status_code, again.json()["override"]) == (200, None)
    assert post(client, "/v1/cancellations", {"job_id": "nobody", "reason": "x"}).status_code == 404


IMPOSSIBLE = [
    {"power_mw": 0},
    {"power_mw": 1e300},
    {"power_mw": "1"},
    {"duration_h": 1.5},
    {"duration_h": 337},
    {"earliest_utc": "soon"},
    {"earliest_utc": "2024-13-01T00:00Z"},
    {"deadline_utc": "2024-01-01T00:00Z"},
    {"home_region": "atlantis"},
    {"regions": ["beta"]},
    {"power_mw": 11.0},
    {"colour": "red"},
    {"id": ""},
    {"id": "a\0b"},
    {"id": "x" * 201},
    {"priority": 10**9},
]


def test_a_job_that_cannot_be_is_refused_in_one_line(client):
    for change in IMPOSSIBLE:
        answer = post(client, "/v1/jobs", job_body(**change))
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), change
        assert 0 < len(answer.json()["detail"]) < 500, change
        assert all_decisions(client) == [], change


def test_hostile_ids_and_names_are_kept_as_they_are(client):
    for name in ["'; DROP TABLE decisions; --", "<script>alert(1)</script>", "../../etc", "ö/ﷺ\u202e🚀", "a b"]:
        assert post(client, "/v1/jobs", job_body(name, name=name)).status_code == 201, name
        (decision,) = client.get("/v1/decisions", params={"job_id": name}).json()["decisions"]
        assert decision["job_id"] == name
        assert post(client, "/v1/cancellations", {"job_id": name, "reason": name}).status_code == 200, name


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/what-if"])
def test_a_field_that_occurs_twice_is_refused(client, path):
    body = json.dumps(job_body(power_mw=1.0)).replace('"power_mw": 1.0', '"power_mw": 1.0, "power_mw": 3.0')
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"] == "body: field 'power_mw' occurs twice in one object, expected it once"
    assert all_decisions(client) == []


@pytest.mark.parametrize("body", [b'{"id": "\xff"}', b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_refused_in_one_line(client, body):
    answer = client.post("/v1/jobs", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["detail"].endswith("expected JSON in UTF-8")


@pytest.mark.slow
def test_half_a_character_is_refused(client):
    body = b'{"id": "\\ud800", "power_mw": 1.0}'
    answer = client.post("/v1/jobs", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.slow
def test_the_answer_is_what_the_ledger_returns_also_for_a_job_without_a_place(client):
    jobs = [job_body(f"j{number}", power_mw=4.0, duration_h=12) for number in range(3)]
    answers = [post(client, "/v1/jobs", job).json()["decision"] for job in jobs]
    assert [answer["region"] is None for answer in answers] == [False, False, True]
    assert answers[2]["remedies"]
    for answer in answers:
        assert client.get(f"/v1/decisions/{answer['id']}").json() == answer | {"overrides": [], "advices": []}


def test_the_log_names_the_request_and_its_decisions(client, monkeypatch):
    lines = []
    monkeypatch.setattr(access, "log", SimpleNamespace(info=lambda event, **words: lines.append((event, words))))
    answer = post(client, "/v1/jobs", job_body(), **{"Idempotency-Key": "a-secret-of-the-client"})
    ((event, words),) = lines
    assert (event, words["status"], words["decisions"]) == ("request", 201, [answer.json()["decision"]["id"]])
    assert "a-secret-of-the-client" not in str(lines)


def test_each_request_has_a_row_in_the_journal(client, service):
    answer = client.post("/v1/jobs", json=job_body(), headers={"X-Request-ID": "request-1"})
    assert answer.headers["x-request-id"] == "request-1"
    with service.ledger.reading() as connection:
        rows = connection.exec_driver_sql("SELECT action, request_id FROM journal").fetchall()
    assert ("submit", "request-1") in [tuple(row) for row in rows]


@pytest.mark.slow
def test_the_queue_is_planned_anew_together_each_hour(client, service, clock):
    for number in range(4):
        post(client, "/v1/jobs", job_body(f"q{number}", power_mw=2.0, earliest_utc=iso(NOW + 2)))
    before = len(all_decisions(client))
    clock.hour += 1
    service.loop.tick()
    assert service.loop.fault == ""
    assert service.intake.why_not == ""
    after = all_decisions(client)
    assert len(after) >= before
    assert not service.ledger.verify().faults
    # The picture of the next hour equals the ledger.
    latest = {one["job_id"]: one for one in reversed(after)}
    assert np.allclose(
        service.intake.current.open_hour.reserved_mw[:, :40], reserved_mw(list(latest.values()))[:, 1:41]
    )


@pytest.mark.slow
def test_a_job_that_is_cancelled_while_the_queue_is_planned_gets_no_place(client, service, clock, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(service.intake, "_open", lambda _writer: None)
        assert post(client, "/v1/jobs", job_body("late")).status_code == 202
        assert post(client, "/v1/jobs", job_body("kept")).status_code == 202
    read = plan_hour.open_jobs

    def read_then_cancel(*words):
        jobs = read(*words)
        if post(client, "/v1/cancellations", {"job_id": "late", "reason": "no longer needed"}).status_code != 200:
            raise AssertionError("the cancellation was refused")
        return jobs

    with monkeypatch.context() as patch:
        patch.setattr(plan_hour, "open_jobs", read_then_cancel)
        service.loop.tick()
    service.loop._failed_at = -1e9
    service.loop.tick()
    assert service.loop.fault == ""
    assert [one["job_id"] for one in all_decisions(client)] == ["kept"]


@pytest.mark.slow
def test_while_the_next_hour_is_read_jobs_are_queued_and_the_other_routes_answer(client, service, clock, monkeypatch):
    monkeypatch.setattr(job_intake, "_PATIENCE_S", 0.2)
    begun, go_on, prepare = threading.Event(), threading.Event(), HourRequest.prepare

    def slowly(request):
        begun.set()
        assert go_on.wait(60)
        prepare(request)

    monkeypatch.setattr(HourRequest, "prepare", slowly)
    clock.hour += 1
    loop = threading.Thread(target=service.loop.tick)
    loop.start()
    assert begun.wait(30)
    answer = post(client, "/v1/jobs", job_body("early", earliest_utc=iso(NOW + 1)))
    assert (answer.status_code, answer.json()["reason"]) == (202, "the hour is not read yet")
    assert client.get("/v1/forecasts").status_code == 503
    assert client.get("/metrics").status_code == 200
    go_on.set()
    loop.join(60)
    service.loop.tick()
    assert post(client, "/v1/jobs", job_body("early", earliest_utc=iso(NOW + 1))).status_code == 202
    assert [one["job_id"] for one in all_decisions(client)] == ["early"]
