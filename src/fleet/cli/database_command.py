"""`fleet db upgrade`: brings the database of the ledger to the tables of this version."""

import typer

from fleet.cli.options import HOME, HomeOption
from fleet.cli.output import print_line
from fleet.storage.workspace import Workspace
from fleet.workflows.open_workspace import upgrade_ledger_of

database = typer.Typer(
    help="Bring the ledger's database up to date.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@database.callback()
def group() -> None:
    """Bring the ledger's database up to date."""


@database.command("upgrade")
def upgrade(home: HomeOption = HOME) -> None:
    """Migrate the tables of the ledger.

    An empty database gets the tables by itself at the first command. A database that a newer program made is refused.
    """
    before, after = upgrade_ledger_of(Workspace(home))
    if before == after:
        print_line(f"The database has the tables of version {after} already.")
    else:
        print_line(f"The database now has the tables of version {after}; before: {before or 'none'}.")
