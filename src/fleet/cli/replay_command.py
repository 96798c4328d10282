"""`fleet replay`: lets each policy decide every hour of past telemetry, and prints the outcomes."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.held_text import print_held
from fleet.cli.options import ConfidenceOption, JsonOption, OutlooksOption, PackagedFleetOption
from fleet.cli.output import print_line, stage_bars
from fleet.cli.replay_jobs import JobFilter, print_breached_jobs
from fleet.cli.replay_tables import print_replay
from fleet.domain.clock import parse_hour
from fleet.domain.job_table import JobTable
from fleet.fleets import load_fleet
from fleet.placement import DEFAULT_POLICY, ORACLE, POLICIES
from fleet.preparation.settings import Settings
from fleet.quality.gate import Checked, hold
from fleet.replay.closed_loop import ReplayOptions, replay_policies
from fleet.replay.job_rows import jobs_frame
from fleet.sources import table
from fleet.storage.files import frame_writer, json_writer, require_table, write_whole
from fleet.workflows.open_workspace import first_refusals, read_jobs

_NAMES = tuple(name for name in POLICIES if name != ORACLE)

_PoliciesOption = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,C",
        help=f"Some of {', '.join(_NAMES)}; default all. The oracle, which knows the next 24 hours, is always added.",
    ),
]

_TestStartOption = Annotated[
    str | None,
    typer.Option(
        metavar="T",
        help="Replay from this hour on. Default: the last 8,760 h, or the last third of a history of less than two "
        "years.",
    ),
]

_DumpOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write one row per policy and job: verdict, region, start, breach, and the limit that was breached or "
        "that denied the job.",
    ),
]


def command(
    telemetry: Annotated[list[Path], typer.Option(metavar="FILE", help="Parquet or CSV. Repeat it to join tables.")],
    jobs: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV, one row per job.")],
    outlooks: OutlooksOption = None,
    fleet: PackagedFleetOption = None,
    policies: _PoliciesOption = None,
    test_start: _TestStartOption = None,
    confidence: ConfidenceOption = 0.95,
    ablate: Annotated[
        bool,
        typer.Option(
            "--ablate", help=f"Also run variants of the policy `{DEFAULT_POLICY}`. Each variant changes one component."
        ),
    ] = False,
    dump: _DumpOption = None,
    drill: Annotated[
        str | None,
        typer.Option(
            metavar="POLICY[:REGION[:SEASON]]", help="List the breached jobs, for example priced:arizona:Jun-Aug."
        ),
    ] = None,
    json: JsonOption = None,
) -> None:
    """Replay history with several policies, and compare.

    Each policy decides every hour of the past with the values that were known at that hour. The actual values then
    show which jobs breached a limit, and what the jobs used and cost.
    """
    chosen_fleet = load_fleet(fleet)
    names = _NAMES if policies is None else tuple(name.strip() for name in policies.split(","))
    options = ReplayOptions(
        policies=names,
        settings=Settings(confidence=confidence),
        test_start=None if test_start is None else parse_hour(test_start),
        ablate=ablate,
    )
    job_filter = None
    if drill is not None:
        job_filter = JobFilter.parse(drill, dict.fromkeys((*names, ORACLE)), chosen_fleet.region_ids)
    if dump is not None:
        require_table(dump)
    work = read_jobs(jobs, chosen_fleet)
    issued = None if outlooks is None else table.read_outlooks(outlooks, any_column=False)
    checked = hold(table.read(telemetry, any_column=False), fleet=chosen_fleet, outlooks=issued)
    options = replace(options, outlooks=checked.outlooks)
    with stage_bars() as report:
        result = replay_policies(checked.telemetry, work.jobs, chosen_fleet, options, report)
    files = {} if dump is None else {dump: frame_writer(dump, jobs_frame(result))}
    if json is not None:
        files[json] = json_writer(result.as_dict() | _beside(work, checked))
    write_whole(files)
    print_replay(result)
    print_held(checked)
    if job_filter is not None:
        print_breached_jobs(jobs_frame(result), job_filter)
    _print_rows(work)


def _beside(work: JobTable, checked: Checked) -> dict[str, object]:
    """Return what was left out of the replay, for JSON."""
    return {
        "refused": [asdict(refusal) for refusal in work.refused],
        "held": checked.count_by_rule(),
        "held_outlooks": checked.count_outlooks_by_rule(),
    }


def _print_rows(work: JobTable) -> None:
    if work.refused:
        print_line(f"{len(work.refused):,} invalid rows were refused: {first_refusals(work.refused)}")
    if work.rounded:
        print_line(f"{len(work.rounded):,} jobs were rounded to full hours, such as job {work.rounded[0].job_id}.")
