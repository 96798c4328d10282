"""`fleet ingest`: telemetry and outlooks of a source into the workspace."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fleet.cli.held_text import print_held
from fleet.cli.options import HOME, HomeOption, JsonOption, now_utc
from fleet.cli.output import print_line, print_table
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
    file: Annotated[list[Path], typer.Option(metavar="FILE", help="Parquet or CSV; repeat for tables of other hours.")],
    region: Annotated[str | None, typer.Option(help="Region of a table that has no column `region`.")] = None,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why stored values change. Needed for values older than 14 days.")
    ] = "",
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Add tables of telemetry.

    A value that is stored already may be supplied again. Another value is stored as a revision, and an empty cell
    withdraws the stored value. Both are counted, and the older versions are kept; `fleet quality` lists them.
    """
    workspace = Workspace(home)
    merged = ingest_table(workspace, file, region=region, stored_utc=now_utc(), reason=reason)
    whole = merged.telemetry
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
                "new": merged.new,
                "late": merged.late,
                "same": merged.same,
                "revised": merged.revised,
                "withdrawn": merged.withdrawn,
            },
        )
    print_table(
        f"telemetry of {', '.join(whole.regions)}: {iso(whole.time_utc[0])} to {iso(whole.time_utc[-1])}",
        ("column", "region-hours", "gaps"),
        [(name, grid.size, gaps[name]) for name, grid in whole.values.items()],
    )
    late = f" ({merged.late:,} of them late)" if merged.late else ""
    held = sum(checked.count_by_rule().values())
    print_line(
        f"{merged.new:,} values are new{late}, {merged.same:,} the same, {merged.revised:,} revised, "
        f"{merged.withdrawn:,} withdrawn; {held:,} of all that is stored are held."
    )
    print_held(checked)


@sources.command("outlooks")
def from_outlooks(
    file: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV: region, issued_utc, time_utc, values.")],
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Add a table of forecasts by others.

    A row that is stored already may be supplied again. Another value for the same issue and hour is refused.
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
