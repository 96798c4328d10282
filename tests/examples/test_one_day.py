"""The example that README names runs without a change."""

import runpy
from pathlib import Path

import pytest

ONE_DAY = Path(__file__).parents[2] / "examples/one_day.py"


@pytest.mark.slow
def test_one_day_prints_headroom_and_decisions(capsys):
    runpy.run_path(str(ONE_DAY))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["arizona", "ireland", "wyoming"]
    # At noon of a July day in Phoenix the bound leaves no headroom.
    assert lines[1].split()[1] == "0.0"
    assert any(line.startswith(("approve", "defer", "deny")) for line in lines[4:])
