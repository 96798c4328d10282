"""The fleet: regions, headroom, forecasts, outcomes, evidence, and pushed telemetry."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from fleet.domain.job import MAX_DURATION_H
from fleet.errors import NotFoundError
from fleet.ledger import Author
from fleet.ledger.outcome_entry import outcomes_after
from fleet.service.bodies import Id, TelemetryBody
from fleet.service.routes.replies import json_reply, person_of, problems, service_of
from fleet.service.routes.strict_route import StrictRoute
from fleet.workflows.evidence_now import evidence_now
from fleet.workflows.push_telemetry import push_telemetry

router = APIRouter(tags=["fleet"], route_class=StrictRoute)
RegionQuery = Annotated[Id | None, Query(description="One region; all by default.", examples=["ireland"])]


@router.get("/v1/regions", responses=problems(), summary="List the regions")
def regions(request: Request) -> Response:
    """Return the regions of the fleet with their limits, and the age of each stream of telemetry."""
    service = service_of(request)
    ages = [
        {"region": age.region, "column": age.column, "age_h": age.age_h, "is_stale": age.is_stale}
        for age in service.readiness.ages()
    ]
    return json_reply(
        {"regions": [region.model_dump(mode="json") for region in service.fleet.regions], "streams": ages}
    )


@router.get("/v1/headroom", responses=problems(404), summary="Show the MW that a job may add")
def headroom(
    request: Request,
    duration_h: Annotated[int, Query(ge=1, le=MAX_DURATION_H)] = 1,
    region: RegionQuery = None,
) -> Response:
    """Return, for each region and start, the headroom that is left for a job, and the binding limit."""
    service = service_of(request)
    shown = _shown(request, region)
    return json_reply(service.intake.headroom(duration_h).as_dict(shown))


@router.get("/v1/forecasts", responses=problems(404), summary="Show the hours ahead with their bands")
def forecasts(request: Request, region: RegionQuery = None) -> Response:
    """Return forecast and band of each column in each region. A missing bound is null, with the reason."""
    service = service_of(request)
    shown = _shown(request, region)
    return json_reply(service.intake.forecast().as_dict(shown))


@router.get("/v1/outcomes", responses=problems(), summary="List what became of approved jobs")
def outcomes(
    request: Request,
    cursor: Annotated[int, Query(ge=0, le=2**53, description="Outcomes after this `seq`.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Return outcomes, the oldest first. `breached` is null if some hour can never be judged."""
    service = service_of(request)
    with service.ledger.reading() as connection:
        records = outcomes_after(connection, service.ledger.names, after_seq=cursor, limit=limit + 1)
    shown = records[:limit]
    more = str(shown[-1].seq) if len(records) > limit else None
    return json_reply({"outcomes": [record.as_dict() for record in shown], "next_cursor": more})


@router.get("/v1/evidence", responses=problems(), summary="Show whether the promise holds")
def evidence(request: Request) -> Response:
    """Return the breach rate of ended jobs with its counts, the controller's published bound, and the coverage.

    The coverage counts the hours whose actual value was inside the band that was stated an hour before.
    """
    service = service_of(request)
    content = evidence_now(service.ledger, service.intake.controller(), service.fleet.region_ids)
    content["coverage"] = [
        {"region": one.region, "column": one.column, "hours": one.hours, "inside": one.inside, "share": one.share}
        for one in service.intake.coverage()
    ]
    return json_reply(content)


@router.get("/v1/ledger", responses=problems(), summary="Show the head of the ledger")
def ledger_head(request: Request) -> Response:
    """Return one hash of the whole ledger. Keep a copy elsewhere; `fleet ledger verify` prints the same."""
    service = service_of(request)
    return json_reply(service.ledger.head())


@router.post("/v1/telemetry", responses=problems(), summary="Push observed values")
def telemetry(request: Request, body: TelemetryBody) -> Response:
    """Store observed values. Doubtful values are stored, and count as missing until a person releases them."""
    service = service_of(request)
    rows = [row.model_dump(exclude_unset=True) for row in body.rows]
    now_utc = service.now_utc()
    author = Author(by=person_of(request).name, action="push telemetry", request_id=request.state.request_id)
    # If the journal cannot be written, nothing is stored.
    with service.ledger.writing() as writer:
        merged = push_telemetry(service.workspace, service.fleet, rows, stored_utc=now_utc, reason=body.reason)
        writer.sign(author, now_utc)
    service.intake.forget()
    return json_reply({"new": merged.new, "revised": merged.revised, "withdrawn": merged.withdrawn})


def _shown(request: Request, region: str | None) -> Sequence[str]:
    fleet = service_of(request).fleet
    if region is not None and region not in fleet.region_ids:
        raise NotFoundError(f"region {region!r} is not in the fleet, expected one of {', '.join(fleet.region_ids)}")
    return fleet.region_ids if region is None else (region,)
