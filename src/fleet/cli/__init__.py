"""The command `fleet`. Each command reads its words, calls one function of the package and prints what it returns."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from fleet import __version__
from fleet.errors import FleetError

COMMANDS: Mapping[str, str] = {
    "demo": "fleet.cli.demo_command:demo",
    "twin": "fleet.cli.twin_command:command",
    "evaluate": "fleet.cli.evaluate_command:command",
    "replay": "fleet.cli.replay_command:command",
    "simulate-trip": "fleet.cli.simulate_trip_command:command",
    "ingest": "fleet.cli.ingest_command:sources",
    "headroom": "fleet.cli.headroom_command:command",
    "decide": "fleet.cli.decide_command:decide",
    "explain-forecast": "fleet.cli.explain_forecast_command:command",
    "explain": "fleet.cli.decide_command:explain",
    "override": "fleet.cli.decide_command:override",
    "serve": "fleet.cli.demo_command:serve",
    "report": "fleet.cli.demo_command:report",
}


class _Lazy(TyperGroup):
    """Imports a command when it is called: a decision should not wait for a dashboard's libraries."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        found = getattr(import_module(module), name)
        if isinstance(found, typer.Typer):
            return get_command(found)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(cmd_name)(found)
        return get_command(alone)


app = typer.Typer(name="fleet", cls=_Lazy, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"fleet {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Decides where and when AI jobs run, against calibrated bounds on weather, grid and load."""


def main() -> None:
    """Exit 0 done, 1 refused with a one-line reason, 2 wrong usage."""
    try:
        app()
    except FleetError as error:
        print(f"fleet: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)
