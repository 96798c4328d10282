"""`fleet replay`: lets each policy decide every hour of past telemetry, and prints the outcomes."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.held_text import print_held
from fleet.cli.options import ConfidenceOption, FleetOption, FullOption, JsonOption, OutlooksOption
from fleet.cli.output import counted, print_line, stage_bars
from fleet.cli.replay_jobs import JobFilter, print_breached_jobs
from fleet.cli.replay_story import print_story
from fleet.cli.replay_tables import print_replay
from fleet.domain.clock import parse_hour
from fleet.domain.job_table import JobTable
from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets import load_fleet
from fleet.placement import DEFAULT_POLICY, ORACLE, POLICIES
from fleet.preparation.settings import Settings
from fleet.quality.gate import Checked, hold
from fleet.replay.closed_loop import Replay, ReplayOptions, replay_policies
from fleet.replay.job_rows import jobs_frame
from fleet.sources import table
from fleet.storage.files import frame_writer, json_writer, require_table, write_whole
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored
from fleet.workflows.open_workspace import first_refusals, read_jobs
from fleet.workflows.replay_record import keep_replay, replayed_fleet, require_default

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


_TelemetryOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Parquet or CSV. Repeat it to join tables. Default: the telemetry and outlooks that --home stores.",
    ),
]

_AblateOption = Annotated[
    bool,
    typer.Option(
        "--ablate", help=f"Also run variants of the policy `{DEFAULT_POLICY}`. Each variant changes one component."
    ),
]

_DrillOption = Annotated[
    str | None,
    typer.Option(
        metavar="POLICY[:REGION[:SEASON]]", help="List the breached jobs, for example priced:arizona:Jun-Aug."
    ),
]

_RecordOption = Annotated[
    Path | None,
    typer.Option(
        "--home", metavar="DIR", help="Record the replay in this workspace, so that `fleet serve` and `report` show it."
    ),
]


def command(
    jobs: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV, one row per job.")],
    telemetry: _TelemetryOption = None,
    outlooks: OutlooksOption = None,
    fleet: FleetOption = None,
    home: _RecordOption = None,
    policies: _PoliciesOption = None,
    test_start: _TestStartOption = None,
    confidence: ConfidenceOption = 0.95,
    ablate: _AblateOption = False,
    dump: _DumpOption = None,
    drill: _DrillOption = None,
    full: FullOption = False,
    json: JsonOption = None,
) -> None:
    """Replay history with several policies, and compare.

    Each policy decides every hour of the past with the values that were known at that hour. The actual values then
    show which jobs breached a limit, and what the jobs used and cost.

    With --home, the pages and the report show the replay, and the ledger of the workspace gets its decisions.
    """
    workspace = None if home is None else Workspace(home)
    chosen_fleet = load_fleet(fleet) if workspace is None else replayed_fleet(workspace, fleet)
    names = _NAMES if policies is None else tuple(name.strip() for name in policies.split(","))
    options = ReplayOptions(
        policies=names,
        settings=Settings(confidence=confidence),
        test_start=None if test_start is None else parse_hour(test_start),
        ablate=ablate,
        explain=() if workspace is None else (DEFAULT_POLICY,),
    )
    require_default(options, workspace)
    policy_names = dict.fromkeys((*names, ORACLE))
    job_filter = None if drill is None else JobFilter.parse(drill, policy_names, chosen_fleet.region_ids)
    if dump is not None:
        require_table(dump)
    work = read_jobs(jobs, chosen_fleet)
    checked = _checked(telemetry, outlooks, chosen_fleet, workspace)
    options = replace(options, outlooks=checked.outlooks)
    with stage_bars() as report:
        result = replay_policies(checked.telemetry, work.jobs, chosen_fleet, options, report)
        if workspace is not None:
            keep_replay(workspace, fleet, result, options.settings, report)
    files = {} if dump is None else {dump: frame_writer(dump, jobs_frame(result))}
    if json is not None:
        files[json] = json_writer(result.as_dict() | _beside(work, checked))
    write_whole(files)
    _print_result(result, checked, full=full or ablate)
    if job_filter is not None:
        print_breached_jobs(jobs_frame(result), job_filter)
    _print_rows(work)
    if workspace is not None:
        print_line(f"Recorded in {workspace.home}: `fleet serve --home {workspace.home}` shows it.")


def _checked(
    telemetry: Sequence[Path] | None, outlooks: Path | None, fleet: Fleet, workspace: Workspace | None
) -> Checked:
    """Return the telemetry and outlooks of the files, or of the workspace if no file is given."""
    if telemetry:
        issued = None if outlooks is None else table.read_outlooks(outlooks, any_column=False)
        return hold(table.read(telemetry, any_column=False), fleet=fleet, outlooks=issued)
    if workspace is None:
        raise ConfigError("no telemetry is named; give --telemetry FILE, or --home DIR for the stored telemetry")
    if outlooks is not None:
        raise ConfigError("--outlooks belongs to --telemetry; add stored outlooks with `fleet ingest outlooks`")
    workspace.require(workspace.telemetry, "fleet ingest table")
    return check_stored(workspace, fleet)


def _beside(work: JobTable, checked: Checked) -> dict[str, object]:
    """Return what was left out of the replay, for JSON."""
    return {
        "refused": [asdict(refusal) for refusal in work.refused],
        "held": checked.count_by_rule(),
        "held_outlooks": checked.count_outlooks_by_rule(),
    }


def _print_result(result: Replay, checked: Checked, *, full: bool) -> None:
    if full:
        print_replay(result)
    else:
        print_story(result)
    print_held(checked)


def _print_rows(work: JobTable) -> None:
    if work.refused:
        rows = counted(len(work.refused), "invalid row was", "invalid rows were")
        print_line(f"{rows} refused: {first_refusals(work.refused)}")
    if work.rounded:
        jobs = counted(len(work.rounded), "job was", "jobs were")
        print_line(f"{jobs} rounded to full hours, such as job {work.rounded[0].job_id}.")
