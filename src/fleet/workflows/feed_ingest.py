"""Asks the sources of the fleet file, page by page, and stores what passes the checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fleet.domain.clock import Hour, iso, parse_hour
from fleet.domain.observed import last_full_hour, refuse_ahead
from fleet.domain.outlooks import Outlooks
from fleet.domain.provenance import Provenance
from fleet.domain.region import Fleet
from fleet.domain.supplied import Supplied
from fleet.domain.telemetry import Telemetry
from fleet.errors import FleetError
from fleet.sources import Reading
from fleet.sources.answer_cache import AnswerCache
from fleet.sources.client import Client
from fleet.storage.feed_progress import FeedProgress
from fleet.storage.locks import locked
from fleet.storage.telemetry_store import add_outlooks, add_telemetry, read_origins, read_outlooks, read_telemetry
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY
from fleet.workflows.feed_clock_check import refuse_wrong_clock
from fleet.workflows.feed_plan import ONE_HOUR, FeedGroup, groups_of

# Without --since, a source that has stored nothing begins this long ago.
FIRST_H = 30 * HOURS_PER_DAY
# Values of the last days are asked for again, because sources revise them.
REVISED_H = 2 * HOURS_PER_DAY
Report = Callable[[str, float], object]


@dataclass(kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
class FeedRequest:
    """What to ingest.

    source: only this source; None asks all.
    since: first hour; None continues where the last ingest stopped.
    now_utc: the time of the clock.
    reason: why old stored values may change; see `add_telemetry`.
    """

    workspace: Workspace
    fleet: Fleet
    now_utc: str
    source: str | None = None
    since: Hour | None = None
    reason: str = ""

    @property
    def now(self) -> Hour:
        """The beginning of the present hour, which is the end of the known hours."""
        return last_full_hour(self.now_utc) + ONE_HOUR


def client_of(workspace: Workspace) -> Client:
    """Return the client of a workspace, with its cache of answers."""
    return Client(AnswerCache(workspace.answers))


def ingest_feeds(request: FeedRequest, client: Client, report: Report = lambda *_: None) -> list[FeedResult]:
    """Ask the sources of the fleet, and store what they give. One source that fails does not stop the others.

    Two calls on one workspace wait for each other.

    Args:
        report: called with the name of a group and its finished share.
    Returns: one result per group.
    Raises: ConfigError as `groups_of`; DataError if a file of the workspace is damaged.
    """
    groups = groups_of(request.fleet, request.source)
    request.workspace.make()
    with locked(request.workspace.feed_progress.with_suffix(".lock")):
        progress = FeedProgress(request.workspace.feed_progress)
        results = []
        for group in groups:
            result = FeedResult(group=group)
            try:
                _ingest_group(request, client, progress, result, report)
            except FleetError as error:
                result.error = str(error)
            results.append(result)
    return results


def _ingest_group(
    request: FeedRequest, client: Client, progress: FeedProgress, result: FeedResult, report: Report
) -> None:
    group = result.group
    if not group.source.is_paged:
        if not _has_issue(request, group):
            _ask(request, client, result, request.now, request.now + REVISED_H * ONE_HOUR)
        return
    first, start = _start(request, group, progress)
    end = group.end_utc(request.now)
    begin = start
    while begin < end:
        stop = min(begin + group.page_h * ONE_HOUR, end)
        if not _is_filled(request.workspace, group, begin, stop):
            _ask(request, client, result, begin, stop)
        progress.note(group.key, iso(first), iso(min(stop, request.now)))
        report(f"{group.region.id} {group.name}", float((stop - start) / (end - start)))
        begin = stop


def _ask(request: FeedRequest, client: Client, result: FeedResult, first: Hour, end: Hour) -> None:
    """Ask for some hours, and store the answer."""
    result.was_asked = True
    source, query = result.group.source(), result.group.query(first, end, request.now_utc)
    _store(source.parse(source.fetch(query, client), query=query), request, result)


def _start(request: FeedRequest, group: FeedGroup, progress: FeedProgress) -> tuple[Hour, Hour]:
    """Return the first hour that counts as asked for, and the hour at which to begin now."""
    span = progress.span(group.key)
    if span is not None:
        first, end = map(parse_hour, span)
        if request.since is None or request.since >= first:
            again_h = REVISED_H + group.source.lag_h
            return first, max(first, end - again_h * ONE_HOUR)
    start = request.since
    if start is None and group.has_earlier:
        start = request.now - (REVISED_H + group.source.lag_h) * ONE_HOUR
    elif start is None:
        start = request.now - FIRST_H * ONE_HOUR
        newest = _newest_stored(request.workspace, group)
        start = start if newest is None else max(start, newest + ONE_HOUR)
    return start, start


def _is_filled(workspace: Workspace, group: FeedGroup, first: Hour, end: Hour) -> bool:
    """Tell whether earlier sources have a value of each column in each of some hours, so that nothing need be asked."""
    if not group.has_earlier or not workspace.telemetry.exists():
        return False
    stored = read_telemetry(workspace.telemetry)
    if group.region.id not in stored.regions or first < stored.time_utc[0] or end > stored.time_utc[-1] + ONE_HOUR:
        return False
    part = stored.select([group.region.id]).hours(stored.position(first), stored.position(end - ONE_HOUR) + 1)
    return all(name in part.values and np.isfinite(part.values[name]).all() for name in group.feeds)


def _newest_stored(workspace: Workspace, group: FeedGroup) -> Hour | None:
    """Return the newest hour in which any column of a group has a stored value; None if there is none."""
    if not workspace.telemetry.exists():
        return None
    stored = read_telemetry(workspace.telemetry)
    names = [name for name in group.feeds if name in stored.values]
    if group.region.id not in stored.regions or not names:
        return None
    row = stored.regions.index(group.region.id)
    known = np.flatnonzero(np.any([np.isfinite(stored.values[name][row]) for name in names], axis=0))
    return stored.time_utc[known[-1]] if known.size else None


def _has_issue(request: FeedRequest, group: FeedGroup) -> bool:
    """Tell whether this hour already has outlooks of every column of a group, from this source or an earlier one."""
    stored = read_outlooks(request.workspace.outlooks)
    if stored is None or group.region.id not in stored.regions or request.now not in stored.issued_utc:
        return False
    issue, row = list(stored.issued_utc).index(request.now), stored.regions.index(group.region.id)
    return all(name in stored.values and np.isfinite(stored.values[name][row, issue]).any() for name in group.feeds)


def _store(reading: Reading, request: FeedRequest, result: FeedResult) -> None:
    result.notes += [note for note in reading.notes if note not in result.notes]
    if isinstance(reading.values, Outlooks):
        _store_outlooks(reading.values, request, result)
    elif reading.values is not None:
        _store_telemetry(replace(reading, values=None), reading.values, request, result)


def _store_outlooks(outlooks: Outlooks, request: FeedRequest, result: FeedResult) -> None:
    add_outlooks(
        request.workspace.outlooks,
        outlooks.to_frame(),
        table=result.group.name,
        source=result.group.label,
        stored_utc=request.now_utc,
    )
    result.new += sum(int(np.isfinite(grid).sum()) for grid in outlooks.values.values())
    result.newest_utc = outlooks.issued_utc[-1]


def _store_telemetry(marks: Reading, telemetry: Telemetry, request: FeedRequest, result: FeedResult) -> None:
    path = request.workspace.telemetry
    refuse_ahead(telemetry, request.now_utc)
    stored = read_telemetry(path) if path.exists() else None
    refuse_wrong_clock(telemetry, stored, result.group)
    own = _without_earlier(telemetry, stored, request.workspace, result.group)
    provenance = Provenance(source=result.group.label, published_utc=marks.published_utc, estimated=marks.estimated)
    merged = add_telemetry(
        path, Supplied.of(own), stored_utc=request.now_utc, reason=request.reason, provenance=provenance
    )
    request.workspace.made_by_demo.unlink(missing_ok=True)
    result.new, result.same, result.revised = (
        result.new + merged.new,
        result.same + merged.same,
        result.revised + merged.revised,
    )
    kept = [marks.estimated[name] & np.isfinite(grid) for name, grid in own.values.items() if name in marks.estimated]
    result.estimated += sum(int(flags.sum()) for flags in kept)
    known = np.flatnonzero(np.any([np.isfinite(grid[0]) for grid in telemetry.values.values()], axis=0))
    result.newest_utc = telemetry.time_utc[known[-1]] if known.size else result.newest_utc


def _without_earlier(
    telemetry: Telemetry, stored: Telemetry | None, workspace: Workspace, group: FeedGroup
) -> Telemetry:
    """Return the telemetry without hours that have a stored value of a source that stands earlier in the fleet file."""
    if stored is None or not any(group.earlier.values()) or group.region.id not in stored.regions:
        return telemetry
    names = [name for name in telemetry.values if name in stored.values]
    window = _window(stored.select([group.region.id]), telemetry, names)
    if window is None:
        return telemetry
    origins = read_origins(workspace.telemetry, window)
    values = {name: grid.copy() for name, grid in telemetry.values.items()}
    for column, source, time in origins.select("column", "source", "time_utc").iter_rows():
        if source in group.earlier.get(column, ()):
            values[column][0, telemetry.position(np.datetime64(time.replace(tzinfo=None), "h"))] = np.nan
    return replace(telemetry, values=values)


def _window(stored: Telemetry, telemetry: Telemetry, names: Sequence[str]) -> Telemetry | None:
    """Return the stored columns in the hours of some telemetry; None if they have no common hour."""
    first, last = max(stored.time_utc[0], telemetry.time_utc[0]), min(stored.time_utc[-1], telemetry.time_utc[-1])
    if first > last or not names:
        return None
    part = stored.hours(stored.position(first), stored.position(last) + 1)
    return replace(part, values={name: part.values[name] for name in names})
