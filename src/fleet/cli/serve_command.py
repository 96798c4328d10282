"""`fleet serve`: the API, the loop of the hour, and the dashboard."""

import sys
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.free_port import require_free_port
from fleet.cli.options import HOME, FleetOption, HomeOption, now_utc
from fleet.cli.output import print_line
from fleet.errors import ConfigError
from fleet.storage.workspace import Workspace

API_PORT, DASHBOARD_PORT = 8_080, 8_501
AllowedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-host", metavar="NAME", help="One more host name, such as that of a proxy. Repeat it for more."
    ),
]
IngestOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1_440,
        metavar="MINUTES",
        help="Ask all sources of the fleet file so often, as `fleet ingest --all` does. Default: never.",
    ),
]


def serve(
    api: Annotated[bool, typer.Option("--api/--no-api", help="Serve the API.")] = True,
    loop: Annotated[bool, typer.Option("--loop/--no-loop", help="Plan the queue each hour.")] = True,
    dashboard: Annotated[bool, typer.Option("--dashboard/--no-dashboard", help="Serve the dashboard.")] = True,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address of the API.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port of the API.")] = API_PORT,
    dashboard_port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Port of the dashboard, on loopback.")
    ] = DASHBOARD_PORT,
    allowed_host: AllowedOption = None,
    ingest_minutes: IngestOption = None,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
) -> None:
    """Serve the API and the dashboard, and plan each hour.

    The API decides submitted jobs at once and records every decision before it answers. Without tokens (`fleet token
    create`) it listens on loopback only, and everybody there is an operator. The dashboard always listens on loopback.
    SIGTERM and Ctrl-C end all parts in order.
    """
    names = tuple(allowed_host or ())
    if not api and not loop:
        if not dashboard:
            raise ConfigError("--no-api, --no-loop and --no-dashboard leave nothing to serve")
        require_free_port("127.0.0.1", dashboard_port, "--dashboard-port")
        from fleet.dashboard.serve import serve as serve_dashboard

        sys.exit(serve_dashboard(home, dashboard_port, names))
    if find_spec("fastapi") is None:
        raise ConfigError(
            "the API needs packages that are missing; install them with `pip install "
            "'global-fleet-orchestrator[service]'`, or serve the dashboard alone with --no-api --no-loop"
        )
    if dashboard:
        require_free_port("127.0.0.1", dashboard_port, "--dashboard-port")
    if api:
        require_free_port(host, port, "--port")
    with ExitStack() as stack:
        if dashboard:
            from fleet.dashboard.serve import started

            stack.enter_context(started(home, dashboard_port, names))
            print_line(f"dashboard: http://127.0.0.1:{dashboard_port}")
        _serve_api(home, fleet, names, (host, port), with_api=api, with_loop=loop, ingest_minutes=ingest_minutes)


def _serve_api(
    home: Path,
    fleet: Path | None,
    names: tuple[str, ...],
    address: tuple[str, int],
    *,
    with_api: bool,
    with_loop: bool,
    ingest_minutes: int | None,
) -> None:
    from fleet.service.server import run_api, run_loop
    from fleet.service.service_settings import ServiceSettings
    from fleet.service.service_state import Service
    from fleet.workflows.open_workspace import fleet_of

    workspace = Workspace(home)
    workspace.make()
    host, port = address
    ingest_s = None if ingest_minutes is None else 60.0 * ingest_minutes
    settings = ServiceSettings(host=host, port=port, names=names, with_loop=with_loop, ingest_s=ingest_s)
    service = Service.open(workspace, fleet_of(workspace, fleet), settings, now_utc)
    if with_api:
        print_line(f"API: http://{host}:{port}/v1")
    (run_api if with_api else run_loop)(service)
