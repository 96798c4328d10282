"""`fleet replay`: a year of each policy in closed loop."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fleet.cli.options import FleetOption, JsonOption, OutlooksOption, first_of, read_jobs
from fleet.cli.output import console, stage_bars
from fleet.cli.replay_jobs import Selection, print_drill
from fleet.cli.replay_notes import notes
from fleet.cli.replay_places import print_places
from fleet.cli.replay_tables import print_ablation, print_outcomes
from fleet.domain.clock import parse_hour
from fleet.fleets import load_fleet
from fleet.placement import DEFAULT_POLICY, ORACLE, POLICIES
from fleet.preparation.settings import Settings
from fleet.replay.closed_loop import Replay, replay
from fleet.replay.job_rows import jobs_frame
from fleet.sources import table
from fleet.storage.files import frame_writer, json_writer, require_table, write_whole

_NAMES = tuple(name for name in POLICIES if name != ORACLE)


def command(
    telemetry: Annotated[list[Path], typer.Option(metavar="FILE", help="Parquet or CSV; repeat to join.")],
    jobs: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV, a row a job.")],
    outlooks: OutlooksOption = None,
    fleet: FleetOption = None,
    policies: Annotated[
        str | None,
        typer.Option(metavar="A,B,C", help=f"Some of {', '.join(_NAMES)}; default all. The oracle is always added."),
    ] = None,
    test_start: Annotated[
        str | None, typer.Option(metavar="T", help="Replay from here on; default the last 8,760 h.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of the bounds that may approve, one-sided.")] = 0.95,
    ablate: Annotated[
        bool, typer.Option("--ablate", help=f"Also {DEFAULT_POLICY} with one ingredient changed at a time.")
    ] = False,
    dump: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Every job of every policy: where, when, which limit.")
    ] = None,
    drill: Annotated[
        str | None,
        typer.Option(metavar="POLICY[:REGION[:SEASON]]", help="List the breached jobs of a place, such as Jun-Aug."),
    ] = None,
    json: JsonOption = None,
) -> None:
    """Replay history hour by hour, policies side by side, scored by what really happened."""
    settings = Settings(confidence=confidence)
    who = load_fleet(fleet)
    names = _NAMES if policies is None else tuple(name.strip() for name in policies.split(","))
    place = None if drill is None else Selection.parse(drill, dict.fromkeys((*names, ORACLE)), who.region_ids)
    if dump is not None:
        require_table(dump)
    work = read_jobs(jobs, who)
    observed = table.read(telemetry)
    with stage_bars() as report:
        result = replay(
            observed,
            work.jobs,
            who,
            outlooks=None if outlooks is None else table.read_outlooks(outlooks),
            policies=names,
            settings=settings,
            test_start=None if test_start is None else parse_hour(test_start),
            ablate=ablate,
            report=report,
        )
    files = {} if dump is None else {dump: frame_writer(dump, jobs_frame(result))}
    if json is not None:
        files[json] = json_writer(result.as_dict() | {"refused": [asdict(each) for each in work.refused]})
    write_whole(files)
    print_replay(result)
    if place is not None:
        print_drill(jobs_frame(result), place)
    if work.refused:
        console.print(Text(f"{len(work.refused):,} refused: {first_of(work.refused)}"), soft_wrap=True)


def print_replay(result: Replay) -> None:
    """Every policy beside the others, in tables and then in sentences, with counts behind every rate."""
    print_outcomes(result)
    if result.ablation:
        print_ablation(f"{DEFAULT_POLICY}, an ingredient changed at a time", result.ablation)
    print_places(result)
    for note in notes(result):
        console.print(Text(note), soft_wrap=True)
