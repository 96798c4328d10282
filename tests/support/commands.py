"""The command line, in this process: what it returns, says and writes."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from fleet.cli import main


@dataclass(frozen=True, kw_only=True)
class Said:
    code: int
    out: str
    err: str


Run = Callable[..., Said]


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls `fleet` with some words."""

    def run(*words: object) -> Said:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["fleet", *[str(word) for word in words]])
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        said = capsys.readouterr()
        return Said(code=code, out=said.out, err=said.err)

    return run


def assert_refused(said: Said, *words: str) -> None:
    """Exit 1 and one line of reason."""
    assert said.code == 1, said
    assert said.err.startswith("fleet: ")
    assert said.err.count("\n") == 1
    for word in words:
        assert word in said.err
