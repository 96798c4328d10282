"""Errors as `application/problem+json` (RFC 9457), one sentence each."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from fleet.errors import (
    ConflictError,
    FleetError,
    ForbiddenError,
    LedgerError,
    NotFoundError,
    PlacementError,
    UnavailableError,
)
from fleet.service.answers import risk_answer
from fleet.service.request_faults import request_faults
from fleet.workflows.override_job import RiskChangedError

MEDIA_TYPE = "application/problem+json"
_MOST_LETTERS = 480
_RETRY_AFTER_S = "2"


def problem(status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """Return an answer that says what was found, what was expected and what to do."""
    line = " ".join(detail.split())
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status} | more
    content["detail"] = line if len(line) <= _MOST_LETTERS else f"{line[:_MOST_LETTERS]}..."
    retry = {"Retry-After": _RETRY_AFTER_S} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    body = to_json(content, inf_nan_mode="null", serialize_unknown=True)
    return Response(body, status, media_type=MEDIA_TYPE, headers=retry | (headers or {}))


def status_of(error: Exception) -> int:
    """Return the status of an error."""
    if isinstance(error, ConflictError):
        return HTTPStatus.CONFLICT
    if isinstance(error, NotFoundError):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, ForbiddenError):
        return HTTPStatus.FORBIDDEN
    if isinstance(error, UnavailableError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, PlacementError):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, LedgerError) and "cannot be used" in str(error):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.UNPROCESSABLE_ENTITY


def add_handlers(app: FastAPI) -> None:
    """Let the application answer each error as a problem."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(FleetError, _refused)


async def _invalid(request: Request, error: Exception) -> Response:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    found = request_faults(faults, request.headers.get("content-type", ""))
    sentences = "; ".join(f"{fault['where']} {fault['what']}" for fault in found)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, sentences or "the request is invalid", errors=found)


async def _http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the request failed")
    return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _refused(_request: Request, error: Exception) -> Response:
    if isinstance(error, RiskChangedError):
        return problem(HTTPStatus.CONFLICT, str(error), risk=risk_answer(error.risk).model_dump(mode="json"))
    return problem(status_of(error), str(error))
