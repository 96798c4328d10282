"""Decides one hour, or computes its headroom or forecast, from the telemetry and the ledger of a workspace."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from fleet.domain.clock import Hour, iso
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import Job
from fleet.domain.observed import last_full_hour, newest_observation
from fleet.domain.region import Fleet
from fleet.errors import ConfigError, DataError, FleetError, LedgerChangedError
from fleet.forecasting.base import Progress
from fleet.ledger import Ledger
from fleet.live.controller_memory import ControllerMemories
from fleet.live.engine import Engine
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour
from fleet.live.live_forecast import ForecastAhead, live_forecast
from fleet.live.live_headroom import live_curve
from fleet.live.reservations import known_at
from fleet.preparation.settings import Settings
from fleet.preparation.state_codec import STATE_FORMAT, StateCodec
from fleet.quality.gate import Checked
from fleet.storage.snapshot_store import SnapshotStore
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY
from fleet.version import __version__
from fleet.workflows.checked_telemetry import check_stored
from fleet.workflows.live_hours import write_live_hour
from fleet.workflows.open_workspace import ledger_if_any, mark_decided

_ONE_HOUR = np.timedelta64(1, "h")
# From this age on, messages state an age in days.
_DAYS_FROM_H = 4 * HOURS_PER_DAY
# Most attempts to decide an hour. An override that comes while the hour is decided makes another attempt necessary.
_ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class HourRequest:
    """An hour of one workspace, with the fleet and the settings.

    Args:
        now_utc: the current time.
        at: a past hour that counts as the last known hour; None means the last full hour before `now_utc`.
        as_of_utc: use no value that was stored or corrected after this time; None as `checked` says.
        unrecorded: why the pages do not show an hour, a sentence each.
    """

    workspace: Workspace
    fleet: Fleet
    settings: Settings
    now_utc: str
    at: Hour | None = None
    as_of_utc: str | None = None
    unrecorded: list[str] = field(default_factory=list)

    def require_telemetry(self) -> None:
        """Raises: ConfigError if no telemetry is stored."""
        self.workspace.require(self.workspace.telemetry, "fleet demo` or `fleet ingest")

    @cached_property
    def checked(self) -> Checked:
        """The stored telemetry and outlooks without held values, read at the first access.

        The decision of an hour is made during the next hour. If `at` is given, values that were stored or corrected
        after the end of that next hour are not used.

        Raises: DataError if a file is damaged.
        """
        end_utc = None if self.at is None else f"{(self.at + 2 * _ONE_HOUR).astype('datetime64[s]')}Z"
        return check_stored(self.workspace, self.fleet, as_of_utc=self.as_of_utc or end_utc)

    @cached_property
    def newest(self) -> Hour:
        """The hour of the fleet's newest observation that is not held. Raises: DataError if there is none."""
        hour = newest_observation(self.checked.telemetry.of_regions(self.fleet.region_ids))
        if hour is None:
            raise DataError("no observed value is stored; ingest telemetry of the fleet's regions first")
        return hour

    @cached_property
    def origin(self) -> Hour:
        """The last hour that counts as known.

        Raises: ConfigError if `at` is not over yet; DataError if the newest observation is more than the horizon before
            the origin, so that nothing can be bounded.
        """
        last = last_full_hour(self.now_utc)
        if self.at is not None and self.at > last:
            raise ConfigError(
                f"--at {iso(self.at)} is ahead of the clock and outside the telemetry: now it is {self.now_utc}, and "
                f"the last full hour is {iso(last)}"
            )
        origin = last if self.at is None else self.at
        horizon_h = self.settings.horizon
        if origin - self.newest > horizon_h * _ONE_HOUR:
            age_h = int((origin - self.newest) / _ONE_HOUR)
            age = f"{age_h:,} h" if age_h < _DAYS_FROM_H else f"{age_h // HOURS_PER_DAY:,} days"
            clock_or_at = "the clock's last full hour" if self.at is None else "--at"
            raise DataError(
                f"the newest observed value, of {iso(self.newest)}, is {age} older than {clock_or_at}, {iso(origin)}: "
                f"outside the telemetry, nothing is bounded after {horizon_h} h; nothing is decided. Ingest newer "
                f"telemetry, or decide at a past hour, such as --at {iso(self.newest)}"
            )
        return origin

    @cached_property
    def engine(self) -> Engine:
        """The engine, which continues from the workspace's snapshots."""
        return Engine(_snapshots(self.workspace.snapshots))

    @cached_property
    def memories(self) -> ControllerMemories:
        """What the controller has learnt in earlier hours, on disk beside the snapshots."""
        return ControllerMemories(_snapshots(self.workspace.snapshots / "controller"))

    @property
    def notes(self) -> list[str]:
        """What the user should know of the files that this hour used and wrote, a sentence each."""
        return [*self.engine.notes, *self.memories.notes, *self.unrecorded]

    @property
    def missing_h(self) -> int:
        """Hours between the newest observation and the origin; they count as missing values."""
        return max(int((self.origin - self.newest) / _ONE_HOUR), 0)

    def read(self) -> LiveInputs:
        """Return the inputs of the hour. Raises: as `origin`, and DataError if a file is damaged."""
        return LiveInputs(
            telemetry=self.checked.telemetry,
            outlooks=self.checked.outlooks,
            fleet=self.fleet,
            settings=self.settings,
            at=self.origin,
            engine=self.engine,
            memories=self.memories,
        )

    def prepare(self) -> None:
        """Compute the forecasts and bounds of the hour. What reads the hour afterwards finds them.

        Raises: as `read`, and DataError if the telemetry does not support a decision.
        """
        inputs = self.read()
        known = known_at(inputs.telemetry, self.fleet, inputs.at, self.settings.horizon)
        inputs.engine.prepare(known, self.fleet, self.settings, inputs.outlooks)


def _snapshots(folder: Path) -> SnapshotStore:
    return SnapshotStore(folder, StateCodec(), f"{__version__} state {STATE_FORMAT}")


def decide_hour(request: HourRequest, jobs: Sequence[Job], ledger: Ledger, *, policy: str, made_utc: str) -> LiveHour:
    """Decide the jobs that have arrived, with the stored telemetry, and record the decisions in the ledger.

    Processes that share a ledger decide one after the other, even if their workspaces differ. Otherwise two processes
    could give away the same headroom. An override does not wait. If an override comes while the hour is decided, the
    override stays and the hour is decided again. The headroom and the forecasts of the hour are written for the pages.

    Args:
        policy: name of the policy.
        made_utc: time of the decisions.
    Raises: as `decide_live_hour`.
    """
    with ledger.deciding(), without_collection():
        renamed = ledger.under(request.fleet.current_ids)
        hour = _decide_again_if_changed(request.read(), jobs, renamed, policy, made_utc)
        mark_decided(request.workspace, ledger)
    record_hour(request, hour.headroom)
    return hour


@contextmanager
def without_collection() -> Iterator[None]:
    """Stop Python's garbage collector for a while. Each run would visit all decisions, which form no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


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
    # The service calls this often, and a shared database allows few connections. So the ledger is closed again.
    with ledger_if_any(request.workspace) or nullcontext() as ledger:
        renamed = None if ledger is None else ledger.under(request.fleet.current_ids)
        return live_curve(request.read(), renamed, duration_h=duration_h, progress=progress)


def record_hour(request: HourRequest, curve: HeadroomCurve | None = None) -> None:
    """Write the headroom and the forecasts of the request's hour for the pages.

    Args:
        curve: the headroom of windows of one hour, if the caller has computed it.
    A failure adds a sentence to `request.unrecorded`, because the decisions of the hour hold without the pages.
    """
    try:
        curve = curve or headroom_now(request, duration_h=1)
        write_live_hour(request.workspace, request.fleet, curve, forecast_now(request))
    except FleetError as error:
        request.unrecorded.append(f"the pages do not show this hour: {error}")


def forecast_now(request: HourRequest, *, progress: Progress | None = None) -> ForecastAhead:
    """Forecast the hours after the request's origin. Records nothing. Raises: as `live_forecast`."""
    return live_forecast(request.read(), progress=progress)
