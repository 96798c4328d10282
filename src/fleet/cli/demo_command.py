"""`fleet demo`, `fleet serve` and `fleet report`: the chain on the twin, and what a person looks at."""

import sys
from typing import Annotated

import typer
from rich.text import Text

from fleet.cli.options import HOME, FleetOption, HomeOption, JsonOption, ledger_of
from fleet.cli.output import console, stage_bars
from fleet.cli.replay_command import print_replay
from fleet.dashboard import serve as dashboard
from fleet.dashboard.report.report_page import write_report
from fleet.fleets import load_fleet
from fleet.storage.files import write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.demo import run_demo

PortOption = Annotated[int, typer.Option(min=1, max=65_535, help="On loopback.")]
PORT = 8_501


def demo(
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the dashboard afterwards.")] = True,
    port: PortOption = PORT,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Twin, training, calibration, replay of the last year and a report; then the dashboard."""
    workspace = Workspace(home)
    who = load_fleet(fleet)
    with stage_bars() as report:
        result = run_demo(workspace, who, ledger_of(workspace), report)
        report("report", 0.0)
        page = write_report(workspace)
    if json is not None:
        write_json(json, result.as_dict())
    print_replay(result)
    console.print(Text(f"report: {page}"))
    if serve:
        sys.exit(dashboard.serve(home, port))


def serve(port: PortOption = PORT, home: HomeOption = HOME) -> None:
    """Serve the dashboard on loopback, from what the workspace holds."""
    workspace = Workspace(home)
    workspace.require(workspace.risk, "fleet demo")
    sys.exit(dashboard.serve(home, port))


def report(home: HomeOption = HOME, json: JsonOption = None) -> None:
    """Write a self-contained HTML report of what the workspace holds."""
    page = write_report(Workspace(home))
    if json is not None:
        write_json(json, {"report": str(page)})
    console.print(Text(f"report: {page}"))
