"""The exceptions of this package. A message says what was found, what was expected and what to do."""


class FleetError(Exception):
    """The package refuses a request. The command line prints the message as one line."""


class ConfigError(FleetError):
    """A configured key or value cannot be used."""


class DataError(FleetError):
    """Data has the wrong shape, unit, time zone or magnitude, or a gap where none is allowed."""


class SourceError(FleetError):
    """A source of telemetry cannot be read."""

    def __init__(self, message: str, *, source: str, region: str | None = None) -> None:
        super().__init__(message)
        self.source = source
        self.region = region


class PlacementError(FleetError):
    """A job can never be placed. `reason` is the message without the job's id."""

    def __init__(self, reason: str, *, job_id: str) -> None:
        super().__init__(f"job {job_id}: {reason}")
        self.reason = reason
        self.job_id = job_id


class LedgerError(FleetError):
    """A record is missing from the ledger or may not be written to the ledger."""


class LedgerChangedError(LedgerError):
    """Somebody else changed the ledger after it was read. The same work may succeed if the caller repeats it."""
