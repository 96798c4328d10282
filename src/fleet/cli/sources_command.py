"""`fleet sources`: tries the sources of the fleet file."""

from typing import Annotated

import typer

from fleet.cli.feed_tables import print_trials, raise_if_failed, trials_content
from fleet.cli.options import HOME, FleetOption, HomeOption, JsonOption, now_utc
from fleet.storage.files import require_writable, write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.feed_ingest import client_of
from fleet.workflows.feed_trial import try_feeds
from fleet.workflows.open_workspace import fleet_of

sources = typer.Typer(name="sources", no_args_is_help=True, add_completion=False)


@sources.callback()
def root() -> None:
    """Try the sources of the fleet file."""


@sources.command("check")
def check(
    source: Annotated[str | None, typer.Argument(metavar="[SOURCE]", help="Only this source.")] = None,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Ask each source once, and show what came.

    For each column: its place in the order of sources, the newest value and its age, the unit of the source and the
    conversion. Nothing is stored. Exit code 1 if a source gives no value.
    """
    require_writable(json)
    workspace = Workspace(home)
    with client_of(workspace) as client:
        trials = try_feeds(fleet_of(workspace, fleet), client, now_utc=now_utc(), source=source)
    if json is not None:
        write_json(json, trials_content(trials))
    print_trials(trials)
    raise_if_failed([trial.error for trial in trials], len(trials))
