"""Options that several commands take, and what they stand for."""

from pathlib import Path
from typing import Annotated

import typer

from fleet.domain.job import Job, jobs_from_frame
from fleet.domain.region import Fleet
from fleet.sources import table

FleetOption = Annotated[Path | None, typer.Option("--fleet", metavar="FILE", help="Fleet YAML; default three regions.")]
JsonOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON.")]


def read_jobs(path: Path, fleet: Fleet) -> list[Job]:
    """The jobs in a Parquet or CSV file."""
    frame = table.frame(table.fetch(path), table=path.name)
    return jobs_from_frame(frame, table=path.name, fleet_regions=fleet.region_ids)
