"""Workspaces of two calm regions, for the commands that decide and explain."""

from collections.abc import Callable
from pathlib import Path

import yaml
from support.sites import calm, fleet_of, region

from fleet.domain.job import Job
from fleet.domain.job_table import jobs_to_frame
from fleet.storage.files import write_frame
from fleet.storage.telemetry_store import write_telemetry

WORKSPACE_FLEET = fleet_of(region("alpha"), region("beta"))
WORKSPACE_DAYS = 145
# An origin five days before the end of the telemetry.
ORIGIN = "2024-05-20T00:00Z"

WriteJobs = Callable[..., Path]


def write_workspace(folder: Path) -> Path:
    """Write the fleet and its telemetry into a folder."""
    write_telemetry(folder / "telemetry.parquet", calm(WORKSPACE_FLEET, WORKSPACE_DAYS))
    (folder / "fleet.yaml").write_text(yaml.safe_dump(WORKSPACE_FLEET.model_dump(mode="json")))
    return folder


def linked_workspace(folder: Path, stored: Path) -> Path:
    """Make a workspace with links to stored files. Tests add to a workspace, and must not share it."""
    folder.mkdir()
    for name in ("telemetry.parquet", "fleet.yaml"):
        (folder / name).symlink_to(stored / name)
    return folder


def jobs_writer(path: Path) -> WriteJobs:
    """Return a function that writes jobs into a table and returns its path."""

    def write(*jobs: Job) -> Path:
        write_frame(path, jobs_to_frame(jobs))
        return path

    return write
