"""For machines that watch the service: alive, ready, metrics."""

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from fleet.service.routes.replies import json_reply, problems, service_of

router = APIRouter(tags=["health"])


@router.get("/healthz", responses=problems(), summary="Alive")
async def alive() -> Response:
    """Answer as long as the process runs."""
    return json_reply({"status": "alive"})


@router.get("/readyz", responses=problems(), summary="Ready, or what is stale or broken")
def ready(request: Request) -> Response:
    """Return all checks; 503 if one of them fails."""
    checks = service_of(request).readiness.checks()
    is_ready = all(check.is_ok for check in checks)
    content = {
        "status": "ready" if is_ready else "not ready",
        "checks": [{"name": check.name, "ok": check.is_ok, "detail": check.detail} for check in checks],
    }
    return json_reply(content, 200 if is_ready else 503)


@router.get("/metrics", responses=problems(), response_class=PlainTextResponse, summary="Metrics for Prometheus")
def metrics(request: Request) -> Response:
    """Return the metrics in the text format of Prometheus."""
    return Response(service_of(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
