"""The exception tree. A message says what was found, what was expected and what to do."""


class FleetError(Exception):
    """Anything this package refuses to do; the command line prints it as one line."""


class ConfigError(FleetError):
    """A key or value that cannot be honoured."""


class DataError(FleetError):
    """Data of the wrong shape, unit, time zone or magnitude, or with a forbidden gap."""


class SourceError(FleetError):
    """A source of telemetry that cannot be read."""

    def __init__(self, message: str, *, source: str, region: str | None = None) -> None:
        super().__init__(message)
        self.source = source
        self.region = region


class CalibrationError(FleetError):
    """A bound that was asked for and that the calibration cannot support."""


class PlacementError(FleetError):
    """A job that cannot be considered at all; `reason` is the message without the job's name."""

    def __init__(self, reason: str, *, job_id: str) -> None:
        super().__init__(f"job {job_id}: {reason}")
        self.reason = reason
        self.job_id = job_id


class LedgerError(FleetError):
    """A record that is missing from the ledger or may not be written to it."""
