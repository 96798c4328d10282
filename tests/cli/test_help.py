"""`fleet --help`, `fleet --version`, and the libraries that each command imports."""

import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from support.commands import runner

from fleet.cli import COMMANDS, load_command

HEAVY = ("numpy", "polars", "numba", "scipy", "pydantic", "plotly", "sqlalchemy", "streamlit", "xgboost")
COMPUTING = ("numba", "scipy", "xgboost", "plotly", "streamlit")


@pytest.fixture
def fleet(monkeypatch, capsys):
    return runner(monkeypatch, capsys)


def imported(statement: str, libraries: tuple[str, ...]) -> list[str]:
    """The libraries that a fresh interpreter has imported after a statement."""
    code = f"import sys; {statement}; print(*[name for name in {libraries} if name in sys.modules], file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return result.stderr.split()


def test_every_command_is_listed_by_its_name(fleet):
    listed = fleet("--help").out.split("Commands", 1)[1]
    names = {words[0] for line in listed.splitlines() if (words := line.strip(" │").split())}
    assert set(COMMANDS) <= names


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_is_the_first_line_of_its_docstring(name):
    assert load_command(name).help.splitlines()[0] == COMMANDS[name].summary


@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize("words", [("quality",), ("ingest", "table")])
def test_only_the_width_of_the_terminal_breaks_a_paragraph(fleet, monkeypatch, words, width):
    monkeypatch.setenv("COLUMNS", str(width))
    text, _ = fleet(*words, "--help").out.split("╭", 1)
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line.strip() for line in paragraph.strip().splitlines()]
        # Typer leaves one column free on each side.
        assert all(len(f"{line} {after.split()[0]}") > width - 2 for line, after in pairwise(lines))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_own_help_without_options_of_the_shell(fleet, name):
    result = fleet(name, "--help")
    assert result.code == 0
    assert f"Usage: fleet {name}" in result.out
    assert "completion" not in result.out


def test_the_version_is_that_of_the_package(fleet):
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    result = fleet("--version")
    assert (result.code, result.out) == (0, f"fleet {project['version']}\n")


@pytest.mark.parametrize(
    "statement",
    [
        "import fleet",
        "import fleet.cli; sys.argv = ['fleet', '--help']; fleet.cli.app(standalone_mode=False)",
    ],
)
def test_the_package_and_its_help_import_no_heavy_library(statement):
    assert imported(statement, HEAVY) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "unused"),
    [
        # The quality rules are compiled with numba.
        ("ingest_command", ("xgboost", "plotly", "streamlit")),
        ("explain_command", COMPUTING),
        ("demo_command", COMPUTING),
        # The twin draws from distributions of scipy.
        ("twin_command", ("numba", "xgboost", "plotly", "streamlit")),
        ("simulate_trip_command", ("numba", "xgboost", "plotly", "streamlit")),
        # Only --plot draws.
        ("evaluate_command", ("plotly", "streamlit")),
        ("explain_forecast_command", ("plotly", "streamlit")),
        ("headroom_command", ("plotly", "streamlit")),
        ("decide_command", ("plotly", "streamlit")),
        ("replay_command", ("plotly", "streamlit")),
    ],
)
def test_a_command_imports_no_library_that_it_does_not_use(module, unused):
    assert imported(f"import fleet.cli.{module}", unused) == []


@pytest.mark.slow
def test_the_first_call_of_a_compiled_function_imports_no_scipy():
    call = "from fleet.quality.step_record import no_steps; no_steps()"
    assert imported(call, ("numba", "scipy.linalg")) == ["numba"]
