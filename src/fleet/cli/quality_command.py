"""`fleet quality`: the values that are held, their release by a person, and the values that were corrected."""

from collections.abc import Sequence
from typing import Annotated

import typer

from fleet.cli.options import HOME, FleetOption, HomeOption, JsonOption, now_utc
from fleet.cli.output import print_line, print_table
from fleet.domain.clock import iso
from fleet.errors import ConfigError
from fleet.quality.gate import Checked
from fleet.storage.files import write_json
from fleet.storage.release_log import ReleaseEntry
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored, release
from fleet.workflows.corrections import CorrectedStretch, list_corrections
from fleet.workflows.open_workspace import fleet_of

_MOST_CORRECTED = 20


def command(
    release_stretch: Annotated[
        tuple[str, str, str, str] | None,
        typer.Option("--release", metavar="REGION COLUMN FIRST LAST", help="Believe the values of these hours."),
    ] = None,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who releases.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the values are right.")] = "",
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """List the values that are held, and release them.

    A held value is kept as it was ingested, and counts as missing. A released value is believed again. Values that a
    later ingest revised or withdrew are listed too.
    """
    workspace = Workspace(home)
    chosen_fleet = fleet_of(workspace, fleet)
    if release_stretch is None and (by or reason):
        raise ConfigError("--by and --reason belong to a release; name the stretch with --release")
    if release_stretch is not None:
        region, column, first, last = release_stretch
        release(
            workspace,
            ReleaseEntry(
                region=region,
                column=column,
                first_utc=first,
                last_utc=last,
                by=by,
                reason=reason,
                made_utc=now_utc(),
            ),
        )
    workspace.require(workspace.telemetry, "fleet ingest")
    checked = check_stored(workspace, chosen_fleet)
    corrected = list_corrections(workspace)
    if json is not None:
        write_json(
            json,
            {
                "held": [stretch.as_dict() for stretch in checked.held],
                "count_by_rule": checked.count_by_rule(),
                "corrected": [stretch.as_dict() for stretch in corrected],
            },
        )
    _print(checked)
    if corrected:
        _print_corrected(corrected)


def _print(checked: Checked) -> None:
    if not checked.held:
        print_line("no value is held")
        return
    print_table(
        f"{sum(checked.count_by_rule().values()):,} values are held and count as missing",
        ("region", "column", "first", "last", "hours", "rule", "value", "reason"),
        [
            (
                *(stretch.region, stretch.column, iso(stretch.first_utc), iso(stretch.last_utc), stretch.hours),
                *(stretch.rule, stretch.value, stretch.as_dict()["reason"]),
            )
            for stretch in checked.held
        ],
    )


def _print_corrected(stretches: Sequence[CorrectedStretch]) -> None:
    more = len(stretches) - _MOST_CORRECTED
    print_table(
        f"{sum(stretch.hours for stretch in stretches):,} stored values were revised or withdrawn; latest first",
        ("region", "column", "first", "last", "hours", "kind", "first before", "first after", "stored", "reason"),
        [
            (
                *(stretch.region, stretch.column, iso(stretch.first_utc), iso(stretch.last_utc), stretch.hours),
                *(stretch.kind, stretch.before, stretch.after, stretch.stored_utc, stretch.reason),
            )
            for stretch in stretches[:_MOST_CORRECTED]
        ],
        note=f"and {more:,} earlier stretches, which --json lists" if more > 0 else "",
    )
