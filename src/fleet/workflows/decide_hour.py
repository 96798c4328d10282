"""Decides one hour, or shows its headroom, from what the workspace holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fleet.domain.clock import Hour
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import Job
from fleet.domain.region import Fleet
from fleet.forecasting.base import Progress
from fleet.ledger import Ledger
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour
from fleet.live.live_headroom import live_curve
from fleet.preparation.settings import Settings
from fleet.quality.gate import Checked
from fleet.storage.locks import locked
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored
from fleet.workflows.open_workspace import ledger_if_any


@dataclass(frozen=True, kw_only=True)
class HourRequest:
    """The hour to look at, in one workspace.

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
        """The stored telemetry and outlooks without doubtful values, as it was when this was first asked for.

        Raises: DataError if a file is damaged.
        """
        return check_stored(self.workspace, self.fleet)

    def read(self) -> LiveInputs:
        """Read what is stored. Raises: DataError if a file is damaged."""
        return LiveInputs(
            telemetry=self.checked.telemetry,
            outlooks=self.checked.outlooks,
            fleet=self.fleet,
            settings=self.settings,
            at=self.at,
        )


def decide_hour(request: HourRequest, jobs: Sequence[Job], ledger: Ledger, *, policy: str, made_utc: str) -> LiveHour:
    """Decide the jobs that have arrived, on the stored telemetry, into the ledger.

    Two processes on one workspace decide one after the other: at the same time they would give the same headroom twice.

    Raises: as `decide_live_hour`.
    """
    with locked(request.workspace.lock):
        return decide_live_hour(request.read(), jobs, ledger, policy=policy, made_utc=made_utc)


def headroom_now(request: HourRequest, *, duration_h: int, progress: Progress | None = None) -> HeadroomCurve:
    """Compute the headroom that the next decision would find. Records nothing.

    Raises: as `live_curve`.
    """
    return live_curve(request.read(), ledger_if_any(request.workspace), duration_h=duration_h, progress=progress)
