"""The live headroom curve: the telemetry that is stored and the ledger, to what a job could be given now."""

import numpy as np

from fleet.decisions.build_curve import curve_of, hours_seen
from fleet.decisions.decide import heard
from fleet.domain.clock import Hour
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import MAX_DURATION_H
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError
from fleet.forecasting.base import Progress
from fleet.ledger import Ledger
from fleet.live.live_controller import live_controller
from fleet.live.reservations import known_at, reserved_mw
from fleet.preparation.prepare import prepare
from fleet.preparation.settings import Settings

_ONE_HOUR = np.timedelta64(1, "h")


def live_curve(
    telemetry: Telemetry,
    fleet: Fleet,
    ledger: Ledger | None,
    *,
    outlooks: Outlooks | None = None,
    settings: Settings,
    duration_h: int,
    at: Hour | None = None,
    progress: Progress | None = None,
) -> HeadroomCurve:
    """What a decision made in the hour after `at` would find, before it places anything. Nothing is recorded.

    Args:
        telemetry, outlooks, at: as for `tick`.
        ledger: None where nothing was ever decided.
    Raises: ConfigError for a duration that no job has; DataError if the telemetry does not support a decision then.
    """
    if not 1 <= duration_h <= MAX_DURATION_H:
        raise ConfigError(f"duration is {duration_h} h, expected 1 to {MAX_DURATION_H} h, as long as a job may run")
    known = known_at(telemetry, fleet, at)
    recorded = [] if ledger is None else ledger.effective(mode="live")
    controller = None
    if ledger is not None and settings.controlled:
        before, ended = live_controller(ledger, recorded, known, fleet, settings)
        controller = heard(before, fleet, ended)
    origin = len(known.time_utc) - 1
    prepared = prepare(known, fleet, np.array([origin]), settings, outlooks=outlooks, progress=progress)
    first = known.time_utc[-1] + _ONE_HOUR
    reserved = reserved_mw(recorded, fleet, first, hours_seen(settings.horizon, duration_h))
    return curve_of(prepared, 0, reserved, controller, duration_h)
