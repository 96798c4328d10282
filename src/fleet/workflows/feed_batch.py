"""Checks the answers of sources, and stores many of them at once, because each storing writes the whole table."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from fleet.domain.clock import Hour
from fleet.domain.observed import refuse_ahead
from fleet.domain.outlooks import Outlooks
from fleet.domain.provenance import Provenance
from fleet.domain.supplied import Supplied
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.sources import Reading
from fleet.storage.feed_progress import FeedProgress
from fleet.storage.telemetry_store import (
    Part,
    add_outlooks,
    add_parts,
    read_origins,
    read_outlook_rows,
    read_telemetry,
)
from fleet.storage.workspace import Workspace
from fleet.workflows.feed_clock_check import refuse_wrong_clock
from fleet.workflows.feed_plan import ONE_HOUR, FeedGroup

# From this number of values on, what was collected is stored.
_MOST_VALUES = 1_000_000
# After this time, too: a process that is killed loses no more than that. Each storing writes the whole table, so a
# large table is stored less often.
_STORED_EVERY_S, _MOST_SHARE = 30.0, 0.1
_ISSUE = ["region", "source", "issued_utc"]


@dataclass(kw_only=True, eq=False)
class FeedResult:
    """What one group gave.

    error: why it stopped; empty if it did not.
    was_asked: False if nothing was missing, so that the source was not asked.
    newest_utc: the newest hour with a value, or the newest issue.
    """

    group: FeedGroup
    new: int = 0
    same: int = 0
    revised: int = 0
    estimated: int = 0
    newest_utc: Hour | None = None
    notes: list[str] = field(default_factory=list)
    error: str = ""
    was_asked: bool = False

    @property
    def state(self) -> str:
        """One or two words for a table."""
        return "failed" if self.error else "stored" if self.was_asked else "not needed"


class FeedBatch:
    """Answers that wait to be stored.

    Args:
        now_utc: the time of the clock.
        reason: why old stored values may change; see `add_telemetry`.
    Raises: DataError if a file of the workspace is damaged.
    """

    def __init__(self, workspace: Workspace, now_utc: str, reason: str) -> None:
        self.progress = FeedProgress(workspace.feed_progress)
        self._workspace, self._now_utc, self._reason = workspace, now_utc, reason
        self._parts: list[tuple[Part, FeedResult]] = []
        self._issues: list[tuple[pl.DataFrame, FeedResult]] = []
        self._notes: list[tuple[FeedResult, str, str]] = []
        self._stored_s, self._storing_s = time.monotonic(), 0.0
        self._read()

    def _read(self) -> None:
        path = self._workspace.telemetry
        self._stored = read_telemetry(path) if path.exists() else None
        self._outlooks = read_outlook_rows(self._workspace.outlooks)

    def add(self, reading: Reading, result: FeedResult) -> None:
        """Check an answer, and keep it until it is stored. Raises: SourceError or DataError if it is refused."""
        result.notes += [note for note in reading.notes if note not in result.notes]
        if isinstance(reading.values, Outlooks):
            label = f"{result.group.label} {result.group.document}".strip()
            self._issues.append((reading.values.to_frame().with_columns(source=pl.lit(label)), result))
        elif reading.values is not None:
            self._add_telemetry(reading, reading.values, result)
        if sum(_count(part.supplied.telemetry) for part, _ in self._parts) > _MOST_VALUES:
            self.store()

    def note(self, result: FeedResult, first_utc: str, end_utc: str) -> None:
        """Note how far a group was read. It counts when everything before it is stored."""
        self._notes.append((result, first_utc, end_utc))
        if time.monotonic() - self._stored_s > max(_STORED_EVERY_S, self._storing_s / _MOST_SHARE):
            self.store()

    def store(self) -> None:
        """Store what was kept. A part that is refused is told in its result. Raises: DataError if a file is damaged."""
        begin_s = time.monotonic()
        refused = self._store_parts()
        self._store_issues()
        noted = {result.group.key: (first, end) for result, first, end in self._notes if result not in refused}
        if noted:
            self.progress.note(noted)
        if self._parts or self._issues:
            self._parts, self._issues = [], []
            self._read()
        self._notes = []
        self._stored_s = time.monotonic()
        self._storing_s = self._stored_s - begin_s

    def _store_parts(self) -> list[FeedResult]:
        """Store the parts, and return the results of those that were refused."""
        if not self._parts:
            return []
        refused = []
        parts = [part for part, _ in self._parts]
        stored = add_parts(self._workspace.telemetry, parts, stored_utc=self._now_utc, reason=self._reason)
        for (_, result), merged in zip(self._parts, stored, strict=True):
            if isinstance(merged, DataError):
                refused.append(result)
                result.error = result.error or f"{result.group.name}, region {result.group.region.id}: {merged}"
                continue
            result.new, result.same = result.new + merged.new, result.same + merged.same
            result.revised += merged.revised
        self._workspace.made_by_demo.unlink(missing_ok=True)
        return refused

    def _store_issues(self) -> None:
        """Store new issues. An issue that is stored stays: a source may change its forecast within an hour."""
        if not self._issues:
            return
        fresh = pl.concat([frame for frame, _ in self._issues], how="diagonal")
        if self._outlooks is not None:
            fresh = fresh.join(self._outlooks.select(_ISSUE).unique(), on=_ISSUE, how="anti", maintain_order="left")
        if fresh.height:
            add_outlooks(self._workspace.outlooks, fresh, table="the forecasts", stored_utc=self._now_utc)
        for frame, result in self._issues:
            own = fresh.join(frame.select(_ISSUE).unique(), on=_ISSUE, how="semi")
            result.new += sum(own[name].count() for name in result.group.feeds if name in frame.columns)
            result.newest_utc = _newest(frame)

    def is_filled(self, group: FeedGroup, first: Hour, end: Hour) -> bool:
        """Tell whether earlier sources have each column in each of some hours, so that nothing need be asked."""
        stored = self._stored
        if not group.has_earlier or stored is None or group.region.id not in stored.regions:
            return False
        if first < stored.time_utc[0] or end > stored.time_utc[-1] + ONE_HOUR:
            return False
        part = stored.select([group.region.id]).hours(stored.position(first), stored.position(end - ONE_HOUR) + 1)
        return all(name in part.values and np.isfinite(part.values[name]).all() for name in group.feeds)

    def newest_stored(self, group: FeedGroup) -> Hour | None:
        """Return the newest hour in which any column of a group has a stored value; None if there is none."""
        stored = self._stored
        names = [] if stored is None else [name for name in group.feeds if name in stored.values]
        if stored is None or group.region.id not in stored.regions or not names:
            return None
        row = stored.regions.index(group.region.id)
        known = np.flatnonzero(np.any([np.isfinite(stored.values[name][row]) for name in names], axis=0))
        return stored.time_utc[known[-1]] if known.size else None

    def has_issue(self, group: FeedGroup, hour: Hour) -> bool:
        """Tell whether an hour already has outlooks of every column of a group, from this source or an earlier one."""
        if self._outlooks is None:
            return False
        own = self._outlooks.filter(
            pl.col("region") == group.region.id,
            pl.col("issued_utc").dt.replace_time_zone(None) == hour.astype("datetime64[ms]").item(),
        )
        return all(name in own.columns and own[name].count() for name in group.feeds)

    def _add_telemetry(self, marks: Reading, telemetry: Telemetry, result: FeedResult) -> None:
        refuse_ahead(telemetry, self._now_utc)
        refuse_wrong_clock(telemetry, self._stored, result.group)
        own = self._without_earlier(telemetry, result.group)
        provenance = Provenance(source=result.group.label, published_utc=marks.published_utc, estimated=marks.estimated)
        self._parts.append((Part(supplied=Supplied.of(own), provenance=provenance), result))
        kept = [
            marks.estimated[name] & np.isfinite(grid) for name, grid in own.values.items() if name in marks.estimated
        ]
        result.estimated += sum(int(flags.sum()) for flags in kept)
        known = np.flatnonzero(np.any([np.isfinite(grid[0]) for grid in telemetry.values.values()], axis=0))
        result.newest_utc = telemetry.time_utc[known[-1]] if known.size else result.newest_utc

    def _without_earlier(self, telemetry: Telemetry, group: FeedGroup) -> Telemetry:
        """Return the telemetry without hours that have a stored value of a source that stands earlier."""
        stored = self._stored
        if stored is None or not any(group.earlier.values()) or group.region.id not in stored.regions:
            return telemetry
        names = [name for name in telemetry.values if name in stored.values]
        window = _window(stored.select([group.region.id]), telemetry, names)
        if window is None:
            return telemetry
        origins = read_origins(self._workspace.telemetry, window)
        values = {name: grid.copy() for name, grid in telemetry.values.items()}
        for column, source, when in origins.select("column", "source", "time_utc").iter_rows():
            if source in group.earlier.get(column, ()):
                values[column][0, telemetry.position(np.datetime64(when.replace(tzinfo=None), "h"))] = np.nan
        return replace(telemetry, values=values)


def _window(stored: Telemetry, telemetry: Telemetry, names: Sequence[str]) -> Telemetry | None:
    """Return the stored columns in the hours of some telemetry; None if they have no common hour."""
    first, last = max(stored.time_utc[0], telemetry.time_utc[0]), min(stored.time_utc[-1], telemetry.time_utc[-1])
    if first > last or not names:
        return None
    part = stored.hours(stored.position(first), stored.position(last) + 1)
    return replace(part, values={name: part.values[name] for name in names})


def _newest(frame: pl.DataFrame) -> Hour:
    """Return the newest issue."""
    newest: Hour = frame["issued_utc"].dt.replace_time_zone(None).to_numpy().max().astype("datetime64[h]")
    return newest


def _count(telemetry: Telemetry) -> int:
    return sum(grid.size for grid in telemetry.values.values())
