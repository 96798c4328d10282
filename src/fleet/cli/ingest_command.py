"""`fleet ingest`: telemetry and outlooks of a source into the workspace."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fleet.cli.held_text import print_held
from fleet.cli.options import HOME, HomeOption, JsonOption
from fleet.cli.output import print_table
from fleet.domain.clock import iso
from fleet.storage.files import write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored
from fleet.workflows.ingest import ingest_outlooks, ingest_table
from fleet.workflows.open_workspace import fleet_of

sources = typer.Typer(name="ingest", no_args_is_help=True, add_completion=False)


@sources.callback()
def root() -> None:
    """Add telemetry and outlooks to the workspace."""


@sources.command("table")
def from_table(
    file: Annotated[list[Path], typer.Option(metavar="FILE", help="Parquet or CSV; repeat to join in time.")],
    region: Annotated[str | None, typer.Option(help="Name of a table without a column `region`.")] = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Add tables of telemetry.

    A value that is stored already may come again. Another value for the same region, hour and column is refused.
    """
    workspace = Workspace(home)
    whole = ingest_table(workspace, file, region=region)
    checked = check_stored(workspace, fleet_of(workspace, None), whole)
    gaps = {name: int(np.isnan(grid).sum()) for name, grid in whole.values.items()}
    if json is not None:
        write_json(
            json,
            {
                "regions": list(whole.regions),
                "hours": len(whole.time_utc),
                "gaps": gaps,
                "held": checked.count_by_rule(),
            },
        )
    print_table(
        f"telemetry of {', '.join(whole.regions)}: {iso(whole.time_utc[0])} to {iso(whole.time_utc[-1])}",
        ("column", "region-hours", "gaps"),
        [(name, grid.size, gaps[name]) for name, grid in whole.values.items()],
    )
    print_held(checked)


@sources.command("outlooks")
def from_outlooks(
    file: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV: region, issued_utc, time_utc, values.")],
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Add a table of forecasts by others.

    A row that is stored already may come again. Another value for the same issue and hour is refused.
    """
    whole = ingest_outlooks(Workspace(home), file)
    if json is not None:
        content = {"regions": list(whole.regions), "issues": len(whole.issued_utc), "columns": list(whole.values)}
        write_json(json, content)
    print_table(
        f"outlooks of {', '.join(whole.regions)}: issued {iso(whole.issued_utc[0])} to {iso(whole.issued_utc[-1])}",
        ("column", "values"),
        [(name, int((~np.isnan(grid)).sum())) for name, grid in whole.values.items()],
    )
