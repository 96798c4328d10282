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
from fleet.errors import DataError
from fleet.forecasting.base import Progress
from fleet.live.input_hash import input_hashes
from fleet.live.kept_states import KeptStates, positions_of
from fleet.preparation.column_bands import ColumnBand, advance_bands
from fleet.preparation.prepare import PRICE, advance, prices_since
from fleet.preparation.prepare_state import PrepareState
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.storage.snapshot_store import SnapshotName, SnapshotStore
from fleet.units import HOURS_PER_DAY

# If many hours are prepared at once, snapshots of these ages are kept, too. The next correction then starts from one
# of them and not from the beginning.
_KEPT_AGES_H = (192, 96, 48, 24, 12, 6, 3, 1)
# Many hours are prepared in parts of this many hours times regions, so that the memory does not grow with the history.
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
    """

    def __init__(self, snapshots: SnapshotStore | None = None) -> None:
        self._kept = KeptStates(LiveState, snapshots)
        self._hour: PreparedHour | None = None

    @property
    def notes(self) -> list[str]:
        """What the user should know of the snapshots that the last call used and wrote, a sentence each."""
        return self._kept.notes

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
        names = self._kept.names(first_utc, known.time_utc[origin])
        positions = positions_of(names, first_utc)
        hashes = input_hashes(known, outlooks, fleet, settings, np.append(positions, origin))
        valid = {SnapshotName(known.time_utc[at], digest) for at, digest in zip(positions, hashes[:-1], strict=True)}
        # 1. Find the newest state that still fits.
        if self._hour is not None and self._hour.input_hash == hashes[-1]:
            return self._hour
        self._kept.notes = []
        state = next(self._kept.states([name for name in names if name in valid]), None)
        if names and names[0] not in valid and not self.notes:
            self._kept.notes = [_went_back(state, names, first_utc)]
        # 2. Advance it to this hour, and keep it.
        begin, hour = -1 if state is None else state.preparation.last, None
        ages = _KEPT_AGES_H if self._kept.on_disk else ()
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
                # A part that ends early in the history may have too little of it.
                if stop == origin:
                    raise
                continue
            bands_after, bands = advance_bands(
                bands_before, prepared.residuals, settings, {PRICE: prices_since(hours, fleet)}
            )
            state = LiveState(preparation=after, bands=bands_after)
            hour = PreparedHour(prepared=prepared, bands=bands, input_hash=hashes[-1])
            if stop == origin:
                self._kept.keep(SnapshotName(known.time_utc[origin], hashes[-1]), state)
            elif origin - stop in _KEPT_AGES_H:
                (digest,) = input_hashes(hours, outlooks, fleet, settings, np.array([stop]))
                self._kept.keep(SnapshotName(known.time_utc[stop], digest), state)
        if hour is None:
            raise ValueError("no hour was prepared")
        self._hour = hour
        return hour


def _stops(last: int, origin: int, part_h: int, ages: Sequence[int]) -> list[int]:
    """Return the last position of each part into which the hours after the last prepared one are divided.

    Args:
        ages: hours before the origin at which a state is kept.
    """
    stops = (*range(last + part_h, origin, part_h), *(origin - age for age in ages))
    return sorted({stop for stop in stops if stop > last} | {origin})


def _part_of(progress: Progress, begin: int, first: int, stop: int, origin: int) -> Progress:
    """Return the progress function of one part. It reports the share of all hours from `begin` to the origin."""
    return lambda share: progress((first - begin + share * (stop - first)) / (origin - begin))


def _went_back(state: LiveState | None, names: Sequence[SnapshotName], first_utc: clock.Hour) -> str:
    if state is None:
        return "no snapshot fits the stored values, the fleet and the settings: everything is learnt anew from history"
    hour = first_utc + state.preparation.last * _ONE_HOUR
    return (
        f"values up to {clock.iso(names[0].hour)} came late or were corrected: the hours after {clock.iso(hour)} are "
        "computed again"
    )
