"""What the decisions of a live hour start from: the conditions, the controller and the jobs in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.conformal.controller import Controller
from fleet.decisions.decide import updated
from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.forecasting.base import Progress
from fleet.ledger import JobRecord, Ledger
from fleet.live.engine import PreparedHour
from fleet.live.hour import LiveInputs
from fleet.live.ledger_hour import read_ledger
from fleet.live.lost_regions import require_regions
from fleet.live.reservations import known_at, reserved_mw
from fleet.units import FloatArray

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class HourStart:
    """The start of a live hour.

    Args:
        recorded: the latest record of each live job that has not ended.
        controller: before the decisions of the hour; None if there is none.
        hour: the prepared conditions.
        first: the first hour ahead.
    """

    fleet: Fleet
    recorded: Sequence[JobRecord]
    controller: Controller | None
    hour: PreparedHour
    first: Hour

    @classmethod
    def read(cls, inputs: LiveInputs, ledger: Ledger | None, progress: Progress | None = None) -> "HourStart":
        """Read the hour after `inputs.at`.

        Args:
            ledger: None if there is no ledger yet.
        Raises: ConfigError as `require_regions`; DataError if the telemetry does not support a decision.
        """
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
        return cls(fleet=fleet, recorded=recorded, controller=controller, hour=hour, first=first)

    def reserved_mw(self, hours: int) -> FloatArray:
        """Return the (region, hour ahead) power of all jobs that have a place."""
        return reserved_mw(self.recorded, self.fleet, self.first, hours)
