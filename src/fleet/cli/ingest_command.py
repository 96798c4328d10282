"""`fleet ingest`: adds telemetry and outlooks to the workspace."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from fleet.cli.feed_tables import print_results, raise_if_failed, results_content
from fleet.cli.held_text import print_held
from fleet.cli.options import HOME, FleetOption, HomeOption, JsonOption, now_utc
from fleet.cli.output import counted, print_line, print_table, stage_bars
from fleet.domain.clock import iso, parse_hour
from fleet.domain.region import Fleet
from fleet.domain.resample import parse_rules
from fleet.domain.telemetry import Telemetry
from fleet.quality.gate import Checked
from fleet.sources import SOURCES
from fleet.storage.files import require_writable, write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored
from fleet.workflows.feed_ingest import FeedRequest, client_of, ingest_feeds
from fleet.workflows.ingest import Ingested, ingest_outlooks, ingest_table
from fleet.workflows.open_workspace import fleet_of

sources = typer.Typer(name="ingest", no_args_is_help=True, add_completion=False)

SinceOption = Annotated[
    str | None,
    typer.Option(
        metavar="T",
        help="First hour to ask for, UTC. Default: continue where the last ingest of the source stopped, and ask for "
        "the last two days again; the first time, begin after the newest stored value, or 30 days ago.",
    ),
]
ReasonOption = Annotated[
    str, typer.Option(metavar="TEXT", help="Why stored values change that are older than 14 days. Else refused.")
]


@sources.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Ask all sources of the fleet file.")] = False,
    since: SinceOption = None,
    reason: ReasonOption = "",
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Add telemetry and outlooks to the workspace.

    `fleet ingest --all` asks all sources of the fleet file, and `fleet ingest SOURCE` asks one of them; see
    docs/sources.md. A source that fails does not stop the others; the exit code is then 1.
    """
    if context.invoked_subcommand is None:
        if not every:
            raise typer.BadParameter("name a source, `table` or `outlooks`, or give --all")
        _ingest(None, since, reason, fleet, home, json)
        return
    # An option before the name of a source would have no effect.
    sources_of = {name: context.get_parameter_source(name) for name in context.params}
    given = [name for name, origin in sources_of.items() if origin is not None and origin.name == "COMMANDLINE"]
    if given:
        raise typer.BadParameter(f"options stand after the name of the source, and --all without one ({given[0]})")


def _ingest(
    source: str | None, since: str | None, reason: str, fleet: Path | None, home: Path, json: Path | None
) -> None:
    """Ask the sources of the fleet file, print what came, and exit with 1 if one failed."""
    require_writable(json)
    workspace = Workspace(home)
    request = FeedRequest(
        workspace=workspace,
        fleet=fleet_of(workspace, fleet),
        now_utc=now_utc(),
        source=source,
        since=None if since is None else parse_hour(since),
        reason=reason,
    )
    with client_of(workspace) as client, stage_bars() as report:
        results = ingest_feeds(request, client, report)
        requests = client.requests
    if json is not None:
        write_json(json, results_content(results, requests))
    print_results(results, requests)
    if workspace.telemetry.exists():
        print_held(check_stored(workspace, request.fleet))
    raise_if_failed([result.error for result in results], len(results))


def _add_command(source: str) -> None:
    """Add the command of one source."""

    def command(
        since: SinceOption = None,
        reason: ReasonOption = "",
        fleet: FleetOption = None,
        home: HomeOption = HOME,
        json: JsonOption = None,
    ) -> None:
        _ingest(source, since, reason, fleet, home, json)

    sources.command(source, help=f"Ask {source}, as the fleet file wires it.")(command)


for _name in SOURCES:
    # A table is named on the command line; see below.
    if _name != "table":
        _add_command(_name)


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
    if workspace.fleet.exists():
        _print_strangers(ingested, fleet_of(workspace, None), workspace.fleet)


def _print_strangers(ingested: Ingested, fleet: Fleet, file: Path) -> None:
    """Tell which regions of the telemetry the fleet does not have: no decision reads them."""
    unknown = sorted(set(ingested.merged.telemetry.renamed(fleet.current_ids).regions) - set(fleet.region_ids))
    if unknown:
        print_line(
            f"{counted(len(unknown), 'region is', 'regions are')} not in {file}: {', '.join(unknown)}. It has "
            f"{', '.join(fleet.region_ids)}. The values are stored, and no decision reads them. "
            "If an id is mistyped, correct it in the source and ingest the values again."
        )


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
        "notes": list(ingested.notes),
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
        f"{counted(merged.new, 'value is', 'values are')} new{late}, {merged.same:,} the same, "
        f"{merged.revised:,} revised, {merged.withdrawn:,} removed; {held:,} of all stored values are held."
    )
    print_held(checked)
    for note in ingested.notes:
        print_line(note)
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
