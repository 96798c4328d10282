"""A wrong request is told where it is wrong, what was found there and what was expected."""

import json

import pytest
from support.service_homes import job_body

from fleet.service.app import create_app
from fleet.service.patterns import WORDS

JSON = {"content-type": "application/json"}


def refusal(client, body, headers=JSON):
    answer = client.post("/v1/jobs", content=body if isinstance(body, str) else json.dumps(body), headers=headers)
    assert answer.status_code == 422
    return answer.json()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"power_mw": "1"}, "body.power_mw is '1', expected a valid number"),
        ({"power_mw": None}, "body.power_mw is null, expected a valid number"),
        ({"power_mw": {"mw": 1}}, "body.power_mw is an object, expected a valid number"),
        ({"duration_h": 0}, "body.duration_h is 0, expected greater than or equal to 1"),
        ({"earliest_utc": "soon"}, "body.earliest_utc is 'soon', expected a full hour such as 2026-07-15T12:00Z"),
        ({"earliest_utc": "2024-13-01T00:00Z"}, "body.earliest_utc is not accepted: found time '2024-13-01T00:00Z'"),
        ({"id": "x" * 300}, f"body.id is '{'x' * 59}…, expected text with at most 200 characters"),
        ({"colour": "red"}, "body.colour is not a known field; remove it or correct its spelling"),
        ({"regions": "alpha"}, "body.regions is 'alpha', expected a valid list"),
    ],
)
def test_a_wrong_field_is_told_with_its_value(client, changes, expected):
    detail = refusal(client, job_body(**changes))["detail"]
    assert detail.startswith(expected), detail


def test_a_mistyped_field_is_named_before_the_one_that_lacks(client):
    body = job_body()
    body["power_mW"] = body.pop("power_mw")
    found = refusal(client, body)
    assert [fault["where"] for fault in found["errors"]] == ["body.power_mW", "body.power_mw"]
    assert found["detail"].endswith("spelling; body.power_mw is missing; add it")


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ("[]", JSON, "body is a list, expected an object with fields"),
        ('{"id": }', JSON, "body is no valid JSON at character 7: Expecting value"),
        ("id=1", {"content-type": "text/x"}, "body has the content type text/x, expected application/json"),
        ("id=1", {}, "body has no content type, expected application/json"),
    ],
)
def test_a_body_that_is_no_job_is_told_what_it_is(client, body, headers, expected):
    assert refusal(client, body, headers)["detail"] == expected


def test_every_pattern_of_the_api_has_words(service):
    schema = json.dumps(create_app(service).openapi())
    patterns = {part.split('"', 1)[0] for part in schema.split('"pattern": "')[1:]}
    assert patterns == {json.dumps(pattern)[1:-1] for pattern in WORDS}
