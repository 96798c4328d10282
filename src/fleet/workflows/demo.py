"""Runs the whole chain on the digital twin, and writes the results into a workspace and a ledger."""

from collections.abc import Callable

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job_table import jobs_from_frame
from fleet.domain.region import Fleet
from fleet.errors import ConfigError, DataError
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import Evaluation, evaluate
from fleet.fleets import dump_fleet
from fleet.ledger import DecisionEntry, Ledger
from fleet.live.hour import entry_of
from fleet.live.input_hash import input_hashes
from fleet.placement import DEFAULT_POLICY
from fleet.preparation.settings import Settings
from fleet.quality.gate import hold
from fleet.replay.bound_evidence import evidence
from fleet.replay.chart_tables import footprint_frame, risk_frame
from fleet.replay.closed_loop import Replay, ReplayOptions, Report, replay_policies
from fleet.replay.plotted_margins import PLOTTED_VARIABLE, plotted_margins
from fleet.storage.files import batch_writer, frame_writer, json_writer, write_whole
from fleet.storage.telemetry_store import read_outlooks, write_telemetry
from fleet.storage.workspace import Workspace
from fleet.twin import Twin, make_twin

START: Hour = np.datetime64("2024-01-01T00", "h")
HOURS = 17_544
SEED = 7
_ONE_HOUR = np.timedelta64(1, "h")


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
    jobs = jobs_from_frame(twin.jobs, table=workspace.jobs.name, regions=fleet.regions).jobs
    checked = hold(twin.telemetry, fleet=fleet, outlooks=read_outlooks(workspace.outlooks))
    options = ReplayOptions(settings=settings, outlooks=checked.outlooks, explain=(DEFAULT_POLICY,))
    replay = replay_policies(checked.telemetry, jobs, fleet, options, report)
    record_replay(workspace, ledger, replay, settings, lambda share: report("views and ledger", share))
    return replay


def record_replay(
    workspace: Workspace, ledger: Ledger, replay: Replay, settings: Settings, progress: Callable[[float], None]
) -> None:
    """Write a replay's tables for the dashboard, and append the default policy's decisions to the ledger.

    Args:
        replay: contains the decisions of the default policy in full (`ReplayOptions.explain`).
        settings: settings of the replay.
        progress: called with the finished share.
    """
    progress(0.0)
    margin = plotted_margins(replay.prepared)
    progress(0.3)
    risk = risk_frame(replay.prepared, margin)
    progress(0.5)
    bounds = evidence(replay, DEFAULT_POLICY, _reference(replay, settings), margin)
    progress(0.7)
    write_whole(
        {
            workspace.risk: frame_writer(workspace.risk, risk),
            workspace.footprint: frame_writer(workspace.footprint, footprint_frame(replay)),
            workspace.replay: json_writer(replay.as_dict()),
            workspace.evidence: json_writer(bounds.as_dict()),
        }
    )
    progress(0.8)
    ledger.append(_entries(replay, settings))
    progress(1.0)


def _store_twin(workspace: Workspace, fleet: Fleet, twin: Twin) -> None:
    # Delete the old replay first: an interrupted demo must not leave the replay of another fleet.
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


def _reference(replay: Replay, settings: Settings) -> Evaluation | None:
    """Evaluate PLOTTED_VARIABLE by the reference split; None if the telemetry has no full year to split."""
    protocol = Protocol(
        target=PLOTTED_VARIABLE,
        split="reference",
        forecaster=settings.forecaster,
        confidence=settings.confidence,
        horizon=settings.horizon,
    )
    try:
        return evaluate(replay.telemetry, protocol, outlooks=replay.outlooks)
    except DataError:
        return None


def _entries(replay: Replay, settings: Settings) -> list[DecisionEntry]:
    origin_utc = replay.prepared.origin_utc
    origins = replay.telemetry.position(origin_utc[0]) + np.arange(len(origin_utc))
    hashes = input_hashes(replay.telemetry, replay.outlooks, replay.actuals.fleet, settings, origins)
    run = replay.runs[DEFAULT_POLICY]
    return [
        entry_of(
            decision,
            job,
            settings,
            mode="replay",
            made_utc=clock.iso(decision.origin_utc + _ONE_HOUR),
            input_hash=hashes[int((decision.origin_utc - origin_utc[0]) / _ONE_HOUR)],
        )
        for job, decision in zip(run.work.jobs, run.decisions, strict=True)
    ]
