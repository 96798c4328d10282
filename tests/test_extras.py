"""The library works without the packages of the extras, and a command that needs one says which extra to install."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from fleet.cli.missing_extra import EXTRAS

ROOT = Path(__file__).parents[1]
# No module of these packages can be imported, as if none were installed.
BLOCKED = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {sorted(EXTRAS)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
"""
PLANNER = """
import numpy as np
from datetime import UTC, datetime, timedelta
import fleet
now = datetime(2026, 1, 1, tzinfo=UTC)
planner = fleet.Planner(np.ones((1, 4)), np.ones((1, 4)), regions=["here"])
job = fleet.PlannerJob(id="job", uses={"mw": 1}, duration=timedelta(hours=1), earliest_utc=now,
                       deadline_utc=now + timedelta(hours=2))
print(*(verdict.verdict for verdict in planner.step(now, [job]).verdicts))
names = [name for name in fleet.__all__ if getattr(fleet, name) is None]
print(names)
"""


def run(code: str, *words: str, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", BLOCKED + code, *words], cwd=cwd, capture_output=True, text=True)


def test_every_name_of_the_library_works_without_extras(tmp_path):
    done = run(PLANNER, cwd=tmp_path)
    assert done.stdout.split("\n")[:2] == ["approve", "[]"], done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["decide", "--jobs", "jobs.csv"], "ledger"),
        (["ledger", "verify"], "ledger"),
        (["serve"], "service|dashboard|ledger"),
        (["report"], "dashboard|ledger"),
    ],
)
def test_a_command_says_which_extra_to_install(words, extra, tmp_path):
    done = run("from fleet.cli import main; main()", *words, cwd=tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert re.search(rf'not installed.*pip install "global-fleet-orchestrator\[({extra})\]"', done.stderr)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_help_and_an_evaluation_need_no_extra(tmp_path):
    assert "evaluate" in run("from fleet.cli import main; main()", "--help", cwd=tmp_path).stdout
    done = run("from fleet.cli import main; main()", "evaluate", "--telemetry", "no.csv", "--target", "x", cwd=tmp_path)
    assert done.returncode == 1
    assert "extra" not in done.stderr


def test_each_extra_installs_the_packages_that_are_said_to_be_in_it():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {
        re.match(r"[\w-]+", line)[0].replace("-", "_"): extra
        for extra, lines in reversed(extras.items())
        for line in lines
        if "global-" not in line
    }
    assert named == EXTRAS
    assert set(re.findall(r"[a-z]+", extras["all"][0].split("[")[1])) == set(extras) - {"all"}
