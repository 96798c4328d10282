"""Jobs: submit one or many, ask what would be decided, cancel."""

import asyncio
import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from fleet.domain.job import Job
from fleet.errors import UnavailableError
from fleet.service import patterns
from fleet.service.answers import BatchReply, JobReply, job_status
from fleet.service.bodies import BatchBody, CancelBody, JobBody
from fleet.service.routes.replies import json_reply, person_of, problems, service_of
from fleet.service.routes.strict_route import StrictRoute
from fleet.workflows.cancel_job import CancelRequest, cancel_job
from fleet.workflows.submit_group import JobAnswer, SubmitRequest

router = APIRouter(tags=["jobs"], route_class=StrictRoute)
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=patterns.HEADER,
        description="The same key and body get the same answer again. The same key and another body are refused.",
    ),
]
_MOST_LOGGED = 10
_QUEUED = "The job is recorded and waits for the next plan."


@router.post(
    "/v1/jobs",
    status_code=201,
    response_model=JobReply,
    responses=problems(409) | {202: {"description": _QUEUED, "model": JobReply}},
    summary="Submit one job; it is decided at once",
)
async def submit_job(request: Request, body: JobBody, idempotency_key: Key = None) -> Response:
    """Decide a job from the current headroom. The decision is on disk before it is answered."""
    (answer,) = await _submitted(request, [body], idempotency_key)
    status = HTTPStatus.ACCEPTED if answer.decision is None else HTTPStatus.CREATED
    return json_reply(job_status(answer), status)


@router.post(
    "/v1/batches",
    status_code=201,
    response_model=BatchReply,
    responses=problems(409) | {202: {"description": "Some job is queued.", "model": BatchReply}},
    summary="Submit jobs that are planned together",
)
async def submit_batch(request: Request, body: BatchBody, idempotency_key: Key = None) -> Response:
    """Plan several jobs together. All of them are recorded, or none."""
    answers = await _submitted(request, body.jobs, idempotency_key)
    is_queued = any(answer.decision is None for answer in answers)
    content = await run_in_threadpool(lambda: {"jobs": [job_status(answer) for answer in answers]})
    return json_reply(content, HTTPStatus.ACCEPTED if is_queued else HTTPStatus.CREATED)


@router.post("/v1/what-if", response_model=BatchReply, responses=problems(), summary="Ask without recording")
async def what_if(request: Request, body: BatchBody) -> Response:
    """Return what would be decided now. Nothing is recorded, and no power is reserved."""
    jobs = _jobs(request, body.jobs)
    answers = await run_in_threadpool(service_of(request).intake.what_if, jobs)
    return json_reply({"jobs": [job_status(answer) for answer in answers]})


@router.post("/v1/cancellations", responses=problems(404, 409), summary="Cancel a job")
def cancel(request: Request, body: CancelBody) -> Response:
    """Cancel a job and free its place. Its decision stays; a submitter may cancel only the own jobs."""
    service, person = service_of(request), person_of(request)
    wanted = CancelRequest(
        job_id=body.job_id,
        by=person.name,
        reason=body.reason,
        may_all=person.may("operator"),
        request_id=request.state.request_id,
    )
    override = cancel_job(service.ledger, wanted, service.now_utc())
    return json_reply({"job_id": body.job_id, "override": None if override is None else override.as_dict()})


async def _submitted(request: Request, bodies: Sequence[JobBody], key: str | None) -> list[JobAnswer]:
    service = service_of(request)
    content = request.scope["path"].encode() + b"\n" + await request.body()
    wanted = SubmitRequest(
        jobs=_jobs(request, bodies),
        by=person_of(request).name,
        request_key=key,
        body_hash=hashlib.sha256(content).hexdigest(),
        request_id=request.state.request_id,
    )
    try:
        async with asyncio.timeout(service.settings.answer_s):
            answers = await service.queue.submit(wanted)
    except TimeoutError:
        raise UnavailableError(
            "the database did not answer in time, so the request may be recorded later; ask again with the same "
            "Idempotency-Key or job id"
        ) from None
    # For the line of the log.
    request.state.decision_ids = [one.decision["id"] for one in answers[:_MOST_LOGGED] if one.decision is not None]
    return answers


def _jobs(request: Request, bodies: Sequence[JobBody]) -> list[Job]:
    jobs = [body.as_job() for body in bodies]
    for job in jobs:
        service_of(request).region_check.check(job)
    return jobs
