"""Decides one hour, or computes its headroom, from the telemetry and the ledger of a workspace."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property

from fleet.domain.clock import Hour
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import Job
from fleet.domain.region import Fleet
from fleet.errors import LedgerChangedError
from fleet.forecasting.base import Progress
from fleet.ledger import Ledger
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour
from fleet.live.live_headroom import live_curve
from fleet.preparation.settings import Settings
from fleet.quality.gate import Checked
from fleet.storage.telemetry_store import read_outlooks
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored
from fleet.workflows.open_workspace import ledger_if_any, mark_decided

# Most attempts to decide an hour. An override that comes while the hour is decided makes another attempt necessary.
_ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class HourRequest:
    """An hour of one workspace, with the fleet and the settings.

    Args:
        at: the last hour that counts as known; by default the last stored hour.
    """

    workspace: Workspace
    fleet: Fleet
    settings: Settings
    at: Hour | None = None

    def require_telemetry(self) -> None:
        """Raises: ConfigError if no telemetry is stored."""
        self.workspace.require(self.workspace.telemetry, "fleet demo` or `fleet ingest")

    @cached_property
    def checked(self) -> Checked:
        """The stored telemetry without held values. It is read at the first access, and then kept.

        Raises: DataError if a file is damaged.
        """
        return check_stored(self.workspace, self.fleet)

    def read(self) -> LiveInputs:
        """Read the stored telemetry and outlooks. Raises: DataError if a file is damaged."""
        return LiveInputs(
            telemetry=self.checked.telemetry,
            outlooks=read_outlooks(self.workspace.outlooks),
            fleet=self.fleet,
            settings=self.settings,
            at=self.at,
        )


def decide_hour(request: HourRequest, jobs: Sequence[Job], ledger: Ledger, *, policy: str, made_utc: str) -> LiveHour:
    """Decide the jobs that have arrived from the stored telemetry, and record the decisions in the ledger.

    Processes that share a ledger decide one after the other, even if their workspaces differ. Otherwise two of them
    could give away the same headroom. An override does not wait: if it comes while the hour is decided, it wins, and
    the hour is decided again.

    Raises: as `decide_live_hour`.
    """
    with ledger.deciding():
        hour = _decide_again_if_changed(request.read(), jobs, ledger, policy, made_utc)
        mark_decided(request.workspace, ledger)
    return hour


def _decide_again_if_changed(
    inputs: LiveInputs, jobs: Sequence[Job], ledger: Ledger, policy: str, made_utc: str
) -> LiveHour:
    for _ in range(_ATTEMPTS - 1):
        try:
            return decide_live_hour(inputs, jobs, ledger, policy=policy, made_utc=made_utc)
        except LedgerChangedError:
            continue
    return decide_live_hour(inputs, jobs, ledger, policy=policy, made_utc=made_utc)


def headroom_now(request: HourRequest, *, duration_h: int, progress: Progress | None = None) -> HeadroomCurve:
    """Compute the headroom that the next decision would start from. Records nothing.

    Raises: as `live_curve`.
    """
    # A service looks often, and a server of several hosts has few connections: none is left open.
    with ledger_if_any(request.workspace) or nullcontext() as ledger:
        return live_curve(request.read(), ledger, duration_h=duration_h, progress=progress)
