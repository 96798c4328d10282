"""Asks the sources of the fleet file, page by page, and stores what passes the checks."""

from collections.abc import Callable
from dataclasses import dataclass

from fleet.domain.clock import Hour, iso, parse_hour
from fleet.domain.observed import last_full_hour
from fleet.domain.region import Fleet
from fleet.errors import FleetError
from fleet.sources.answer_cache import AnswerCache
from fleet.sources.client import Client, Limits
from fleet.storage.locks import locked
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY
from fleet.workflows.feed_batch import FeedBatch, FeedResult
from fleet.workflows.feed_plan import ONE_HOUR, FeedGroup, groups_of

# Without --since, a source that has stored nothing begins this long ago.
FIRST_H = 30 * HOURS_PER_DAY
# Values of the last days are asked for again, because sources revise them.
REVISED_H = 2 * HOURS_PER_DAY
Report = Callable[[str, float], object]


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


def client_of(workspace: Workspace, limits: Limits | None = None) -> Client:
    """Return the client of a workspace, with its cache of answers. Args: limits: of each request."""
    return Client(AnswerCache(workspace.answers), limits=limits)


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
        batch = FeedBatch(request.workspace, request.now_utc, request.reason)
        results: list[FeedResult] = []
        try:
            for group in groups:
                if results and group.rank > results[-1].group.rank:
                    # What the earlier sources lack is known only when they are stored.
                    batch.store()
                result = FeedResult(group=group)
                results.append(result)
                try:
                    _ingest_group(request, client, batch, result, report)
                except FleetError as error:
                    result.error = str(error)
        finally:
            # What came before an interrupt is stored, too.
            batch.store()
    return results


def _ingest_group(request: FeedRequest, client: Client, batch: FeedBatch, result: FeedResult, report: Report) -> None:
    group = result.group
    if not group.source.is_paged:
        if not batch.has_issue(group, request.now):
            _ask(request, client, batch, result, (request.now, request.now + REVISED_H * ONE_HOUR))
        return
    first, start = _start(request, group, batch)
    end = group.end_utc(request.now)
    begin = start = group.within_reach(start, request.now)
    while begin < end:
        stop = min(begin + group.page_h * ONE_HOUR, end)
        if not batch.is_filled(group, begin, stop):
            _ask(request, client, batch, result, (begin, stop))
        batch.note(result, iso(first), iso(min(stop, request.now)))
        report(f"{group.region.id} {group.name}", float((stop - start) / (end - start)))
        begin = stop


def _ask(request: FeedRequest, client: Client, batch: FeedBatch, result: FeedResult, hours: tuple[Hour, Hour]) -> None:
    """Ask for some hours, from the first to before the end, and add what came to the batch."""
    result.was_asked = True
    source, query = result.group.source(), result.group.query(*hours, request.now_utc)
    payload = source.fetch(query, client)
    try:
        reading = source.parse(payload, query=query)
        batch.add(reading, result)
    except FleetError:
        client.forget_last()
        raise
    if reading.values is None:
        client.forget_last()


def _start(request: FeedRequest, group: FeedGroup, batch: FeedBatch) -> tuple[Hour, Hour]:
    """Return the first hour that counts as asked for, and the hour at which to begin now."""
    span = batch.progress.span(group.key)
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
        newest = batch.newest_stored(group)
        start = start if newest is None else max(start, newest + ONE_HOUR)
    return start, start
