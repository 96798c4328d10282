"""The states of earlier hours: the latest one in memory, and snapshots of others on disk."""

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.errors import ConfigError, DataError
from fleet.forecasting.base import Positions
from fleet.storage.snapshot_store import SnapshotName, SnapshotStore

Kept = TypeVar("Kept")
_ONE_HOUR = np.timedelta64(1, "h")


class KeptStates(Generic[Kept]):
    """States of one class, each under its hour and a hash of everything that was known then.

    Args:
        snapshots: None keeps only the latest state, in memory.

    Attributes:
        notes: what the user should know of the snapshots that were read or written, a sentence each.
    """

    def __init__(self, kind: type[Kept], snapshots: SnapshotStore | None = None) -> None:
        self._kind, self._snapshots = kind, snapshots
        self._latest: tuple[SnapshotName, Kept] | None = None
        self.notes: list[str] = []

    @property
    def on_disk(self) -> bool:
        """Tell whether states are written to disk."""
        return self._snapshots is not None

    def names(self, first_utc: Hour, before_utc: Hour) -> list[SnapshotName]:
        """Return the names of the states from one hour up to another, which is left out; the newest first."""
        names = [] if self._snapshots is None else self._snapshots.names()
        if self._latest is not None and self._latest[0] not in names:
            names.append(self._latest[0])
        return sorted((name for name in names if first_utc <= name.hour < before_utc), reverse=True)

    def states(self, names: Sequence[SnapshotName]) -> Iterator[Kept]:
        """Yield the states that can be read, in the order of the names. `notes` says if a snapshot cannot be used."""
        for name in names:
            if self._latest is not None and self._latest[0] == name:
                yield self._latest[1]
                continue
            try:
                state = None if self._snapshots is None else self._snapshots.read(name)
            except DataError as error:
                self.notes = self.notes or [f"a snapshot cannot be used: {error}"]
                continue
            if isinstance(state, self._kind):
                yield state

    def keep(self, name: SnapshotName, state: Kept) -> None:
        """Keep a state. It is written to disk unless a snapshot of a later hour is there."""
        self._latest = (name, state)
        if self._snapshots is None or any(other.hour > name.hour for other in self._snapshots.names()[:1]):
            return
        try:
            self._snapshots.write(name, state)
        except ConfigError as error:
            when = clock.iso(name.hour)
            self.notes.append(f"the snapshot of {when} was not written, so the next hour takes longer: {error}")


def positions_of(names: Sequence[SnapshotName], first_utc: Hour) -> Positions:
    """Return the positions of the hours of some states, ascending, in telemetry that begins at `first_utc`."""
    return np.unique([int((name.hour - first_utc) / _ONE_HOUR) for name in names]).astype(np.int64)
