"""Runs the whole chain on the digital twin, and writes the results into a workspace and a ledger."""

import numpy as np

from fleet.domain.clock import Hour
from fleet.domain.job_table import jobs_from_frame
from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets import dump_fleet
from fleet.ledger import Ledger
from fleet.placement import DEFAULT_POLICY
from fleet.preparation.settings import Settings
from fleet.quality.gate import hold
from fleet.replay.closed_loop import Replay, ReplayOptions, replay_policies
from fleet.replay.policy_player import Report
from fleet.storage.files import batch_writer, frame_writer, write_whole
from fleet.storage.telemetry_store import read_outlooks, write_telemetry
from fleet.storage.workspace import Workspace
from fleet.twin import Twin, make_twin
from fleet.workflows.replay_record import record_replay, replay_files

START: Hour = np.datetime64("2024-01-01T00", "h")
HOURS = 17_544
SEED = 7


def run_demo(workspace: Workspace, fleet: Fleet, ledger: Ledger, report: Report) -> Replay:
    """Make two years of the twin, replay the second, and write the results into the workspace and the ledger.

    Args:
        report: called with the name of a stage and its finished share.
    Raises: ConfigError if the workspace holds telemetry or a fleet that no demo made, because they would be lost.
    """
    for path in (workspace.telemetry, workspace.fleet):
        if path.exists() and not workspace.made_by_demo.exists():
            raise ConfigError(f"{path} was not made by a demo and would be replaced; name another folder with --home")
    settings = Settings()
    report("digital twin", 0.0)
    twin = make_twin(fleet, start=START, hours=HOURS, seed=SEED)
    _store_twin(workspace, fleet, twin)
    report("digital twin", 1.0)
    jobs = jobs_from_frame(twin.jobs, table=workspace.jobs.name, regions=fleet.regions).jobs
    checked = hold(twin.telemetry, fleet=fleet, outlooks=read_outlooks(workspace.outlooks))
    options = ReplayOptions(settings=settings, outlooks=checked.outlooks, explain=(DEFAULT_POLICY,))
    replay = replay_policies(checked.telemetry, jobs, fleet, options, report)
    record_replay(workspace, ledger, replay, settings, lambda share: report("views and ledger", share))
    return replay


def _store_twin(workspace: Workspace, fleet: Fleet, twin: Twin) -> None:
    # Delete the old replay first: an interrupted demo must not leave the replay of another fleet.
    for path in replay_files(workspace):
        path.unlink(missing_ok=True)
    write_whole({workspace.made_by_demo: lambda part: part.write_text("", encoding="utf-8")})
    write_telemetry(workspace.telemetry, twin.telemetry)
    write_whole(
        {
            workspace.fleet: lambda part: part.write_text(dump_fleet(fleet), encoding="utf-8"),
            workspace.jobs: frame_writer(workspace.jobs, twin.jobs),
            workspace.outlooks: batch_writer(twin.outlook_batches()),
        }
    )
