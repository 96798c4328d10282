"""The live headroom curve: the power that a job could get now, from the stored telemetry and the ledger."""

from fleet.decisions.build_curve import curve_of, hours_needed
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import MAX_DURATION_H
from fleet.errors import ConfigError
from fleet.forecasting.base import Progress
from fleet.ledger import Ledger
from fleet.live.hour import LiveInputs
from fleet.live.hour_start import HourStart


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
    start = HourStart.read(inputs, ledger, progress)
    reserved = start.reserved_mw(hours_needed(inputs.settings.horizon, duration_h))
    return curve_of(start.hour.prepared, 0, reserved, start.controller, duration_h)
