"""What a workspace holds, and, in one sentence each, what is missing and which command gives it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.observed import last_full_hour
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.storage.parquet_scan import scan_regular
from fleet.storage.telemetry_store import read_telemetry
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY
from fleet.workflows.live_hours import live_hours
from fleet.workflows.open_workspace import fleet_of

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class WorkspaceContents:
    """What the pages can show of a workspace.

    Args:
        own_fleet: the workspace has a fleet file of its own.
        stored_from, stored_to: first hour of the stored telemetry, and hour of its newest value; None without any.
        live: the live hours that were recorded, the oldest first.
        replay_from, replay_to: first and last origin of the recorded replay; None without one.
    """

    fleet: Fleet
    own_fleet: bool
    stored_from: Hour | None
    stored_to: Hour | None
    live: Sequence[Hour]
    replay_from: Hour | None
    replay_to: Hour | None

    @property
    def has_replay(self) -> bool:
        """The workspace holds a replay."""
        return self.replay_from is not None

    def newest_live(self, now_utc: str) -> Hour | None:
        """Return the newest live hour if the present still is among its hours ahead; else None."""
        hour = self.live[-1] if self.live else None
        last = last_full_hour(now_utc)
        return hour if hour is not None and last - HOURS_PER_DAY * _ONE_HOUR < hour <= last else None

    def missing(self, now_utc: str) -> list[str]:
        """Return what the pages miss, a sentence each. Backticks stand around each command."""
        last, sentences = last_full_hour(now_utc), []
        if self.stored_to is None:
            sentences.append(
                "No telemetry is stored. `fleet ingest table --file FILE` adds your own, and `fleet demo` makes a "
                "synthetic year."
            )
        elif last - self.stored_to > HOURS_PER_DAY * _ONE_HOUR:
            sentences.append(
                f"The newest stored value is of {clock.iso(self.stored_to)}, more than a day ago, so nothing can be "
                "forecast for the present. `fleet ingest table --file FILE` adds newer values."
            )
        elif self.newest_live(now_utc) is None:
            sentences.append(
                "No forecast of the present is recorded. `fleet headroom` records one, and so does `fleet decide`."
            )
        if not self.has_replay:
            sentences.append(
                "No replay is recorded, so nothing tells yet how decisions would have turned out. "
                "`fleet replay --home HOME --jobs FILE` replays your history."
            )
        return sentences


def contents_of(workspace: Workspace) -> WorkspaceContents:
    """Return what a workspace holds. An empty or absent workspace holds nothing, which is no error.

    Raises: ConfigError if the fleet file cannot be read; DataError if a table cannot be read.
    """
    fleet = fleet_of(workspace, None)
    stored_from = stored_to = None
    if workspace.telemetry.exists():
        stored = read_telemetry(workspace.telemetry)
        is_known = np.isfinite(np.concatenate(list(stored.values.values()))).any(axis=0)
        known = np.flatnonzero(is_known)
        if known.size:
            stored_from, stored_to = stored.time_utc[known[0]], stored.time_utc[known[-1]]
    replay_from, replay_to = _replayed(workspace)
    return WorkspaceContents(
        fleet=fleet,
        own_fleet=workspace.fleet.exists(),
        stored_from=stored_from,
        stored_to=stored_to,
        live=live_hours(workspace),
        replay_from=replay_from,
        replay_to=replay_to,
    )


def _replayed(workspace: Workspace) -> tuple[Hour | None, Hour | None]:
    if not all(path.exists() for path in (workspace.risk, workspace.footprint, workspace.replay)):
        return None, None
    try:
        ends = (
            scan_regular(workspace.risk)
            .select(first=pl.col("origin_utc").min(), last=pl.col("origin_utc").max())
            .collect()
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{workspace.risk.name} is not a readable Parquet file; run `fleet demo` or `fleet replay --home` again"
        ) from error
    first, last = ends.row(0)
    if first is None:
        return None, None
    return clock.hour_of(first), clock.hour_of(last)
