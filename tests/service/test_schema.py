"""Requests that are made from the schema, and ones that are made to break: no answer is undocumented, none is 5xx."""

import json
import os
import random

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from support.service_clients import server
from support.service_homes import job_body, write_service_home

from fleet.ledger import sqlite_url

EXAMPLES = 40
# Ten makes 10,500 bodies.
FUZZ = int(os.environ.get("FLEET_FUZZ", "1"))
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.slow
def test_no_request_of_the_schema_gets_an_undocumented_answer(tmp_path):
    home = write_service_home(tmp_path / "home")
    with server(home, sqlite_url(tmp_path / "ledger.sqlite")) as process:
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{process.port}/v1/openapi.json")
        operations = [result.ok() for result in schema.get_all_operations()]
        assert len(operations) >= 18
        for operation in operations:
            # A stream of events does not end.
            if operation.path != "/v1/events":
                check_operation(operation)


def check_operation(operation):
    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    def check(case):
        case.call_and_validate(checks=CHECKS)

    check()


@pytest.mark.slow
@settings(max_examples=300 * FUZZ)
@given(json_values)
def test_any_json_as_a_body_is_answered(fuzzed, body):
    for path in (
        "/v1/jobs",
        "/v1/batches",
        "/v1/cancellations",
        "/v1/telemetry",
        "/v1/decisions/" + "a" * 16 + "/override",
    ):
        text = json.dumps(body)
        answer = fuzzed.post(path, content=text, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500, (path, text, answer.text)


@pytest.mark.slow
@settings(max_examples=150 * FUZZ)
@given(st.sampled_from(sorted(job_body())), json_values)
def test_a_job_with_one_odd_value_is_answered(fuzzed, name, value):
    answer = fuzzed.post(
        "/v1/what-if",
        content=json.dumps({"jobs": [job_body() | {name: value}]}),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in {200, 422}, answer.text


@settings(max_examples=200 * FUZZ)
@given(st.binary(max_size=300))
def test_any_bytes_are_answered(fuzzed, body):
    answer = fuzzed.post("/v1/jobs", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500


def test_a_damaged_body_of_a_job_is_answered(fuzzed):
    dice, whole = random.Random(3), json.dumps(job_body()).encode()  # noqa: S311 (bytes of a test)
    for _ in range(400 * FUZZ):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        answer = fuzzed.post("/v1/what-if", content=b'{"jobs": [' + bytes(damaged) + b"]}")
        assert answer.status_code in {200, 422}, bytes(damaged)


@pytest.mark.parametrize(
    "path",
    ["/v1/../../etc/passwd", "/v1/decisions/..%2f..%2fetc", "/v1/decisions/%00", "//etc", "/v1/decisions/' OR 1=1"],
)
def test_a_path_that_leaves_the_api_finds_nothing(fuzzed, path):
    assert fuzzed.get(path).status_code in {404, 422}


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    """A service that many examples share."""
    from support.service_homes import Clock, client_of, open_service

    home = write_service_home(tmp_path_factory.mktemp("fuzzed"))
    with client_of(open_service(home, Clock())) as client:
        yield client
