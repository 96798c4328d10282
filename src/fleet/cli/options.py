"""Options that several commands share."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fleet.domain.region import Fleet
from fleet.errors import ConfigError

HOME = Path(".fleet")

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="FLEET_HOME", metavar="DIR", help="The workspace: the folder that holds the state."),
]
FleetOption = Annotated[
    Path | None,
    typer.Option(
        "--fleet",
        metavar="FILE",
        help="Fleet YAML. Default: fleet.yaml in the workspace, or the packaged fleet if this file does not exist.",
    ),
]
PackagedFleetOption = Annotated[
    Path | None, typer.Option("--fleet", metavar="FILE", help="Fleet YAML. Default: the packaged fleet.")
]
OutlooksOption = Annotated[
    Path | None,
    typer.Option("--outlooks", metavar="FILE", help="Forecasts that somebody else issued, with their issue times."),
]
DecisionArgument = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="A decision's id, or its first characters. A job's id stands for its newest decision."
    ),
]
JsonOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON.")]
FullOption = Annotated[bool, typer.Option("--full", help="Print all tables, not only the summary.")]
ConfidenceOption = Annotated[
    float, typer.Option("--confidence", help="Confidence of the upper bounds that decide about jobs.")
]
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="T",
        help="A past hour, UTC, that counts as the last known one. Default: the last hour that has ended.",
    ),
]


def now_utc() -> str:
    """Return the current time in the format of the ledger."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown_regions(fleet: Fleet, region: str | None) -> tuple[str, ...]:
    """Return the region that `--region` names, or all. Raises: ConfigError if the fleet does not have it."""
    if region is None:
        return fleet.region_ids
    if region not in fleet.region_ids:
        raise ConfigError(f"region {region!r} is not in the fleet, expected one of {', '.join(fleet.region_ids)}")
    return (region,)
