"""`fleet --help` and `fleet --version`."""

import tomllib
from pathlib import Path

import pytest
from support.commands import runner

from fleet.cli import COMMANDS


@pytest.fixture
def fleet(monkeypatch, capsys):
    return runner(monkeypatch, capsys)


def test_every_command_is_listed_by_its_name(fleet):
    listed = fleet("--help").out.split("Commands", 1)[1]
    names = {words[0] for line in listed.splitlines() if (words := line.strip(" │").split())}
    assert set(COMMANDS) <= names


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself_and_offers_nothing_of_the_shell(fleet, name):
    said = fleet(name, "--help")
    assert said.code == 0
    assert f"Usage: fleet {name}" in said.out
    assert "completion" not in said.out


def test_the_version_is_that_of_the_package(fleet):
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    said = fleet("--version")
    assert (said.code, said.out) == (0, f"fleet {project['version']}\n")
