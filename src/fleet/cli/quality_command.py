"""`fleet quality`: the values that are held, what a person releases or withdraws, and what was corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from fleet.cli.options import HOME, FleetOption, HomeOption, JsonOption, now_utc
from fleet.cli.output import print_line, print_table
from fleet.domain.clock import iso
from fleet.errors import ConfigError
from fleet.quality.gate import Checked
from fleet.quality.held import HeldStretch
from fleet.quality.ruling import RulingKind
from fleet.storage.files import write_json
from fleet.storage.ruling_log import RulingEntry
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored, record_ruling
from fleet.workflows.corrections import CorrectedStretch, list_corrections
from fleet.workflows.open_workspace import fleet_of

_MOST_CORRECTED = 20
# Stored kind of a correction -> printed word. "Withdraw" is printed only for what a person decides.
_KINDS = {"revised": "revised", "withdrawn": "removed"}


def command(
    release_stretch: Annotated[
        tuple[str, str, str, str] | None,
        typer.Option("--release", metavar="REGION COLUMN FIRST LAST", help="Believe the values of these hours."),
    ] = None,
    withdraw_stretch: Annotated[
        tuple[str, str, str, str] | None,
        typer.Option(
            "--withdraw", metavar="REGION COLUMN FIRST LAST", help="Count the values of these hours as missing."
        ),
    ] = None,
    of_outlooks: Annotated[
        bool,
        typer.Option("--outlooks", help="Release or withdraw values of outlooks. FIRST and LAST are then issue times."),
    ] = False,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who releases or withdraws.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the values are right or wrong.")] = "",
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """List the values that a rule holds as doubtful.

    A held value stays stored as it was ingested, but counts as missing. --release makes values count again. --withdraw
    makes values count as missing although no rule holds them; --release reverses it. Both need --by and --reason.

    The command also lists the stored values that a later `fleet ingest` changed (revised) or emptied (removed).
    """
    workspace = Workspace(home)
    chosen_fleet = fleet_of(workspace, fleet)
    if release_stretch is not None and withdraw_stretch is not None:
        raise ConfigError("--release and --withdraw were both given; give one of them")
    stretch = release_stretch or withdraw_stretch
    if stretch is None and (by or reason or of_outlooks):
        raise ConfigError("--by, --reason and --outlooks belong to a stretch; name it with --release or --withdraw")
    if stretch is not None:
        region, column, first, last = stretch
        entry = RulingEntry(
            region=region, column=column, first_utc=first, last_utc=last, by=by, reason=reason, made_utc=now_utc()
        )
        kind: RulingKind = "withdraw" if release_stretch is None else "release"
        record_ruling(workspace, replace(entry, kind=kind, table="outlooks" if of_outlooks else "telemetry"))
    workspace.require(workspace.telemetry, "fleet ingest")
    checked = check_stored(workspace, chosen_fleet)
    corrected = list_corrections(workspace)
    if json is not None:
        write_json(
            json,
            {
                "held": [stretch.as_dict() for stretch in checked.held],
                "count_by_rule": checked.count_by_rule(),
                "held_outlooks": [stretch.as_dict() for stretch in checked.held_outlooks],
                "count_outlooks_by_rule": checked.count_outlooks_by_rule(),
                "corrected": [stretch.as_dict() for stretch in corrected],
            },
        )
    _print(checked)
    if corrected:
        _print_corrected(corrected)


def _print(checked: Checked) -> None:
    if not (checked.held or checked.held_outlooks):
        print_line("no value is held")
    _print_stretches("values", checked.count_by_rule(), checked.held)
    _print_stretches("values of outlooks", checked.count_outlooks_by_rule(), checked.held_outlooks)
    if checked.held or checked.held_outlooks:
        print_line(
            "If values are wrong, correct the source and ingest them again. If they are right, release them: "
            "fleet quality --release REGION COLUMN FIRST LAST --by NAME --reason WHY"
        )


def _print_stretches(what: str, count: Mapping[str, int], stretches: Sequence[HeldStretch]) -> None:
    if not stretches:
        return
    print_table(
        f"{sum(count.values()):,} {what} are held and count as missing",
        ("region", "column", "first", "last", "hours", "rule", "value", "reason"),
        [
            (
                *(stretch.region, stretch.column, iso(stretch.first_utc), iso(stretch.last_utc), stretch.hours),
                *(stretch.rule, stretch.value, stretch.as_dict()["reason"]),
            )
            for stretch in stretches
        ],
    )


def _print_corrected(stretches: Sequence[CorrectedStretch]) -> None:
    more = len(stretches) - _MOST_CORRECTED
    print_table(
        f"{sum(stretch.hours for stretch in stretches):,} stored values were revised or removed; latest first",
        (
            "region",
            "column",
            "first",
            "last",
            "hours",
            "kind",
            "first value\nbefore",
            "first value\nafter",
            "stored",
            "reason",
        ),
        [
            (
                *(stretch.region, stretch.column, iso(stretch.first_utc), iso(stretch.last_utc), stretch.hours),
                *(_KINDS[stretch.kind], stretch.before, stretch.after, stretch.stored_utc, stretch.reason),
            )
            for stretch in stretches[:_MOST_CORRECTED]
        ],
        note=f"and {more:,} earlier stretches, which --json lists" if more > 0 else "",
    )
