"""The documented answers of routes, and answers written as JSON."""

from typing import Any

from fastapi import Request
from pydantic_core import to_json
from starlette.responses import Response

from fleet.service.answers import Problem
from fleet.service.people import Person
from fleet.service.problems import MEDIA_TYPE
from fleet.service.service_state import Service

_TITLES = {
    400: "The request cannot be read.",
    401: "A valid token is needed.",
    403: "The role, host or page is not allowed.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "The request contradicts an earlier one.",
    413: "The body is too large.",
    422: "The request is invalid.",
    429: "Too many requests; see Retry-After.",
    503: "The service cannot answer now; see Retry-After.",
}


def problems(*more: int) -> dict[int | str, dict[str, Any]]:
    """Return the documented problems of a route: those of every route, and more."""
    return {
        status: {"description": _TITLES[status], "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
        for status in sorted({400, 401, 403, 408, 413, 422, 429, 503, *more})
    }


def json_reply(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer. A number that is not finite is null."""
    body = to_json(content, inf_nan_mode="null")
    return Response(body, status, media_type="application/json", headers=headers)


def service_of(request: Request) -> Service:
    """Return the service behind a request."""
    service: Service = request.app.state.service
    return service


def person_of(request: Request) -> Person:
    """Return who asks."""
    person: Person = request.state.person
    return person
