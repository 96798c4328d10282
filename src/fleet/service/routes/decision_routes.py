"""Decisions: read, explain, override, and follow new ones."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from fleet.domain.clock import parse_hour
from fleet.domain.decision import Verdict
from fleet.errors import LedgerError, NotFoundError
from fleet.ledger import Author
from fleet.ledger.decision_page import DecisionFilter, decision_page
from fleet.ledger.tables import decisions
from fleet.service import patterns
from fleet.service.answers import DecisionPage, RiskAnswer, page_of, risk_answer
from fleet.service.bodies import DecisionQuery, OverrideBody, OverrideWishBody
from fleet.service.events import Events
from fleet.service.routes.replies import json_reply, person_of, problems, service_of
from fleet.service.routes.strict_route import StrictRoute
from fleet.workflows.override_job import OverrideWish, override_job, override_risk

router = APIRouter(tags=["decisions"], route_class=StrictRoute)
DecisionId = Annotated[str, Path(pattern=patterns.HASH, examples=["0123456789abcdef"])]
_LARGEST_SEQ = 2**53


@router.get(
    "/v1/decisions", response_model=DecisionPage, responses=problems(), summary="List decisions, the newest first"
)
def list_decisions(request: Request, wanted: Annotated[DecisionQuery, Query()]) -> Response:
    """Return a page of decisions. `next_cursor` of the answer is the `cursor` of the next page."""
    service = service_of(request)
    which = DecisionFilter(
        job_id=wanted.job_id,
        region=wanted.region,
        verdict=wanted.verdict,
        since_utc=None if wanted.since is None else f"{parse_hour(wanted.since).astype('datetime64[s]')}Z",
        until_utc=None if wanted.until is None else f"{parse_hour(wanted.until).astype('datetime64[s]')}Z",
    )
    with service.ledger.reading() as connection:
        records = decision_page(
            connection, which, service.ledger.names, before_seq=wanted.cursor, limit=wanted.limit + 1
        )
    return json_reply(page_of(list(records), wanted.limit))


@router.get("/v1/decisions/{decision_id}", responses=problems(404), summary="Explain a decision")
def explain(request: Request, decision_id: DecisionId) -> Response:
    """Return a decision: reason, limit, alternatives, expected use, its overrides, and the advice on its job."""
    service = service_of(request)
    _require(request, decision_id)
    return json_reply(service.ledger.decision(decision_id).as_dict())


@router.post(
    "/v1/decisions/{decision_id}/override-risk",
    response_model=RiskAnswer,
    responses=problems(404),
    summary="Show what an override risks",
)
def show_risk(request: Request, decision_id: DecisionId, body: OverrideWishBody) -> Response:
    """Return the limit, the overload at the bound, and the jobs that share the place. Nothing is recorded."""
    service = service_of(request)
    _require(request, decision_id)
    risk = override_risk(service.ledger, _wish(decision_id, body), service.now_utc())
    return json_reply(risk_answer(risk).model_dump(mode="json"))


@router.post(
    "/v1/decisions/{decision_id}/override",
    status_code=201,
    responses=problems(404, 409),
    summary="Override a decision",
)
def override(request: Request, decision_id: DecisionId, body: OverrideBody) -> Response:
    """Record an override of an operator who has seen its risk. The verdict of the decision stays in the ledger."""
    service = service_of(request)
    _require(request, decision_id)
    author = Author(by=person_of(request).name, action="override", request_id=request.state.request_id)
    record = override_job(
        service.ledger,
        _wish(decision_id, body),
        risk_id=body.risk_id,
        author=author,
        reason=body.reason,
        made_utc=service.now_utc(),
    )
    return json_reply(record.as_dict(), 201)


@router.get(
    "/v1/events",
    responses=problems() | {200: {"description": "A stream of events.", "content": {"text/event-stream": {}}}},
    response_class=StreamingResponse,
    summary="Follow new decisions (server-sent events)",
)
async def events(
    request: Request,
    after: Annotated[int | None, Query(ge=0, le=_LARGEST_SEQ, description="Begin after this `seq`.")] = None,
    last_event_id: Annotated[str | None, Header(pattern=patterns.NUMBER)] = None,
) -> Response:
    """Send each new decision as an event whose id is its `seq`. `Last-Event-ID` goes on after a lost connection.

    The stream ends when the token is revoked or expires.
    """
    stream: Events = request.app.state.events
    begin = int(last_event_id) if last_event_id is not None else after
    stream.require_place()
    first = begin if begin is not None else await run_in_threadpool(stream.newest)
    people, authorization = service_of(request).people, request.headers.get("authorization")

    def may_read() -> bool:
        try:
            return people.who(authorization) is not None
        except LedgerError:
            # The database is away, so nothing is read either.
            return True

    return StreamingResponse(stream.follow(first, may_read), media_type="text/event-stream")


def _wish(decision_id: str, body: OverrideWishBody) -> OverrideWish:
    return OverrideWish(
        decision_id=decision_id,
        verdict=Verdict(body.verdict),
        region=body.region,
        start_utc=None if body.start_utc is None else parse_hour(body.start_utc),
    )


def _require(request: Request, decision_id: str) -> None:
    service = service_of(request)
    request.state.decision_ids = [decision_id]
    with service.ledger.reading() as connection:
        query = select(decisions.c.seq).where(decisions.c.id == decision_id, decisions.c.mode == "live")
        if connection.scalar(query) is None:
            raise NotFoundError(f"no decision has the id {decision_id}")
