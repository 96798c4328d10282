"""`fleet twin`: synthetic years."""

from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.options import FleetOption, JsonOption
from fleet.cli.output import print_table
from fleet.domain.clock import iso, parse_hour
from fleet.domain.job import jobs_to_frame
from fleet.files import frame_writer, json_writer, write_whole
from fleet.fleets import load_fleet
from fleet.twin import ALL_PARTS, make_twin


def command(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Gets telemetry, outlooks and jobs as Parquet.")],
    start: Annotated[str, typer.Option(help="First hour, UTC.")] = "2024-01-01",
    hours: Annotated[int, typer.Option(min=1)] = 17_544,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 7,
    fleet: FleetOption = None,
    only: Annotated[
        str | None, typer.Option(metavar="PARTS", help=f"Some of {', '.join(sorted(ALL_PARTS))}, with commas between.")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Make synthetic telemetry, outlooks and jobs for a fleet."""
    parts = ALL_PARTS if only is None else frozenset(part.strip() for part in only.split(","))
    made = make_twin(load_fleet(fleet), start=parse_hour(start), hours=hours, seed=seed, only=parts)
    files = {}
    if made.telemetry.values:
        files[out / "telemetry.parquet"] = made.telemetry.to_frame()
    if "weather" in parts:
        files[out / "outlooks.parquet"] = made.outlooks
    if "jobs" in parts:
        files[out / "jobs.parquet"] = jobs_to_frame(made.jobs)
    writers = {path: frame_writer(path, frame) for path, frame in files.items()}
    summary = {path.name: frame.height for path, frame in files.items()}
    if json is not None:
        writers[json] = json_writer({"seed": seed, "rows": summary})
    write_whole(writers)
    span = f"{iso(made.telemetry.time_utc[0])} to {iso(made.telemetry.time_utc[-1])}"
    print_table(
        f"twin of {', '.join(made.telemetry.regions)}: {span}, seed {seed}",
        ("file", "rows"),
        [(str(path), frame.height) for path, frame in files.items()],
    )
