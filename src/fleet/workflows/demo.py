"""The whole chain on the digital twin, into a workspace that the views can show."""

from collections.abc import Callable

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job_table import jobs_from_frame
from fleet.domain.region import Fleet
from fleet.errors import ConfigError, DataError
from fleet.evaluation.rolling_origin import Evaluation, Protocol, evaluate
from fleet.fleets import dump_fleet
from fleet.ledger import Entry, Ledger
from fleet.live.hour import entry_of
from fleet.live.input_hash import input_hashes
from fleet.placement import DEFAULT_POLICY
from fleet.preparation.settings import Settings
from fleet.replay.bound_evidence import evidence
from fleet.replay.chart_tables import footprint_frame, risk_frame
from fleet.replay.closed_loop import Replay, Report, replay
from fleet.replay.plotted_margins import PICTURED, pictured
from fleet.storage.files import batch_writer, frame_writer, json_writer, write_whole
from fleet.storage.telemetry_store import read_outlooks, write_telemetry
from fleet.storage.workspace import Workspace
from fleet.twin import make_twin

START: Hour = np.datetime64("2024-01-01T00", "h")
HOURS = 17_544
SEED = 7


def run_demo(workspace: Workspace, fleet: Fleet, ledger: Ledger, report: Report) -> Replay:
    """Twin, training, calibration and the replay of the last year; all of it lands in the workspace and the ledger.

    Args:
        report: called with the name of a stage and its finished share.
    Raises: ConfigError if the workspace holds telemetry or a fleet that no demo made: they are not to be lost.
    """
    for path in (workspace.telemetry, workspace.fleet):
        if path.exists() and not workspace.made_by_demo.exists():
            raise ConfigError(f"{path} was not made by a demo and would be replaced; name another folder with --home")
    settings = Settings()
    report("digital twin", 0.0)
    twin = make_twin(fleet, start=START, hours=HOURS, seed=SEED)
    # A stop from here on leaves no view of another fleet.
    for path in (workspace.risk, workspace.footprint, workspace.replay, workspace.evidence):
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
    jobs = jobs_from_frame(twin.jobs, table=workspace.jobs.name, regions=fleet.regions).jobs
    outlooks = read_outlooks(workspace.outlooks)
    result = replay(
        twin.telemetry,
        jobs,
        fleet,
        outlooks=outlooks,
        settings=settings,
        explain=(DEFAULT_POLICY,),
        report=report,
    )
    write_down(workspace, ledger, result, settings, lambda share: report("views and ledger", share))
    return result


def write_down(
    workspace: Workspace, ledger: Ledger, result: Replay, settings: Settings, progress: Callable[[float], None]
) -> None:
    """A replay's tables for the views, and the default policy's decisions into the ledger."""
    progress(0.0)
    margin = pictured(result.prepared)
    progress(0.3)
    risk = risk_frame(result.prepared, margin)
    progress(0.5)
    found = evidence(result, DEFAULT_POLICY, _reference(result, settings), margin)
    progress(0.7)
    write_whole(
        {
            workspace.risk: frame_writer(workspace.risk, risk),
            workspace.footprint: frame_writer(workspace.footprint, footprint_frame(result)),
            workspace.replay: json_writer(result.as_dict()),
            workspace.evidence: json_writer(found.as_dict()),
        }
    )
    progress(0.8)
    ledger.append(_entries(result, settings))
    progress(1.0)


def _reference(result: Replay, settings: Settings) -> Evaluation | None:
    """The reference split of the outdoor temperature; None where no full year is there to be split."""
    protocol = Protocol(
        target=PICTURED,
        split="reference",
        forecaster=settings.forecaster,
        confidence=settings.confidence,
        horizon=settings.horizon,
    )
    try:
        return evaluate(result.telemetry, protocol, outlooks=result.outlooks)
    except DataError:
        return None


def _entries(result: Replay, settings: Settings) -> list[Entry]:
    origins = result.telemetry.position(result.prepared.origin_utc[0]) + np.arange(len(result.prepared.origin_utc))
    hashes = input_hashes(result.telemetry, result.outlooks, result.actuals.fleet, settings, origins)
    run = result.runs[DEFAULT_POLICY]
    entries = []
    for job, decision in zip(run.work.jobs, run.decisions, strict=True):
        step = int((decision.origin_utc - result.prepared.origin_utc[0]) / np.timedelta64(1, "h"))
        entries.append(
            entry_of(
                decision,
                job,
                settings,
                mode="replay",
                made_utc=clock.iso(decision.origin_utc + np.timedelta64(1, "h")),
                input_hash=hashes[step],
            )
        )
    return entries
