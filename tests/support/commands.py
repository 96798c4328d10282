"""Runs the command line in the process of the tests."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from fleet.cli import main


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """The exit code of a command, and the texts that it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., CommandResult]


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `fleet` with the given words."""

    def run(*words: object) -> CommandResult:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["fleet", *[str(word) for word in words]])
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = capsys.readouterr()
        return CommandResult(code=code, out=printed.out, err=printed.err)

    return run


def assert_refused(result: CommandResult, *words: str) -> None:
    """Check that a command exits with 1 and prints one line with the given words."""
    assert result.code == 1, result
    assert result.err.startswith("fleet: ")
    assert result.err.count("\n") == 1
    for word in words:
        assert word in result.err
