import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.dashboard.trial_workspace import trial_commands
from fleet.storage.workspace import Workspace
from fleet.workflows.open_workspace import ledger_of


def test_the_telemetry_ends_with_the_last_full_hour():
    twin, *_, serve = trial_commands("2026-11-30T09:43:40Z").split("\n")
    # 150 days before 30 November, and the nine hours of this day that are over.
    assert twin == "fleet twin --out trial --start 2026-07-03 --hours 3609"
    assert serve == "fleet serve --home trial/home"


@pytest.mark.slow
def test_the_commands_make_live_decisions(tmp_path):
    now_utc = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    commands = trial_commands(now_utc).split("\n")[:-1]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-e", "-c", "\n".join(commands)], cwd=tmp_path, env={**os.environ, "PATH": path}, check=True
    )
    with ledger_of(Workspace(tmp_path / "trial" / "home")) as ledger:
        made = {one.job_id: one for one in ledger.decisions(mode="live")}
    assert made["trial-1"].start_utc is not None
    assert made["trial-2"].start_utc is None
