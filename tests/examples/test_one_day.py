"""The example that README names must keep running as it stands."""

import runpy
from pathlib import Path

ONE_DAY = Path(__file__).parents[2] / "examples/one_day.py"


def test_one_day_prints_headroom_and_decisions(capsys):
    runpy.run_path(str(ONE_DAY))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["arizona", "ireland", "wyoming"]
    # Noon of a July day in Phoenix: at the bound there is no room left.
    assert lines[1].split()[1] == "0.0"
    assert any(line.startswith(("approve", "defer", "deny")) for line in lines[4:])
