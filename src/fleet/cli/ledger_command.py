"""`fleet ledger`: checks the chain of hashes, makes a decision again, and exports all rows."""

from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.options import HOME, DecisionArgument, FleetOption, HomeOption, JsonOption
from fleet.cli.output import console, counted, print_line, print_table
from fleet.errors import LedgerError
from fleet.storage.files import write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.open_workspace import existing_ledger_of, fleet_of

_NAMED_FAULTS = 3

ledger = typer.Typer(
    help="Check the ledger, make a decision again, export it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@ledger.callback()
def group() -> None:
    """Check the ledger, make a decision again, export it."""


@ledger.command("verify")
def verify(home: HomeOption = HOME, json: JsonOption = None) -> None:
    """Check the chain of hashes through all rows, and print its head.

    Each row holds a hash of itself and of the row before it. The head is one hash of the whole ledger. If rows were
    edited, are missing or were reordered, the command reports them and exits with 1. If the last rows are missing, only
    the head differs: compare it with a head that was kept elsewhere.
    """
    with existing_ledger_of(Workspace(home)) as opened:
        report = opened.verify()
    if json is not None:
        write_json(
            json,
            {"head": report.head, "heads": report.heads, "rows": report.rows, "faults": report.faults},
        )
    rows = [(name, report.rows[name], report.heads[name] or None) for name in report.rows]
    print_table(counted(len(report.faults), "fault", "faults"), ("table", "rows", "head"), rows)
    console.print(f"head {report.head}", soft_wrap=True)
    if report.faults:
        more = len(report.faults) - _NAMED_FAULTS
        named = [*report.faults[:_NAMED_FAULTS], *([f"and {more:,} more"] if more > 0 else [])]
        raise LedgerError(f"the ledger was changed after it was written: {'; '.join(named)}")


@ledger.command("replay")
def replay(
    decision_id: DecisionArgument,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Make a live decision again from what was known then, and compare.

    The telemetry is the one that was stored when the decision was made, without later corrections. The ledger is the
    one from before the decision. If anything differs, the command says what, and exits with 1.
    """
    from fleet.workflows.replay_decision import replay_decision

    workspace = Workspace(home)
    with existing_ledger_of(workspace) as opened:
        result = replay_decision(workspace, fleet_of(workspace, fleet), opened, decision_id)
    if json is not None:
        again = None if result.again is None else result.again.as_dict()
        differences = list(result.differences)
        write_json(json, {"recorded": result.recorded.as_dict(), "again": again, "differences": differences})
    if result.differences:
        shown = "; ".join(result.differences[:_NAMED_FAULTS])
        raise LedgerError(f"decision {result.recorded.id} is made differently now: {shown}")
    print_line(f"Decision {result.recorded.id} is made again, the same: {result.recorded.reason}")


@ledger.command("export")
def export(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the files, one Parquet table each.")],
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Write all rows of the ledger as Parquet, one file for each table that has rows.

    Times are times, and nested values are nested. Hashes of tokens are left out.
    """
    from fleet.workflows.export_ledger import export_ledger

    with existing_ledger_of(Workspace(home)) as opened:
        rows = export_ledger(opened, out)
    if json is not None:
        write_json(json, {"rows": dict(rows)})
    print_table(f"exported to {out}", ("table", "rows"), list(rows.items()))
