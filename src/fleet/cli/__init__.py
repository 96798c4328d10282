"""The command `fleet` and the list of its commands. The module of a command is imported only when it is called."""

import gc
import os
import sys
from importlib import import_module
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from fleet.cli.missing_extra import error_of
from fleet.errors import FleetError
from fleet.version import __version__


class Command(NamedTuple):
    """The module and function of a command, and its line in `fleet --help` (the first line of its docstring)."""

    module: str
    function: str
    summary: str


COMMANDS: dict[str, Command] = {
    "init": Command("init_command", "command", "Make a fleet file with sources from a few questions."),
    "demo": Command("demo_command", "demo", "Run the whole chain on the digital twin."),
    "twin": Command("twin_command", "command", "Make synthetic telemetry, outlooks and jobs for a fleet."),
    "evaluate": Command("evaluate_command", "command", "Forecast one column with bands, and score both."),
    "replay": Command("replay_command", "command", "Replay history with several policies, and compare."),
    "simulate-trip": Command("simulate_trip_command", "command", "Simulate a loss of cooling, second by second."),
    "ingest": Command("ingest_command", "sources", "Add telemetry and outlooks to the workspace."),
    "sources": Command("sources_command", "sources", "Try the sources of the fleet file."),
    "quality": Command("quality_command", "command", "List the values that a rule holds as doubtful."),
    "forecast": Command("forecast_command", "command", "Forecast weather, load, carbon and price for 24 hours."),
    "headroom": Command("headroom_command", "command", "Show how many MW a job may still add."),
    "decide": Command("decide_command", "decide", "Decide the jobs that have arrived."),
    "explain-forecast": Command("explain_forecast_command", "command", "Explain a forecast: what raises or lowers it."),
    "decisions": Command("decisions_command", "command", "List the decisions: filter, search and sort."),
    "explain": Command("explain_command", "explain", "Explain a decision: its reason, limit and alternatives."),
    "override": Command("explain_command", "override", "Record a person's override of a decision."),
    "ledger": Command("ledger_command", "ledger", "Check the ledger, make a decision again, export it."),
    "db": Command("database_command", "database", "Bring the ledger's database up to date."),
    "token": Command("token_command", "token", "Create, list and revoke tokens of the API."),
    "serve": Command("serve_command", "serve", "Serve the API and the dashboard, and plan each hour."),
    "report": Command("demo_command", "report", "Write the report of a workspace as one HTML file."),
}


class _Lazy(TyperGroup):
    """Imports only the command that the user calls, so that `fleet decide` does not import the dashboard."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a placeholder with the summary of a command. `fleet --help` needs nothing else."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(name=cmd_name, help=COMMANDS[cmd_name].summary, callback=None)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import and return the command that the user called."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else load_command(name), rest


def load_command(name: str) -> Any:
    """Import a command and return it as a click command."""
    module, function, _ = COMMANDS[name]
    # Modules make many objects and hardly any garbage. A search for garbage after each few hundred of them, and later
    # through all of them, would take a seventh of the time of an import.
    gc.disable()
    try:
        entry = getattr(import_module(f"fleet.cli.{module}"), function)
        gc.freeze()
    finally:
        gc.enable()
    if not isinstance(entry, typer.Typer):
        wrapper = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        wrapper.command(name)(entry)
        entry = wrapper
    command = get_command(entry)
    _join_lines(command)
    return command


def _join_lines(command: Any) -> None:
    """Join the lines of each paragraph in the help of a command and its subcommands.

    Typer prints the line breaks of a docstring. Only the width of the terminal should break a line of the help.
    """
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in command.help.split("\n\n"))
    for subcommand in getattr(command, "commands", {}).values():
        _join_lines(subcommand)


# The help is plain text: rich takes longer to import than everything else that `fleet --help` needs.
app = typer.Typer(
    name="fleet",
    cls=_Lazy,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"fleet {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Decides in which datacentre region AI jobs run, and when.

    By default, a job gets a region and a start only where enough power is left below the limits of the region. The
    power that is left (headroom) is computed with cautious bounds of weather and load.
    """


def main() -> None:
    """Run the command. Exit 0: done. Exit 1: refused, with a one-line reason. Exit 2: wrong usage."""
    try:
        try:
            app()
        finally:
            # Flush here, so that a full disk raises its error inside this block and not when the interpreter ends.
            sys.stdout.flush()
    except FleetError as error:
        _refuse(error)
    except ModuleNotFoundError as error:
        missing = error_of(error)
        if missing is None:
            raise
        _refuse(missing)
    except BrokenPipeError:
        _close_output()
        sys.exit(1)
    except OSError as error:
        _close_output()
        _refuse(f"the result cannot be written or read ({error.strerror or error}); check the disk and the paths")


def _refuse(error: object) -> NoReturn:
    # `fleet --help` must not import the console, because that takes time.
    output = import_module("fleet.cli.output")
    print(f"fleet: {output.error_line(error)}", file=sys.stderr)
    sys.exit(1)


def _close_output() -> None:
    """Discard the output that is not yet printed. Otherwise the interpreter tries to print it again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
