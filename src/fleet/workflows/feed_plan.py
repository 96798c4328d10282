"""The questions that the section `sources` of a fleet file asks. Columns of one document are asked for together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour
from fleet.domain.feed import AnyFeed, ElectricityMapsFeed, label_of
from fleet.domain.quantities import is_known_ahead
from fleet.domain.region import Fleet, Region
from fleet.errors import ConfigError
from fleet.sources import SOURCES, Query, Source
from fleet.sources.prometheus import page_hours
from fleet.units import HOURS_PER_DAY

ONE_HOUR = np.timedelta64(1, "h")
# Markets publish the prices of tomorrow today.
_AHEAD_H = 2 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class FeedGroup:
    """Columns of one region that one document of one source holds.

    feeds: column -> its settings.
    earlier: column -> the labels of the sources that stand before this one in the fleet file.
    """

    region: Region
    feeds: Mapping[str, AnyFeed]
    earlier: Mapping[str, Sequence[str]]

    @property
    def name(self) -> str:
        """The name of the source."""
        return next(iter(self.feeds.values())).source

    @property
    def label(self) -> str:
        """What is stored as the origin of each value."""
        return label_of(next(iter(self.feeds.values())))

    @property
    def document(self) -> str:
        """The kind of document that holds the columns; empty if the source has one kind only."""
        return self.source.document(next(iter(self.feeds)))

    @property
    def rank(self) -> int:
        """The most sources that stand before this one for a column."""
        return max(map(len, self.earlier.values()))

    @property
    def has_earlier(self) -> bool:
        """Tell whether another source stands before this one for each column."""
        return all(self.earlier.values())

    @property
    def source(self) -> type[Source]:
        """The source."""
        return SOURCES[self.name]

    @property
    def key(self) -> str:
        """What identifies the group in the record of its progress: all settings that change what is asked for."""
        return f"{self.region.id} {','.join(sorted(self.feeds))} {_settings(next(iter(self.feeds.values())))}"

    @property
    def page_h(self) -> int:
        """The most hours of one request."""
        return page_hours(next(iter(self.feeds.values())), self.source.page_h)

    def end_utc(self, now: Hour) -> Hour:
        """Return the end of the hours that may have values: the present hour, or later for prices."""
        return now + (_AHEAD_H * ONE_HOUR if all(map(is_known_ahead, self.feeds)) else 0 * ONE_HOUR)

    def within_reach(self, first: Hour, now: Hour) -> Hour:
        """Return the first hour that may be asked for, if `first` is wanted."""
        feed = next(iter(self.feeds.values()))
        is_short = isinstance(feed, ElectricityMapsFeed) and feed.last_day_only
        return max(first, now - HOURS_PER_DAY * ONE_HOUR) if is_short else first

    def query(self, first: Hour, end: Hour, now_utc: str) -> Query:
        """Return the question for some hours."""
        return Query(
            region=self.region.id,
            feeds=self.feeds,
            first_utc=first,
            end_utc=end,
            received_utc=now_utc,
            latitude_deg=self.region.latitude_deg,
            longitude_deg=self.region.longitude_deg,
        )


def groups_of(fleet: Fleet, source: str | None = None) -> list[FeedGroup]:
    """Return the groups of a fleet. A group stands after all groups whose values count before its own.

    Args:
        source: return only the groups of this source.
    Raises: ConfigError if the fleet has no sources, or none of this name.
    """
    if not fleet.sources:
        raise ConfigError("the fleet file has no sources, expected the section `sources`; see docs/sources.md")
    regions = {region.id: region for region in fleet.regions}
    groups = []
    for region, columns in fleet.sources.items():
        found: dict[tuple[str, str], dict[str, AnyFeed]] = {}
        for column, feeds in columns.items():
            for feed in feeds:
                key = (SOURCES[feed.source].document(column), _settings(feed))
                found.setdefault(key, {})[column] = feed
        for group in found.values():
            earlier = {column: _earlier(columns[column], feed) for column, feed in group.items()}
            groups.append(FeedGroup(region=regions[region], feeds=group, earlier=earlier))
    groups.sort(key=lambda part: part.rank)
    named = [part for part in groups if source in (None, part.name)]
    if not named:
        wired = sorted({part.name for part in groups})
        raise ConfigError(f"the fleet file does not use the source {source}, expected one of {', '.join(wired)}")
    return named


def _settings(feed: AnyFeed) -> str:
    """Return all settings but the factor, which is applied to the answer."""
    return feed.model_copy(update={"factor": 1.0}).model_dump_json(exclude_none=True)


def _earlier(feeds: Sequence[AnyFeed], feed: AnyFeed) -> list[str]:
    gives = SOURCES[feed.source].gives
    return [label_of(other) for other in feeds[: feeds.index(feed)] if SOURCES[other.source].gives == gives]
