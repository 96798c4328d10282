"""Runs `fleet evaluate` in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from support.commands import runner

HOURS = 24 * 90
ISO = "%Y-%m-%dT%H:%M:%SZ"

# The exit code, standard output and standard error of a command.
Evaluate = Callable[..., tuple[int, str, str]]


def evaluate_runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> Evaluate:
    """Return a function that runs `fleet evaluate` with the given words in a folder."""
    run = runner(monkeypatch, capsys)

    def evaluate(*words: object) -> tuple[int, str, str]:
        monkeypatch.chdir(folder)
        result = run("evaluate", *words)
        return result.code, result.out, result.err

    return evaluate


def as_csv(frame: pl.DataFrame, path: Path) -> Path:
    """Write a table as CSV with times in UTC."""
    frame.write_csv(path, datetime_format=ISO)
    return path


def files_in(folder: Path) -> set[str]:
    """Return the relative paths of all files and folders."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def refused(run: Evaluate, folder: Path, *words: object, code: int = 1) -> str:
    """Check that a command is refused and leaves the folder unchanged, and return its message."""
    before = files_in(folder)
    exit_code, out, err = run(*words)
    assert exit_code == code
    assert out == ""
    assert files_in(folder) == before
    if code == 1:
        assert err.count("\n") == 1
        assert err.startswith("fleet: ")
    assert "Traceback" not in err
    return err
