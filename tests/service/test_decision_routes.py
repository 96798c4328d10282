"""Decisions: pages, filters, overrides with their risk, and events of new ones."""

import json
import threading

import pytest
from support.service_homes import NOW, job_body

from fleet.domain.clock import iso
from fleet.ledger.tokens import NewToken, create_token, revoke_token


@pytest.fixture
def filled(client):
    """Eight decisions: both regions are filled with jobs of 4 MW, and the last jobs find no place."""
    for number in range(8):
        client.post("/v1/jobs", json=job_body(f"j{number}", power_mw=4.0, duration_h=6, deadline_utc=iso(NOW + 12)))
    return client


def decisions(client, **query):
    answer = client.get("/v1/decisions", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["decisions"]


@pytest.mark.slow
def test_decisions_are_found_by_job_region_verdict_and_time(filled, clock):
    everything = decisions(filled)
    assert [one["job_id"] for one in everything] == [f"j{number}" for number in range(7, -1, -1)]
    assert [one["job_id"] for one in decisions(filled, job_id="j3")] == ["j3"]
    for region in ("alpha", "beta"):
        found = decisions(filled, region=region)
        assert {one["region"] for one in found} == {region}
    approved = decisions(filled, verdict="approve")
    assert {one["verdict"] for one in approved} == {"approve"}
    assert 0 < len(approved) < 8
    assert decisions(filled, until=iso(NOW)) == []
    assert len(decisions(filled, since=iso(NOW))) == 8


@pytest.mark.slow
def test_pages_hold_each_decision_once_also_while_new_ones_come(filled):
    seen, cursor = [], None
    while True:
        query = {"limit": 3} | ({} if cursor is None else {"cursor": cursor})
        page = filled.get("/v1/decisions", params=query).json()
        seen += [one["job_id"] for one in page["decisions"]]
        filled.post("/v1/jobs", json=job_body(f"new{len(seen)}"))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"j{number}" for number in range(7, -1, -1)]


@pytest.mark.slow
def test_an_override_needs_the_risk_that_the_person_has_seen(filled):
    waiting = next(one for one in decisions(filled) if one["region"] is None)
    path = f"/v1/decisions/{waiting['id']}"
    risk = filled.post(f"{path}/override-risk", json={"verdict": "approve"}).json()
    assert (risk["limit"], risk["over_mw"]) == ("it", pytest.approx(4.0, abs=1e-5))
    assert risk["shared_count"] >= 1
    assert all(job["power_mw"] == 4.0 for job in risk["shared_with"])
    body = {"verdict": "approve", "reason": "The owner insists.", "risk_id": "0" * 16}
    refused = filled.post(f"{path}/override", json=body)
    assert (refused.status_code, refused.json()["risk"]["risk_id"]) == (409, risk["risk_id"])
    accepted = filled.post(f"{path}/override", json=body | {"risk_id": risk["risk_id"]})
    assert (accepted.status_code, accepted.json()["region"]) == (201, risk["region"])
    explained = filled.get(path).json()
    assert (explained["verdict"], explained["overrides"][0]["verdict"]) == (waiting["verdict"], "approve")


@pytest.mark.slow
def test_the_risk_of_a_place_in_another_region_names_no_limit_because_the_decision_recorded_none(filled):
    placed = next(one for one in decisions(filled) if one["region"] == "alpha")
    path = f"/v1/decisions/{placed['id']}/override-risk"
    for region, is_named in (("alpha", True), ("beta", False)):
        risk = filled.post(path, json={"verdict": "approve", "region": region}).json()
        assert (risk["region"], risk["limit"] is not None) == (region, is_named)


@pytest.mark.slow
def test_a_risk_that_grew_is_shown_again(filled):
    waiting = [one for one in decisions(filled) if one["region"] is None]
    risks = [
        filled.post(f"/v1/decisions/{one['id']}/override-risk", json={"verdict": "approve"}).json()
        for one in waiting[:2]
    ]
    bodies = [{"verdict": "approve", "reason": "x", "risk_id": risk["risk_id"]} for risk in risks]
    assert filled.post(f"/v1/decisions/{waiting[0]['id']}/override", json=bodies[0]).status_code == 201
    refused = filled.post(f"/v1/decisions/{waiting[1]['id']}/override", json=bodies[1])
    assert refused.status_code == 409
    assert refused.json()["risk"]["over_mw"] == pytest.approx(8.0, abs=1e-5)


@pytest.mark.slow
def test_an_override_is_counted_by_the_next_decision(client):
    first = client.post("/v1/jobs", json=job_body("a", power_mw=4.0, duration_h=12)).json()["decision"]
    client.post("/v1/jobs", json=job_body("b", power_mw=4.0, duration_h=12))
    path = f"/v1/decisions/{first['id']}"
    risk = client.post(f"{path}/override-risk", json={"verdict": "deny"}).json()
    body = {"verdict": "deny", "reason": "maintenance", "risk_id": risk["risk_id"]}
    assert client.post(f"{path}/override", json=body).status_code == 201
    assert client.post("/v1/jobs", json=job_body("c", power_mw=4.0)).json()["decision"]["region"] == "alpha"


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["", "/override-risk", "/override"])
def test_an_unknown_decision_is_not_found(client, verb):
    body = {"verdict": "deny"} | ({"reason": "x", "risk_id": "0" * 16} if verb == "/override" else {})
    path = f"/v1/decisions/{'a' * 16}{verb}"
    assert (client.post(path, json=body) if verb else client.get(path)).status_code == 404


@pytest.mark.slow
def test_an_override_without_a_reason_is_refused(filled):
    (one, *_) = decisions(filled)
    body = {"verdict": "deny", "reason": "  ", "risk_id": "0" * 16}
    assert filled.post(f"/v1/decisions/{one['id']}/override", json=body).status_code == 422


@pytest.mark.slow
def test_events_begin_where_the_reader_left_and_end_with_the_service(filled, service):
    received = []

    def follow():
        with filled.stream("GET", "/v1/events", headers={"Last-Event-ID": "5"}) as answer:
            received.extend(line for line in answer.iter_lines() if line.startswith(("id:", "data:")))

    reader = threading.Thread(target=follow)
    reader.start()
    filled.post("/v1/jobs", json=job_body("late"))
    reader.join(1.2)
    service.stopping.set()
    reader.join(10)
    assert not reader.is_alive()
    assert [line for line in received if line.startswith("id:")] == ["id: 6", "id: 7", "id: 8", "id: 9"]
    assert json.loads(received[-1].removeprefix("data: "))["job_id"] == "late"


@pytest.mark.slow
def test_events_end_when_the_token_is_revoked(filled, service):
    with service.ledger.writing() as writer:
        new = NewToken(name="reader", role="viewer", expires_utc="2999-01-01T00:00:00Z", per_minute=100)
        token = create_token(writer, new, by="test", made_utc="2024-05-05T00:00:00Z")
    service.people._read_at = -10.0
    ended = threading.Event()

    def follow():
        with filled.stream("GET", "/v1/events", headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status_code == 200
            for _ in answer.iter_lines():
                pass
        ended.set()

    reader = threading.Thread(target=follow)
    reader.start()
    assert not ended.wait(1.0)
    with service.ledger.writing() as writer:
        revoke_token(writer, "reader", by="test", made_utc="2024-05-05T00:00:01Z")
    was_ended = ended.wait(15)
    service.stopping.set()
    reader.join(30)
    assert was_ended
