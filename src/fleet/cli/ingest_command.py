"""`fleet ingest`: a source's telemetry into the workspace."""

from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.options import HOME, HomeOption, JsonOption
from fleet.cli.output import print_table
from fleet.domain.clock import iso
from fleet.sources import table
from fleet.storage.files import write_json
from fleet.storage.telemetry_store import add_outlooks, add_telemetry
from fleet.storage.workspace import Workspace

sources = typer.Typer(name="ingest", no_args_is_help=True, add_completion=False)


@sources.callback()
def root() -> None:
    """Add a source's telemetry to the workspace."""


@sources.command("outlooks")
def from_outlooks(
    file: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV: region, issued_utc, time_utc, values.")],
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Add forecasts by others. Rows that are stored already may come again, others of the same issue are refused."""
    workspace = Workspace(home)
    whole = add_outlooks(workspace.outlooks, table.frame(table.fetch(file), table=file.name), table=file.name)
    workspace.made_by_demo.unlink(missing_ok=True)
    span = f"{iso(whole.issued_utc[0])} to {iso(whole.issued_utc[-1])}"
    if json is not None:
        content = {"regions": list(whole.regions), "issues": len(whole.issued_utc), "columns": list(whole.values)}
        write_json(json, content)
    print_table(
        f"outlooks of {', '.join(whole.regions)}: issued {span}",
        ("column", "values"),
        [(name, int((grid == grid).sum())) for name, grid in whole.values.items()],
    )


@sources.command("table")
def from_table(
    file: Annotated[list[Path], typer.Option(metavar="FILE", help="Parquet or CSV; repeat to join in time.")],
    region: Annotated[str | None, typer.Option(help="Name of a table without a column `region`.")] = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Add tables on disk. Values that are stored already may come again, others of the same hour are refused."""
    workspace = Workspace(home)
    whole = add_telemetry(workspace.telemetry, table.read(file, region=region))
    workspace.made_by_demo.unlink(missing_ok=True)
    span = f"{iso(whole.time_utc[0])} to {iso(whole.time_utc[-1])}"
    gaps = {name: int((grid != grid).sum()) for name, grid in whole.values.items()}
    if json is not None:
        write_json(json, {"regions": list(whole.regions), "hours": len(whole.time_utc), "gaps": gaps})
    print_table(
        f"telemetry of {', '.join(whole.regions)}: {span}",
        ("column", "region-hours", "gaps"),
        [(name, grid.size, gaps[name]) for name, grid in whole.values.items()],
    )
