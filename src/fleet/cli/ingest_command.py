"""`fleet ingest`: adds telemetry and outlooks to the workspace."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from fleet.cli.held_text import print_held
from fleet.cli.options import HOME, HomeOption, JsonOption, now_utc
from fleet.cli.output import print_line, print_table
from fleet.domain.clock import iso
from fleet.domain.resample import parse_rules
from fleet.domain.telemetry import Telemetry
from fleet.quality.gate import Checked
from fleet.storage.files import write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored
from fleet.workflows.ingest import Ingested, ingest_outlooks, ingest_table
from fleet.workflows.open_workspace import fleet_of

sources = typer.Typer(name="ingest", no_args_is_help=True, add_completion=False)


@sources.callback()
def root() -> None:
    """Add telemetry and outlooks to the workspace."""


@sources.command("table")
def from_table(
    file: Annotated[list[Path], typer.Option(metavar="FILE", help="Parquet or CSV. Repeat it to add more tables.")],
    region: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="If the table has no column `region`: the region of all rows. If it has one: add only the rows of "
            "this region.",
        ),
    ] = None,
    reason: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            help="Why stored values change or are removed. Needed if such a value is more than 14 days older than the "
            "newest stored hour.",
        ),
    ] = "",
    resample: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE",
            help="How several values within an hour become one value: mean, max or last. COLUMN=RULE gives one column "
            "its own rule; repeat the option for more. Temperature, dew point and load take the maximum, and the grid "
            "limit takes the minimum; only COLUMN=RULE changes these. All other columns take RULE, or the mean if only "
            "COLUMN=RULE is given. Without --resample, a table with times between full hours is refused.",
        ),
    ] = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Add tables of telemetry.

    A table may contain stored values again. A different value replaces the stored one (revised). An empty cell makes
    the stored value count as missing (removed). The older versions are kept. The command counts such changes, and
    `fleet quality` lists them.
    """
    workspace = Workspace(home)
    rules = parse_rules(resample or [])
    ingested = ingest_table(workspace, file, region=region, stored_utc=now_utc(), reason=reason, rules=rules)
    checked = check_stored(workspace, fleet_of(workspace, None), ingested.merged.telemetry)
    if json is not None:
        write_json(json, _content(ingested, checked))
    _print(ingested, checked)


def _content(ingested: Ingested, checked: Checked) -> dict[str, Any]:
    merged, whole = ingested.merged, ingested.merged.telemetry
    return {
        "regions": list(whole.regions),
        "hours": len(whole.time_utc),
        "gaps": _gaps(whole),
        "held": checked.count_by_rule(),
        "new": merged.new,
        "late": merged.late,
        "same": merged.same,
        "revised": merged.revised,
        "withdrawn": merged.withdrawn,
        "resampled": {name: rule for part in ingested.resampled for name, rule in part.rules.items()},
    }


def _gaps(whole: Telemetry) -> dict[str, int]:
    return {name: int(np.isnan(grid).sum()) for name, grid in whole.values.items()}


def _print(ingested: Ingested, checked: Checked) -> None:
    merged, whole = ingested.merged, ingested.merged.telemetry
    gaps = _gaps(whole)
    print_table(
        f"telemetry of {', '.join(whole.regions)}: {iso(whole.time_utc[0])} to {iso(whole.time_utc[-1])}",
        ("column", "region-hours", "gaps"),
        [(name, grid.size, gaps[name]) for name, grid in whole.values.items()],
    )
    late = f" ({merged.late:,} of them for hours before a stored value)" if merged.late else ""
    held = sum(checked.count_by_rule().values())
    print_line(
        f"{merged.new:,} values are new{late}, {merged.same:,} the same, {merged.revised:,} revised, "
        f"{merged.withdrawn:,} removed; {held:,} of all stored values are held."
    )
    print_held(checked)
    for part in ingested.resampled:
        if part.rules:
            rules_used = ", ".join(f"{name} {rule}" for name, rule in part.rules.items())
            print_line(
                f"{part.stamps:,} rows were combined into {part.frame.height:,} hours: {rules_used}; "
                f"{part.left_out:,} hours with less than three quarters of their rows were left out."
            )


@sources.command("outlooks")
def from_outlooks(
    file: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV: region, issued_utc, time_utc, values.")],
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Add a table of outlooks: forecasts that somebody else issued.

    A stored row may be supplied again. A different value for the same region, issue time, hour and column is refused.
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
