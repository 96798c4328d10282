"""`fleet twin`: writes synthetic years to files."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fleet.cli.options import JsonOption, PackagedFleetOption
from fleet.cli.output import print_table
from fleet.domain.clock import iso, parse_hour
from fleet.domain.telemetry import MOST_HOURS
from fleet.fleets import load_fleet
from fleet.twin import ALL_PARTS, MOST_REGIONS, draw_world_fleet
from fleet.workflows.twin_run import TwinRun, write_twin

_MOST_NAMED = 12
_ONE_HOUR = np.timedelta64(1, "h")


def command(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the tables (Parquet), the fleet and a record of the run.")
    ],
    start: Annotated[str, typer.Option(help="First hour, UTC.")] = "2024-01-01",
    hours: Annotated[int, typer.Option(min=1, max=MOST_HOURS, help="Number of hours, up to a century.")] = 17_544,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same files.")] = 7,
    fleet: PackagedFleetOption = None,
    regions: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_REGIONS, help="Instead of --fleet: a random fleet of this many sites near cities."
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(metavar="A,B,C", help=f"Some of {', '.join(sorted(ALL_PARTS))}. Default: all."),
    ] = None,
    json: JsonOption = None,
) -> None:
    """Make synthetic telemetry, outlooks and jobs for a fleet."""
    if regions is not None and fleet is not None:
        raise typer.BadParameter("draws a fleet of its own; leave out --fleet", param_hint="--regions")
    run = TwinRun(
        fleet=load_fleet(fleet) if regions is None else draw_world_fleet(regions, seed),
        start=parse_hour(start),
        hours=hours,
        seed=seed,
        parts=ALL_PARTS if only is None else frozenset(part.strip() for part in only.split(",")),
    )
    rows = write_twin(run, out, json=json)
    span = f"{iso(run.start)} to {iso(run.start + (hours - 1) * _ONE_HOUR)}"
    print_table(
        f"twin of {_names(run.fleet.region_ids)}: {span}, seed {seed}",
        ("file", "rows"),
        [(str(out / name), count) for name, count in rows.items()],
    )


def _names(region_ids: tuple[str, ...]) -> str:
    """Return the ids, or their number if they would fill the screen."""
    return ", ".join(region_ids) if len(region_ids) <= _MOST_NAMED else f"{len(region_ids)} regions"
