"""What the live controller has learnt by an hour, kept so that the next hour need not read the whole ledger."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.controller import Controller
from fleet.domain.clock import Hour
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.ledger import Ledger, LedgerMark
from fleet.live.input_hash import input_hashes
from fleet.live.kept_states import KeptStates, positions_of
from fleet.preparation.settings import Settings
from fleet.storage.snapshot_store import SnapshotName, SnapshotStore


@dataclass(frozen=True, kw_only=True)
class ControllerMemory:
    """The controller after all that happened up to an hour.

    Args:
        hour_h: the hour, in hours since 1970-01-01T00 UTC.
        met: (2, region, hour) whether each of the last hours, up to this one, breached a limit, and whether the hour
            cannot be judged. As many hours are kept as the longest job may last.
        overdue: (hour, outcomes) of approvals whose outcome is unknown because actual values are missing. In that hour,
            counted from 1970-01-01T00 UTC, their outcome will count as never known.
        mark: the rows of the ledger that were counted.
    """

    hour_h: int
    controller: Controller
    met: NDArray[np.bool_]
    overdue: tuple[tuple[int, tuple[JobOutcome, ...]], ...]
    mark: LedgerMark

    @property
    def hour(self) -> Hour:
        """The last hour that was counted."""
        return np.datetime64(self.hour_h, "h")


class ControllerMemories:
    """The memories of earlier hours.

    A memory is used if the telemetry up to its hour, the fleet and the settings are still the same, and if no later row
    of the ledger changes anything up to its hour.

    Args:
        snapshots: None keeps only the latest memory, and not on disk.
    """

    def __init__(self, snapshots: SnapshotStore | None = None) -> None:
        self._kept = KeptStates(ControllerMemory, snapshots)
        self._names: Mapping[Hour, SnapshotName] = {}

    @property
    def notes(self) -> list[str]:
        """What the user should know of the memories that were read and written, a sentence each."""
        return self._kept.notes

    def newest(self, known: Telemetry, fleet: Fleet, settings: Settings, ledger: Ledger) -> ControllerMemory | None:
        """Return the newest memory that may be used, of an hour before the last known one; None if there is none."""
        first_utc, before = known.time_utc[0], len(known.time_utc) - 2
        self._kept.notes, self._names = [], {}
        if before < 0:
            return None
        names = self._kept.names(first_utc, known.time_utc[-1])
        positions = np.unique(np.append(positions_of(names, first_utc), before))
        hashes = input_hashes(known, None, fleet, settings, positions)
        self._names = {
            known.time_utc[at]: SnapshotName(known.time_utc[at], digest)
            for at, digest in zip(positions, hashes, strict=True)
        }
        for memory in self._kept.states([name for name in names if self._names[name.hour] == name]):
            changed = ledger.first_change(memory.mark)
            if changed is None or changed > memory.hour:
                return memory
        return None

    def keep(self, memory: ControllerMemory) -> None:
        """Keep a memory of the hour before the last hour of the telemetry that `newest` was called with."""
        self._kept.keep(self._names[memory.hour], memory)
