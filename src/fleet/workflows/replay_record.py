"""Records a replay in a workspace: the tables that the pages and the report show, and the decisions in the ledger."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from fleet.domain import clock
from fleet.domain.region import Fleet
from fleet.errors import ConfigError, DataError
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import Evaluation, evaluate
from fleet.ledger import DecisionEntry, Ledger
from fleet.live.hour import entry_of
from fleet.live.input_hash import input_hashes
from fleet.placement import DEFAULT_POLICY
from fleet.preparation.settings import Settings
from fleet.replay.bound_evidence import evidence
from fleet.replay.chart_tables import footprint_frame, risk_frame
from fleet.replay.closed_loop import Replay, ReplayOptions
from fleet.replay.headroom_table import headroom_frame
from fleet.replay.plotted_margins import PLOTTED_VARIABLE, plotted_margins
from fleet.replay.policy_player import Report
from fleet.storage.files import frame_writer, json_writer, write_whole
from fleet.storage.workspace import Workspace
from fleet.workflows.open_workspace import fleet_of, ledger_of, remember_fleet

_ONE_HOUR = np.timedelta64(1, "h")


def replay_files(workspace: Workspace) -> tuple[Path, ...]:
    """Return the files of a recorded replay, whether they exist or not."""
    return workspace.risk, workspace.headroom, workspace.footprint, workspace.replay, workspace.evidence


def require_default(options: ReplayOptions, workspace: Workspace | None) -> None:
    """Refuse to record a replay without the default policy, before the work. Raises: ConfigError."""
    if workspace is not None and DEFAULT_POLICY not in options.policies:
        raise ConfigError(f"--home records the policy {DEFAULT_POLICY!r}, which is not replayed; name it in --policies")


def replayed_fleet(workspace: Workspace, path: Path | None) -> Fleet:
    """Return the fleet of a replay that a workspace shall record.

    Args:
        path: the file of --fleet; None takes the workspace's own fleet, or else the packaged one.
    Raises: ConfigError if the workspace has a fleet with other regions, because its pages could not show the replay.
    """
    fleet = fleet_of(workspace, path)
    own = fleet_of(workspace, None) if workspace.fleet.exists() else fleet
    if own.region_ids != fleet.region_ids:
        raise ConfigError(
            f"{workspace.fleet} has the regions {', '.join(own.region_ids)}, and {path} has "
            f"{', '.join(fleet.region_ids)}; record the replay in another folder with --home"
        )
    return fleet


def keep_replay(workspace: Workspace, path: Path | None, replay: Replay, settings: Settings, report: Report) -> None:
    """Record a replay of own data in a workspace, with its fleet.

    Args:
        path: the file of --fleet, if it was given.
        report: called with the name of the stage and its finished share.
    Raises: as `record_replay`.
    """
    remember_fleet(workspace, path)
    workspace.make()
    with ledger_of(workspace) as ledger:
        record_replay(workspace, ledger, replay, settings, lambda share: report("views and ledger", share))


def record_replay(
    workspace: Workspace, ledger: Ledger, replay: Replay, settings: Settings, progress: Callable[[float], None]
) -> None:
    """Write a replay's tables for the dashboard, and append the default policy's decisions to the ledger.

    Args:
        replay: contains the decisions of the default policy in full (`ReplayOptions.explain`).
        settings: settings of the replay.
        progress: called with the finished share.
    Raises: ConfigError if a file cannot be written.
    """
    progress(0.0)
    margin = plotted_margins(replay.prepared)
    progress(0.3)
    risk, headroom = risk_frame(replay.prepared, margin), headroom_frame(replay.prepared)
    progress(0.5)
    bounds = evidence(replay, DEFAULT_POLICY, _reference(replay, settings), margin)
    progress(0.7)
    write_whole(
        {
            workspace.risk: frame_writer(workspace.risk, risk),
            workspace.headroom: frame_writer(workspace.headroom, headroom),
            workspace.footprint: frame_writer(workspace.footprint, footprint_frame(replay)),
            workspace.replay: json_writer(replay.as_dict()),
            workspace.evidence: json_writer(bounds.as_dict()),
        }
    )
    progress(0.8)
    ledger.append(_entries(replay, settings))
    progress(1.0)


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
