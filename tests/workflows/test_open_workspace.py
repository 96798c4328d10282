"""Opening the fleet, the ledger and the jobs of a workspace."""

import pytest
from support.sites import job
from support.workspaces import WORKSPACE_FLEET, jobs_writer, write_workspace

from fleet.domain.job_table import Refusal
from fleet.errors import ConfigError, DataError
from fleet.fleets import dump_fleet, load_fleet
from fleet.storage.workspace import Workspace
from fleet.workflows.open_workspace import (
    existing_ledger_of,
    first_refusals,
    fleet_of,
    ledger_if_any,
    ledger_of,
    read_jobs,
)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    return Workspace(tmp_path)


def test_a_given_fleet_is_used_before_that_of_the_workspace_and_the_packaged_one(workspace, tmp_path):
    assert fleet_of(workspace, None) == load_fleet()
    workspace.fleet.write_text(dump_fleet(WORKSPACE_FLEET))
    assert fleet_of(workspace, None) == WORKSPACE_FLEET
    (tmp_path / "given.yaml").write_text(dump_fleet(load_fleet()))
    assert fleet_of(workspace, tmp_path / "given.yaml") == load_fleet()


def test_a_command_that_only_reads_makes_no_ledger(workspace):
    assert ledger_if_any(workspace) is None
    with pytest.raises(ConfigError, match="fleet decide"):
        existing_ledger_of(workspace)
    assert not workspace.ledger.exists()


def test_a_ledger_in_the_workspace_is_opened(workspace):
    ledger_of(workspace).close()
    assert workspace.ledger.exists()
    for ledger in (existing_ledger_of(workspace), ledger_if_any(workspace)):
        assert ledger.decisions() == []
        ledger.close()


def test_the_environment_names_another_database(workspace, tmp_path, monkeypatch):
    monkeypatch.setenv("FLEET_DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite'}")
    ledger_of(workspace).close()
    assert (tmp_path / "other.sqlite").exists()
    assert not workspace.ledger.exists()


def test_jobs_are_read_with_the_refused_rows(tmp_path):
    path = jobs_writer(tmp_path / "jobs.parquet")(job("small"), job("large", power_mw=11.0))
    table = read_jobs(path, WORKSPACE_FLEET)
    assert [valid.id for valid in table.jobs] == ["small"]
    assert [refusal.job_id for refusal in table.refused] == ["large"]


def test_a_table_without_a_valid_job_is_refused(tmp_path):
    path = jobs_writer(tmp_path / "jobs.parquet")(job("large", power_mw=11.0))
    with pytest.raises(DataError, match="every job is refused; job large: power_mw is 11"):
        read_jobs(path, WORKSPACE_FLEET)


def test_three_refusals_are_named_and_the_others_are_counted():
    refused = [Refusal(job_id=f"j{row}", reason="power_mw is 0") for row in range(5)]
    assert first_refusals(refused[:1]) == "job j0: power_mw is 0"
    assert first_refusals(refused).endswith("job j2: power_mw is 0; and 2 more")


def test_a_stored_workspace_is_complete(tmp_path):
    workspace = Workspace(write_workspace(tmp_path))
    assert workspace.telemetry.exists()
    assert fleet_of(workspace, None) == WORKSPACE_FLEET
