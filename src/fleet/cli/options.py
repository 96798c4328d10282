"""Options that several commands take, and what they stand for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleet.domain.job_table import JobTable, Refusal, jobs_from_frame
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.fleets import load_fleet
from fleet.sources import table
from fleet.storage.workspace import DEFAULT_HOME, Workspace

if TYPE_CHECKING:
    from fleet.ledger import Ledger

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="FLEET_HOME", metavar="DIR", help="The workspace that holds all state.")
]
FleetOption = Annotated[Path | None, typer.Option("--fleet", metavar="FILE", help="Fleet YAML; default three regions.")]
OutlooksOption = Annotated[
    Path | None, typer.Option("--outlooks", metavar="FILE", help="Forecasts by others, with their issue times.")
]
JsonOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON.")]
HOME = DEFAULT_HOME
_REFUSALS_IN_WORDS = 3


def fleet_of(workspace: Workspace, path: Path | None) -> Fleet:
    """The fleet named on the command line, else the workspace's own, else the packaged one."""
    if path is None and workspace.fleet.exists():
        path = workspace.fleet
    return load_fleet(path)


def ledger_of(workspace: Workspace) -> Ledger:
    """The database of FLEET_DATABASE_URL, else a file in the workspace, made where it is missing."""
    from fleet.ledger import Ledger, sqlite_url  # most commands write none, and databases are slow to import

    return Ledger(os.environ.get("FLEET_DATABASE_URL") or sqlite_url(workspace.ledger))


def existing_ledger_of(workspace: Workspace) -> Ledger:
    """As `ledger_of`, for commands that need something in it: a missing file is refused, not made."""
    if not os.environ.get("FLEET_DATABASE_URL"):
        workspace.require(workspace.ledger, "fleet decide` or `fleet demo")
    return ledger_of(workspace)


def read_jobs(path: Path, fleet: Fleet) -> JobTable:
    """The jobs in a Parquet or CSV file. Raises: DataError as `jobs_from_frame` does, or if every job is refused."""
    read = jobs_from_frame(table.frame(table.fetch(path), table=path.name), table=path.name, regions=fleet.regions)
    if not read.jobs:
        raise DataError(f"{path.name}: every job is refused; {first_of(read.refused)}")
    return read


def first_of(refused: Sequence[Refusal]) -> str:
    """The first few refusals as words, and how many more there are."""
    words = [f"job {each.job_id}: {each.reason}" for each in refused[:_REFUSALS_IN_WORDS]]
    more = len(refused) - len(words)
    return "; ".join([*words, f"and {more:,} more"] if more else words)


def now_utc() -> str:
    """The clock's time, as the ledger writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
