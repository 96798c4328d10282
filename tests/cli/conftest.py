"""A workspace with telemetry, in which commands run. A test file may have a `home` or `fleet` of its own."""

import json

import pytest
from support.commands import runner
from support.prepared_once import keep_few_states, prepare_equal_inputs_once
from support.workspaces import ORIGIN, jobs_writer, linked_workspace, write_workspace


@pytest.fixture(autouse=True)
def quick_hours(monkeypatch):
    prepare_equal_inputs_once(monkeypatch)
    keep_few_states(monkeypatch)


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    return write_workspace(tmp_path_factory.mktemp("stored"))


@pytest.fixture
def home(tmp_path, stored):
    return linked_workspace(tmp_path / "home", stored)


@pytest.fixture
def fleet(monkeypatch, capsys, home):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(home))
    return runner(monkeypatch, capsys)


@pytest.fixture
def table(tmp_path):
    return jobs_writer(tmp_path / "jobs.parquet")


@pytest.fixture
def decided(fleet, tmp_path):
    """Runs `fleet decide`, and returns the printed result and the JSON."""

    def run(jobs, *words):
        result = fleet("decide", "--jobs", jobs, "--at", ORIGIN, "--json", tmp_path / "out.json", *words)
        assert result.code == 0, result
        return result, json.loads((tmp_path / "out.json").read_text())

    return run
