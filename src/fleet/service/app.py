"""The application: routes behind the access check."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse

from fleet.service.access import Access
from fleet.service.api_page import HEADERS, api_page
from fleet.service.events import Events
from fleet.service.problems import add_handlers
from fleet.service.routes import decision_routes, fleet_routes, health_routes, job_routes
from fleet.service.service_state import Service
from fleet.version import __version__

_DESCRIPTION = """Decides in which datacentre region a job runs, and when.

Every decision is on disk before it is answered.

Times are UTC. Errors are `application/problem+json`. With tokens, send `Authorization: Bearer TOKEN`."""


def create_app(service: Service) -> FastAPI:
    """Return the application of a service. It starts and stops the service with itself."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        await run_in_threadpool(service.stop)

    # FastAPI's own pages load scripts from elsewhere; `/v1/docs` is a page without any.
    app = FastAPI(
        title="Global Fleet Orchestrator",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.service, app.state.events = service, Events(service)
    for routes in (job_routes, decision_routes, fleet_routes, health_routes):
        app.include_router(routes.router)
    add_handlers(app)

    @app.get("/v1/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(api_page(app.openapi()), headers=HEADERS)

    app.add_middleware(Access, people=service.people, settings=service.settings, metrics=service.metrics)
    return app
