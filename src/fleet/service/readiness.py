"""What is stale or broken: one check for each cause that makes the service deny or queue jobs."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from fleet.domain.observed import last_full_hour
from fleet.domain.region import Fleet
from fleet.errors import FleetError
from fleet.ledger import Ledger
from fleet.ledger.tables import journal
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_if_stored
from fleet.workflows.job_intake import JobIntake
from fleet.workflows.stream_ages import StreamAge, stream_ages

_LEAST_FREE_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class Check:
    """One check. `detail` says what is wrong; empty if nothing is."""

    name: str
    detail: str

    @property
    def is_ok(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.detail


class Readiness:
    """Checks the parts of the service.

    Args:
        plan_fault: returns why the last plan failed; empty if it did not.
        changed: returns a value that changes when the stored telemetry does.
    """

    def __init__(
        self,
        workspace: Workspace,
        fleet: Fleet,
        ledger: Ledger,
        intake: JobIntake,
        now_utc: Callable[[], str],
        plan_fault: Callable[[], str],
        changed: Callable[[], object],
    ) -> None:
        self._workspace, self._fleet, self._ledger, self._intake = workspace, fleet, ledger, intake
        self._now_utc, self._plan_fault, self._changed = now_utc, plan_fault, changed
        self._ages: tuple[object, Sequence[StreamAge]] | None = None

    def checks(self) -> list[Check]:
        """Return all checks."""
        return [
            Check("database", self._database()),
            Check("disk", self._disk()),
            Check("telemetry", self._telemetry()),
            Check("bounds", self._bounds()),
            Check("decisions", self._intake.why_not),
            Check("plan", self._plan_fault()),
        ]

    def ages(self) -> Sequence[StreamAge]:
        """Return the age of each stream. Raises: DataError if the telemetry cannot be read."""
        hour = last_full_hour(self._now_utc())
        key = (self._changed(), hour)
        if self._ages is None or self._ages[0] != key:
            self._ages = key, stream_ages(check_if_stored(self._workspace, self._fleet), self._fleet, hour)
        return self._ages[1]

    def _database(self) -> str:
        try:
            with self._ledger.reading() as connection:
                connection.scalar(select(func.max(journal.c.seq)))
        except FleetError as error:
            return str(error)
        return ""

    def _disk(self) -> str:
        try:
            free = shutil.disk_usage(self._workspace.home).free
        except OSError as error:
            return f"{self._workspace.home} cannot be read ({error.strerror})"
        return "" if free >= _LEAST_FREE_BYTES else f"{free / 1024**2:.0f} MiB are free, expected 64 MiB or more"

    def _telemetry(self) -> str:
        try:
            stale = [age for age in self.ages() if age.is_stale]
        except FleetError as error:
            return str(error)
        named = [f"{age.column} of {age.region} {age.words}" for age in stale[:3]]
        more = [f"and {len(stale) - 3:,} more"] if len(stale) > 3 else []
        return "; ".join([*named, *more])

    def _bounds(self) -> str:
        """Name the regions that get no new job because no bound can be given."""
        current = self._intake.current
        closed = [] if current is None else [f"{region}: {why}" for region, why in current.closed.items()]
        return "; ".join(closed[:3])
