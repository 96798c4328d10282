"""`fleet ledger verify`: checks that no row of the ledger changed since it was written."""

import typer

from fleet.cli.options import HOME, HomeOption, JsonOption
from fleet.cli.output import console, print_table
from fleet.errors import LedgerError
from fleet.storage.files import write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.open_workspace import existing_ledger_of

_NAMED_FAULTS = 3

ledger = typer.Typer(
    help="Check the ledger.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@ledger.callback()
def group() -> None:
    """Check the ledger."""


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
    print_table(f"{len(report.faults):,} faults", ("table", "rows", "head"), rows)
    console.print(f"head {report.head}", soft_wrap=True)
    if report.faults:
        more = len(report.faults) - _NAMED_FAULTS
        named = [*report.faults[:_NAMED_FAULTS], *([f"and {more:,} more"] if more > 0 else [])]
        raise LedgerError(f"the ledger was changed after it was written: {'; '.join(named)}")
