"""`fleet twin`: synthetic years."""

from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.options import FleetOption, JsonOption
from fleet.cli.output import print_table
from fleet.domain.clock import iso, parse_hour
from fleet.files import Write, batch_writer, frame_writer, json_writer, write_whole
from fleet.fleets import dump_fleet, load_fleet
from fleet.twin import ALL_PARTS, make_twin, world_fleet

_MOST_NAMED = 12


def command(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Gets telemetry, outlooks and jobs as Parquet.")],
    start: Annotated[str, typer.Option(help="First hour, UTC.")] = "2024-01-01",
    hours: Annotated[int, typer.Option(min=1)] = 17_544,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 7,
    fleet: FleetOption = None,
    regions: Annotated[
        int | None, typer.Option(metavar="N", help="Draw a world fleet of N regions instead, and write its fleet.yaml.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="PARTS", help=f"Some of {', '.join(sorted(ALL_PARTS))}, with commas between.")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Make synthetic telemetry, outlooks and jobs for a fleet."""
    parts = ALL_PARTS if only is None else frozenset(part.strip() for part in only.split(","))
    if regions is not None and fleet is not None:
        raise typer.BadParameter("draws a fleet of its own; leave out --fleet", param_hint="--regions")
    chosen = load_fleet(fleet) if regions is None else world_fleet(regions, seed)
    made = make_twin(chosen, start=parse_hour(start), hours=hours, seed=seed, only=parts)
    rows: dict[str, int] = {}
    writers: dict[Path, Write] = {}
    if regions is not None:
        writers[out / "fleet.yaml"] = lambda part: part.write_text(dump_fleet(chosen), encoding="utf-8")
    if made.telemetry.values:
        telemetry = made.telemetry.to_frame()
        rows["telemetry.parquet"] = telemetry.height
        writers[out / "telemetry.parquet"] = frame_writer(out / "telemetry.parquet", telemetry)
    if "weather" in parts:
        rows["outlooks.parquet"] = 0  # known when they are written
        writers[out / "outlooks.parquet"] = batch_writer(
            made.outlook_batches(), lambda height: rows.update({"outlooks.parquet": height})
        )
    if "jobs" in parts:
        rows["jobs.parquet"] = made.jobs.height
        writers[out / "jobs.parquet"] = frame_writer(out / "jobs.parquet", made.jobs)
    if json is not None:
        writers[json] = lambda part: json_writer({"seed": seed, "rows": rows})(part)
    write_whole(writers)
    span = f"{iso(made.telemetry.time_utc[0])} to {iso(made.telemetry.time_utc[-1])}"
    print_table(
        f"twin of {_few(made.telemetry.regions)}: {span}, seed {seed}",
        ("file", "rows"),
        [(str(out / name), height) for name, height in rows.items()],
    )


def _few(regions: tuple[str, ...]) -> str:
    """The ids, or how many there are where they would fill the screen."""
    return ", ".join(regions) if len(regions) <= _MOST_NAMED else f"{len(regions)} regions"
