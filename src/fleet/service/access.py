"""The outermost part of the API: hosts, sizes, people and their roles, and a line in the log for each request."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from fleet.errors import FleetError
from fleet.ledger.tokens import Role
from fleet.request_hosts import LOOPBACK_NAMES, host_refusal
from fleet.service.logs import log
from fleet.service.metrics import Metrics
from fleet.service.people import People, Person
from fleet.service.problems import problem
from fleet.service.service_settings import ServiceSettings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

# A client that sends its body more slowly is cut off.
_BODY_S = 30.0
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
# A browser sends no token, and the page of the API names nothing of this fleet.
_OPEN_PATHS = frozenset({"/healthz", "/readyz", "/v1/docs"})
# The least role of each change; whatever only reads needs a viewer. Everything else that writes needs an operator.
SUBMITTER_PATHS = frozenset({"/v1/jobs", "/v1/batches", "/v1/what-if", "/v1/cancellations"})


def role_of(method: str, path: str) -> Role | None:
    """Return the least role that a request needs; None if it needs no token."""
    if path in _OPEN_PATHS:
        return None
    if method in {"GET", "HEAD"}:
        return "viewer"
    return "submitter" if path in SUBMITTER_PATHS else "operator"


class Access:
    """ASGI middleware. The person is in the request's state as `person`, and the request id as `request_id`."""

    def __init__(self, app: App, *, people: People, settings: ServiceSettings, metrics: Metrics) -> None:
        self._app, self._people, self._settings, self._metrics = app, people, settings, metrics
        self._hosts = frozenset(name.lower() for name in (*LOOPBACK_NAMES, settings.host, *settings.names))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, is_begun = time.perf_counter(), 500, False
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = given.decode() if _REQUEST_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_marked(message: Message) -> None:
            nonlocal status, is_begun
            if message["type"] == "http.response.start":
                status, is_begun = int(message["status"]), True
                marks = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
                message = {**message, "headers": [*message.get("headers", ()), *marks, (b"cache-control", b"no-store")]}
            await send(message)

        try:
            refusal = await self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send_marked)
            else:
                await self._app(scope, self._limited(receive), send_marked)
        except Exception:
            # A fault of the program. Its cause is for the log alone.
            log.exception("request failed", path=scope["path"][:200])
            if is_begun:
                raise
            await problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the request failed; see the log")(
                scope, receive, send_marked
            )
        finally:
            seconds = time.perf_counter() - started
            self._report(scope, status, seconds)
            structlog.contextvars.clear_contextvars()

    async def _refusal(self, scope: Message) -> Response | None:
        """Return why a request is refused; None if it is allowed."""
        reason = host_refusal(scope["headers"], self._hosts)
        if reason is not None:
            return problem(HTTPStatus.FORBIDDEN, "this host or page is not allowed; name the host with --allowed-host")
        headers = dict(scope["headers"])
        size = headers.get(b"content-length", b"0")
        if not size.isdigit() or int(size[:20]) > self._settings.most_body_bytes:
            return _too_large(self._settings.most_body_bytes)
        role = role_of(scope["method"], scope["path"])
        if role is None:
            return None
        try:
            authorization = headers.get(b"authorization")
            text = None if authorization is None else authorization.decode("latin-1")
            person = self._people.cached(text) or await run_in_threadpool(self._people.who, text)
        except FleetError as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, f"the tokens cannot be read: {error}")
        return self._of_person(scope, person, role)

    def _of_person(self, scope: Message, person: Person | None, role: Role) -> Response | None:
        if person is None:
            words = "a valid token is needed: send `Authorization: Bearer TOKEN`"
            return problem(HTTPStatus.UNAUTHORIZED, words, headers={"WWW-Authenticate": "Bearer"})
        scope["state"]["person"] = person
        if not person.may(role):
            return problem(HTTPStatus.FORBIDDEN, f"the role {person.role} does not allow this, expected {role}")
        wait_s = self._people.wait_s(person)
        if wait_s > 0:
            words = "the token made too many requests; ask again later"
            return problem(HTTPStatus.TOO_MANY_REQUESTS, words, headers={"Retry-After": str(int(wait_s) + 1)})
        return None

    def _limited(self, receive: Receive) -> Receive:
        """Limit the size of a body, and the time that it takes to arrive."""
        left, until = self._settings.most_body_bytes, time.monotonic() + _BODY_S
        is_whole = False

        async def receive_limited() -> Message:
            nonlocal left, is_whole
            if is_whole:
                return await receive()
            try:
                # `wait_for` would make a task for each part of a body.
                async with asyncio.timeout(max(until - time.monotonic(), 0.0)):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "the body did not arrive in time") from None
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                is_whole = not message.get("more_body", False)
                if left < 0:
                    raise HTTPException(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _size_words(self._settings.most_body_bytes)
                    )
            return message

        return receive_limited

    def _report(self, scope: Message, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in {"GET", "POST"} else "other"
        self._metrics.requests.labels(method, route, f"{status // 100}xx").observe(seconds)
        person, decision_ids = scope["state"].get("person"), scope["state"].get("decision_ids")
        if route not in {"/healthz", "/readyz", "/metrics"}:
            log.info(
                "request",
                method=scope["method"][:10],
                path=scope["path"][:200],
                status=status,
                ms=round(1e3 * seconds, 2),
                person="" if person is None else person.name,
                **({"decisions": decision_ids} if decision_ids else {}),
            )


def _size_words(most_bytes: int) -> str:
    return f"the body is larger than {most_bytes / 1024**2:g} MiB; divide it"


def _too_large(most_bytes: int) -> Response:
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _size_words(most_bytes), headers={"Connection": "close"})
