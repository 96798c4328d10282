"""Who may do what: each role on each route, sizes, hosts, limits of tokens."""

import threading

import pytest
from support.service_homes import client_of, job_body, open_service

from fleet.errors import ConfigError
from fleet.ledger.tokens import NewToken, all_tokens, create_token, revoke_token
from fleet.service import access, people

FAR, PAST = "2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"
DECISION = "/v1/decisions/" + "a" * 16
# Route -> a request, and the status that each role gets; a refusal is 401 or 403.
ROUTES = {
    ("GET", "/healthz"): (None, (200, 200, 200, 200)),
    ("GET", "/readyz"): (None, (200, 200, 200, 200)),
    ("GET", "/metrics"): (None, (401, 200, 200, 200)),
    ("GET", "/v1/openapi.json"): (None, (401, 200, 200, 200)),
    ("GET", "/v1/docs"): (None, (200, 200, 200, 200)),
    ("GET", "/v1/decisions"): (None, (401, 200, 200, 200)),
    ("GET", "/v1/decisions/{decision_id}"): (None, (401, 404, 404, 404)),
    ("GET", "/v1/headroom"): (None, (401, 200, 200, 200)),
    ("GET", "/v1/forecasts"): (None, (401, 200, 200, 200)),
    ("GET", "/v1/regions"): (None, (401, 200, 200, 200)),
    ("GET", "/v1/outcomes"): (None, (401, 200, 200, 200)),
    ("GET", "/v1/evidence"): (None, (401, 200, 200, 200)),
    ("GET", "/v1/ledger"): (None, (401, 200, 200, 200)),
    ("POST", "/v1/jobs"): (job_body(), (401, 403, 201, 201)),
    ("POST", "/v1/batches"): ({"jobs": [job_body("b")]}, (401, 403, 201, 201)),
    ("POST", "/v1/what-if"): ({"jobs": [job_body("w")]}, (401, 403, 200, 200)),
    ("POST", "/v1/cancellations"): ({"job_id": "none", "reason": "x"}, (401, 403, 404, 404)),
    ("POST", "/v1/decisions/{decision_id}/override-risk"): ({"verdict": "deny"}, (401, 403, 403, 404)),
    ("POST", "/v1/decisions/{decision_id}/override"): (
        {"verdict": "deny", "reason": "x", "risk_id": "0" * 16},
        (401, 403, 403, 404),
    ),
    ("POST", "/v1/telemetry"): (
        {"rows": [{"region": "alpha", "time_utc": "2024-05-04T23:00Z", "temperature_c": 10.0}]},
        (401, 403, 403, 200),
    ),
}
ROLES = (None, "viewer", "submitter", "operator")


def new_token(service, name, role, *, expires_utc=FAR, per_minute=1_000):
    with service.ledger.writing() as writer:
        new = NewToken(name=name, role=role, expires_utc=expires_utc, per_minute=per_minute)
        return create_token(writer, new, by="test", made_utc="2024-05-05T00:00:00Z")


def bearer(token):
    return {} if token is None else {"Authorization": f"Bearer {token}"}


@pytest.fixture
def tokens(service):
    return {None: None} | {role: new_token(service, role, role) for role in ROLES[1:]}


@pytest.fixture
def guarded(service, tokens):
    with client_of(service) as client:
        service.loop.tick()
        yield client


def test_each_role_on_each_route(guarded, tokens):
    found = {
        (method, path): tuple(
            guarded.request(
                method, path.replace("{decision_id}", "a" * 16), json=body, headers=bearer(tokens[role])
            ).status_code
            for role in ROLES
        )
        for (method, path), (body, _) in ROUTES.items()
    }
    assert found == {route: expected for route, (_, expected) in ROUTES.items()}


@pytest.mark.slow
def test_the_table_names_every_route(client):
    schema = client.get("/v1/openapi.json").json()
    routes = {(method.upper(), path) for path, methods in schema["paths"].items() for method in methods}
    # A stream of events does not end, so its roles are tested by themselves.
    pages = {("GET", "/v1/openapi.json"), ("GET", "/v1/docs")}
    assert routes | pages == set(ROUTES) | {("GET", "/v1/events")}
    assert access.role_of("GET", "/v1/events") == "viewer"


WRONG_TOKENS = [
    "Bearer fleet_00000000_x",
    "Bearer",
    "Basic YTpi",
    "Bearer fleet__",
    "bearer " + "x" * 5_000,
    "Bearer fleet_é_ü",
]


def test_a_wrong_token_is_refused(guarded):
    for header in WRONG_TOKENS:
        answer = guarded.get("/v1/decisions", headers={"Authorization": header.encode()})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), header


@pytest.mark.slow
def test_a_token_of_another_secret_expired_or_revoked_is_refused(guarded, service, tokens):
    expired = new_token(service, "old", "operator", expires_utc=PAST)
    with service.ledger.writing() as writer:
        revoke_token(writer, "operator", by="test", made_utc="2024-05-05T00:00:01Z")
    service.people._read_at = -10.0
    for token in (expired, tokens["operator"], tokens["viewer"][:-1] + "?"):
        assert guarded.get("/v1/decisions", headers=bearer(token)).status_code == 401
    assert guarded.get("/v1/decisions", headers=bearer(tokens["viewer"])).status_code == 200


@pytest.mark.slow
def test_after_the_last_token_is_revoked_nobody_is_let_in(guarded, service):
    with service.ledger.writing() as writer:
        for role in ROLES[1:]:
            revoke_token(writer, role, by="test", made_utc="2024-05-05T00:00:01Z")
    service.people._read_at = -10.0
    assert guarded.get("/v1/decisions").status_code == 401


@pytest.mark.slow
def test_a_token_that_asks_too_often_waits(service, guarded):
    slow = new_token(service, "slow", "viewer", per_minute=3)
    service.people._read_at = -10.0
    answers = [guarded.get("/v1/ledger", headers=bearer(slow)) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 21


@pytest.mark.slow
def test_the_secret_is_stored_nowhere(service, tokens, guarded, capsys):
    guarded.get("/v1/decisions", headers=bearer(tokens["viewer"]))
    secret = tokens["viewer"].split("_", 2)[2]
    with service.ledger.reading() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM tokens").fetchall())
    captured = capsys.readouterr()
    assert secret not in rows
    assert secret not in captured.out + captured.err


@pytest.mark.slow
def test_a_submitter_cancels_only_the_own_jobs(guarded, service, tokens):
    other = new_token(service, "other", "submitter")
    service.people._read_at = -10.0
    guarded.post("/v1/jobs", json=job_body(), headers=bearer(tokens["submitter"]))
    body = {"job_id": "job", "reason": "x"}
    assert guarded.post("/v1/cancellations", json=body, headers=bearer(other)).status_code == 403
    assert guarded.post("/v1/cancellations", json=body, headers=bearer(tokens["operator"])).status_code == 200


@pytest.mark.slow
def test_two_people_may_use_the_same_idempotency_key(guarded, service, tokens):
    other = new_token(service, "other", "submitter")
    service.people._read_at = -10.0
    for name, token in (("a", tokens["submitter"]), ("b", other)):
        headers = bearer(token) | {"Idempotency-Key": "k"}
        assert guarded.post("/v1/jobs", json=job_body(name), headers=headers).status_code == 201


def test_another_name_of_the_host_is_refused(client):
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1@evil", ""):
        assert client.get("/v1/decisions", headers={"Host": host}).status_code == 403, host


@pytest.mark.slow
def test_a_page_of_another_site_is_refused(client):
    refused = client.post("/v1/jobs", json=job_body(), headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert client.get("/v1/decisions").json()["decisions"] == []


@pytest.mark.slow
def test_a_large_body_is_refused_whether_its_size_is_announced_or_not(client, service):
    most = service.settings.most_body_bytes
    assert client.post("/v1/jobs", content=b"x" * (most + 1)).status_code == 413

    def parts():
        for _ in range(most // 2**20 + 2):
            yield b" " * 2**20

    answer = client.post("/v1/jobs", content=parts(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_without_tokens_only_loopback_is_listened_to(home, clock, service):
    with pytest.raises(ConfigError, match="fleet token create"):
        open_service(home, clock, host="0.0.0.0")  # noqa: S104 (the refusal is tested)
    new_token(service, "a", "viewer")
    open_service(home, clock, host="0.0.0.0").ledger.close()  # noqa: S104
    service.ledger.close()


def test_the_event_loop_does_not_wait_while_another_thread_reads_the_tokens(service, tokens, monkeypatch):
    person = service.people.who(bearer(tokens["viewer"])["Authorization"])
    reads, begun, go_on = [], threading.Event(), threading.Event()

    def slowly(connection):
        reads.append(connection)
        begun.set()
        assert go_on.wait(30)
        return all_tokens(connection)

    monkeypatch.setattr(people, "all_tokens", slowly)
    service.people._read_at = -10.0
    header = bearer(tokens["viewer"])["Authorization"]
    threads = [threading.Thread(target=service.people.who, args=(header,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    asked = threading.Thread(target=service.people.wait_s, args=(person,), daemon=True)
    asked.start()
    asked.join(5)
    was_free = not asked.is_alive()
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert was_free
    assert len(reads) == 1


@pytest.mark.slow
def test_a_new_token_of_a_name_has_its_own_limit(service, guarded):
    new_token(service, "again", "viewer", per_minute=1_000)
    with service.ledger.writing() as writer:
        revoke_token(writer, "again", by="test", made_utc="2024-05-05T00:00:01Z")
    slow = new_token(service, "again", "viewer", per_minute=2)
    service.people._read_at = -10.0
    assert [guarded.get("/v1/ledger", headers=bearer(slow)).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.slow
def test_a_fault_of_the_program_is_a_problem_without_its_cause(client, service, monkeypatch):
    def broken():
        raise RuntimeError("the cause, with a s3cret")

    monkeypatch.setattr(type(service.ledger), "head", lambda _self: broken())
    answer = client.get("/v1/ledger")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "x-request-id" in answer.headers
    assert "s3cret" not in answer.text
