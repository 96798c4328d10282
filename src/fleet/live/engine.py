"""Prepares live hours one after the other, and keeps what was learnt: in memory, and in snapshots on disk.

A snapshot is used only if everything that was known at its hour is still the same. Telemetry that came late or was
corrected therefore leads back to the newest snapshot before the change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.conformal.base import State
from fleet.domain import clock
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.forecasting.base import Progress
from fleet.live.input_hash import input_hashes
from fleet.preparation.column_bands import ColumnBand, advance_bands
from fleet.preparation.prepare import PRICE, advance, prices_since
from fleet.preparation.prepare_state import PrepareState
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.storage.snapshot_store import SnapshotName, SnapshotStore
from fleet.units import HOURS_PER_DAY

# On a long way, snapshots are also left at these ages: the next correction then does not lead back to the beginning.
_KEPT_AGES_H = (192, 96, 48, 24, 12, 6, 3, 1)
# A long way is gone in parts of so many hours times regions, so that the memory does not grow with the history.
_PART_REGION_H = 300 * 30 * HOURS_PER_DAY
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class LiveState:
    """What the engine keeps from hour to hour.

    Args:
        bands: column -> what its two-sided band has learnt.
    """

    preparation: PrepareState
    bands: Mapping[str, State]


@dataclass(frozen=True, kw_only=True)
class PreparedHour:
    """The last hour of some telemetry, prepared.

    Args:
        bands: column -> its forecast and its two-sided band.
        input_hash: of everything that was known.
    """

    prepared: Prepared
    bands: Mapping[str, ColumnBand]
    input_hash: str


class Engine:
    """Prepares one hour after the other.

    Args:
        snapshots: None keeps the state in memory only.

    Attributes:
        notes: what the user should know of the snapshots that the last call used and wrote, a sentence each.
    """

    def __init__(self, snapshots: SnapshotStore | None = None) -> None:
        self._snapshots = snapshots
        self._latest: tuple[SnapshotName, LiveState] | None = None
        self._hour: PreparedHour | None = None
        self.notes: list[str] = []

    def prepare(
        self,
        known: Telemetry,
        fleet: Fleet,
        settings: Settings,
        outlooks: Outlooks | None = None,
        progress: Progress | None = None,
    ) -> PreparedHour:
        """Prepare the last hour of the telemetry.

        Raises: DataError as `fleet.preparation.prepare.prepare`.
        """
        origin, first_utc = len(known.time_utc) - 1, known.time_utc[0]
        names = self._names(first_utc, known.time_utc[origin])
        positions = np.unique([int((name.hour - first_utc) / _ONE_HOUR) for name in names]).astype(np.int64)
        hashes = input_hashes(known, outlooks, fleet, settings, np.append(positions, origin))
        valid = {SnapshotName(known.time_utc[at], digest) for at, digest in zip(positions, hashes[:-1], strict=True)}
        # 1. Find the newest state that still fits.
        if self._hour is not None and self._hour.input_hash == hashes[-1]:
            return self._hour
        state, self.notes = self._newest([name for name in names if name in valid])
        if names and names[0] not in valid and not self.notes:
            self.notes = [_went_back(state, names, first_utc)]
        # 2. Advance it to this hour, and keep it.
        begin, hour = -1 if state is None else state.preparation.last, None
        ages = () if self._snapshots is None else _KEPT_AGES_H
        stops, done = _stops(begin, origin, _PART_REGION_H // len(fleet.regions), ages), begin
        for stop in stops:
            hours = known.hours(0, stop + 1)
            share = None if progress is None else _part_of(progress, begin, done, stop, origin)
            done = stop
            before, bands_before = (None, {}) if state is None else (state.preparation, state.bands)
            try:
                after, prepared = advance(
                    before, hours, fleet, np.array([stop]), settings, outlooks=outlooks, progress=share
                )
            except DataError:
                # Long ago no region had enough history.
                if stop == origin:
                    raise
                continue
            bands_after, bands = advance_bands(
                bands_before, prepared.residuals, settings, {PRICE: prices_since(hours, fleet)}
            )
            state = LiveState(preparation=after, bands=bands_after)
            hour = PreparedHour(prepared=prepared, bands=bands, input_hash=hashes[-1])
            if stop == origin:
                self._keep(SnapshotName(known.time_utc[origin], hashes[-1]), state)
            elif origin - stop in _KEPT_AGES_H:
                (digest,) = input_hashes(hours, outlooks, fleet, settings, np.array([stop]))
                self._keep(SnapshotName(known.time_utc[stop], digest), state)
        if hour is None:
            raise ValueError("no hour was prepared")
        self._hour = hour
        return hour

    def _names(self, first_utc: clock.Hour, origin_utc: clock.Hour) -> list[SnapshotName]:
        """Return the names of the states of earlier hours, newest first."""
        names = [] if self._snapshots is None else self._snapshots.names()
        if self._latest is not None and self._latest[0] not in names:
            names.append(self._latest[0])
        return sorted((name for name in names if first_utc <= name.hour < origin_utc), reverse=True)

    def _newest(self, names: Sequence[SnapshotName]) -> tuple[LiveState | None, list[str]]:
        """Return the newest state that can be read; None if there is none. A snapshot that cannot be is set aside."""
        damaged: list[str] = []
        for name in names:
            if self._latest is not None and self._latest[0] == name:
                return self._latest[1], damaged
            try:
                state = None if self._snapshots is None else self._snapshots.read(name)
            except DataError as error:
                damaged = damaged or [f"a snapshot cannot be used: {error}"]
                continue
            if isinstance(state, LiveState):
                return state, damaged
        return None, damaged

    def _keep(self, name: SnapshotName, state: LiveState) -> None:
        self._latest = (name, state)
        if self._snapshots is None or any(other.hour > name.hour for other in self._snapshots.names()[:1]):
            return
        try:
            self._snapshots.write(name, state)
        except ConfigError as error:
            when = clock.iso(name.hour)
            self.notes.append(f"the snapshot of {when} was not written, so the next hour takes longer: {error}")


def _stops(last: int, origin: int, part_h: int, ages: Sequence[int]) -> list[int]:
    """Return the positions at which the way from the last hour that is known to the origin is divided.

    Args:
        ages: hours before the origin at which a state is kept.
    """
    stops = (*range(last + part_h, origin, part_h), *(origin - age for age in ages))
    return sorted({stop for stop in stops if stop > last} | {origin})


def _part_of(progress: Progress, begin: int, first: int, stop: int, origin: int) -> Progress:
    """Return the progress of one part of the way from `begin` to the origin."""
    return lambda share: progress((first - begin + share * (stop - first)) / (origin - begin))


def _went_back(state: LiveState | None, names: Sequence[SnapshotName], first_utc: clock.Hour) -> str:
    if state is None:
        return "no snapshot fits the stored values, the fleet and the settings: everything is learnt anew from history"
    hour = first_utc + state.preparation.last * _ONE_HOUR
    return (
        f"values up to {clock.iso(names[0].hour)} came late or were corrected: the hours after {clock.iso(hour)} are "
        "computed again"
    )
