"""The exceptions of this package. A message says what was found, what was expected and what to do."""

from typing import Any


class FleetError(Exception):
    """The package refuses a request. The command line prints the message as one line."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Python makes a copy with the positional arguments alone, which errors with other arguments refuse.
        return _copied, (type(self), self.args, vars(self))


class ConfigError(FleetError):
    """An option, an argument, a setting, a fleet file or a path cannot be used."""


class DataError(FleetError):
    """Data is invalid, damaged, missing or too old, or would change a stored value without a reason."""


class SourceError(FleetError):
    """A file of telemetry, outlooks or jobs cannot be read."""

    def __init__(self, message: str, *, source: str, region: str | None = None) -> None:
        super().__init__(message)
        self.source = source
        self.region = region


class PlacementError(FleetError):
    """A job is invalid, or needs more power than any of its regions can ever give.

    `reason` is the message without the job's id.
    """

    def __init__(self, reason: str, *, job_id: str) -> None:
        super().__init__(f"job {job_id}: {reason}")
        self.reason = reason
        self.job_id = job_id


class LedgerError(FleetError):
    """The ledger cannot be opened, fails its verification, has no such record, or refuses a new record."""


class LedgerChangedError(LedgerError):
    """Another process changed the ledger after it was read. The caller may repeat the work."""


class ConflictError(FleetError):
    """A request contradicts an earlier one: the same key or job id with other content, or a risk nobody accepted."""


class UnavailableError(FleetError):
    """The service cannot answer now. The client may ask again."""


class NotFoundError(FleetError):
    """There is no such job, decision or region."""


class ForbiddenError(FleetError):
    """The role of the token does not allow this."""


def _copied(kind: type[FleetError], args: tuple[Any, ...], values: dict[str, Any]) -> FleetError:
    """Return an error that another process has raised."""
    error = kind.__new__(kind, *args)
    vars(error).update(values)
    return error
