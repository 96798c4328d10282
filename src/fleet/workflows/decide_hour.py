"""Decides one hour, or shows its headroom, from what the workspace holds."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

# An override may come while an hour is decided. The hour is then decided again, as often as this in all.
_ATTEMPTS = 3
_NEW_OBJECTS = 500_000


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
        """The stored telemetry without doubtful values, as it was when this was first asked for.

        Raises: DataError if a file is damaged.
        """
        return check_stored(self.workspace, self.fleet)

    def read(self) -> LiveInputs:
        """Read what is stored. Raises: DataError if a file is damaged."""
        outlooks = read_outlooks(self.workspace.outlooks)
        return LiveInputs(
            telemetry=self.checked.telemetry,
            outlooks=None if outlooks is None else outlooks.renamed(self.fleet.current_ids),
            fleet=self.fleet,
            settings=self.settings,
            at=self.at,
        )


def decide_hour(request: HourRequest, jobs: Sequence[Job], ledger: Ledger, *, policy: str, made_utc: str) -> LiveHour:
    """Decide the jobs that have arrived, on the stored telemetry, into the ledger.

    Two processes with one ledger decide one after the other, also from different workspaces: at the same time they
    would give the same headroom twice. An override does not wait. If one comes while the hour is decided, it wins, and
    the hour is decided again.

    Raises: as `decide_live_hour`.
    """
    with ledger.deciding(), _rare_collection():
        renamed = ledger.under(request.fleet.current_ids)
        hour = _decide_again_if_changed(request.read(), jobs, renamed, policy, made_utc)
        mark_decided(request.workspace, ledger)
    return hour


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Let Python look for unused cycles seldom. The decisions of many jobs are no cycles, and each look passes them."""
    before = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


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
    """Compute the headroom that the next decision would find. Records nothing.

    Raises: as `live_curve`.
    """
    ledger = ledger_if_any(request.workspace)
    renamed = None if ledger is None else ledger.under(request.fleet.current_ids)
    return live_curve(request.read(), renamed, duration_h=duration_h, progress=progress)
