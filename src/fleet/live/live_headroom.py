"""The live headroom curve: the power that a job could get now, from the stored telemetry and the ledger."""

from collections.abc import Sequence

import numpy as np

from fleet.decisions.build_curve import curve_of, hours_needed
from fleet.decisions.decide import updated
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import MAX_DURATION_H
from fleet.errors import ConfigError
from fleet.forecasting.base import Progress
from fleet.ledger import JobRecord, Ledger
from fleet.live.hour import LiveInputs
from fleet.live.ledger_hour import read_ledger
from fleet.live.lost_regions import require_regions
from fleet.live.reservations import known_at, reserved_mw

_ONE_HOUR = np.timedelta64(1, "h")


def live_curve(
    inputs: LiveInputs, ledger: Ledger | None, *, duration_h: int, progress: Progress | None = None
) -> HeadroomCurve:
    """Compute the headroom that a decision in the hour after `inputs.at` would start from. Records nothing.

    Args:
        ledger: None if there is no ledger yet.
    Raises: ConfigError for a duration that no job may have, or as `require_regions`; DataError if the telemetry does
        not support a decision.
    """
    if not 1 <= duration_h <= MAX_DURATION_H:
        raise ConfigError(f"duration is {duration_h} h, expected 1 to {MAX_DURATION_H} h, the limit of a job")
    fleet, settings = inputs.fleet, inputs.settings
    known = known_at(inputs.telemetry, fleet, inputs.at, settings.horizon)
    first = known.time_utc[-1] + _ONE_HOUR
    recorded: Sequence[JobRecord] = ()
    controller = None
    if ledger is not None:
        read = read_ledger(ledger, known, fleet, settings, inputs.memories, is_controlled=settings.controlled)
        recorded, controller = read.recorded, updated(read.controller, fleet, read.ended)
        require_regions(recorded, fleet, first)
    hour = inputs.engine.prepare(known, fleet, settings, inputs.outlooks, progress)
    reserved = reserved_mw(recorded, fleet, first, hours_needed(settings.horizon, duration_h))
    return curve_of(hour.prepared, 0, reserved, controller, duration_h)
