"""`fleet demo` and `fleet report`: run the whole chain on the twin, and show its results."""

from typing import Annotated

import typer

from fleet.cli.free_port import require_free_port
from fleet.cli.options import HOME, FullOption, HomeOption, JsonOption, PackagedFleetOption
from fleet.cli.output import print_line, stage_bars
from fleet.storage.files import write_json
from fleet.storage.workspace import Workspace

PortOption = Annotated[int, typer.Option(min=1, max=65_535, help="Port of the dashboard, on loopback.")]
PORT = 8_501


def demo(
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the dashboard afterwards.")] = True,
    port: PortOption = PORT,
    fleet: PackagedFleetOption = None,
    home: HomeOption = HOME,
    full: FullOption = False,
    json: JsonOption = None,
) -> None:
    """Run the whole chain on the digital twin.

    Makes two synthetic years of telemetry, outlooks (forecasts that somebody else issued) and jobs. Every policy then
    decides each hour of the second year. The results are stored in the workspace, and a report shows them.
    """
    from fleet.cli.replay_story import print_story
    from fleet.cli.replay_tables import print_replay
    from fleet.dashboard.report.report_page import write_report
    from fleet.dashboard.serve import replace_process
    from fleet.fleets import load_fleet
    from fleet.workflows.demo import run_demo
    from fleet.workflows.open_workspace import ledger_of

    if serve:
        require_free_port("127.0.0.1", port, "--port")
    workspace = Workspace(home)
    chosen_fleet = load_fleet(fleet)
    with stage_bars() as report, ledger_of(workspace) as ledger:
        result = run_demo(workspace, chosen_fleet, ledger, report)
        report("report", 0.0)
        page = write_report(workspace)
    if json is not None:
        write_json(json, result.as_dict())
    if full:
        print_replay(result)
    else:
        print_story(result)
    print_line(f"report: {page}")
    if serve:
        replace_process(home, port)


def report(home: HomeOption = HOME, json: JsonOption = None) -> None:
    """Write the report of a workspace as one HTML file.

    The report shows what the pages of `fleet serve` show: the newest live hour, the decisions, and the replay. The file
    is reports/report.html in the workspace, and needs no other file.
    """
    from fleet.dashboard.report.report_page import write_report

    workspace = Workspace(home)
    workspace.require_contents()
    page = write_report(workspace)
    if json is not None:
        write_json(json, {"report": str(page)})
    print_line(f"report: {page}")
