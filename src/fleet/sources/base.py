"""The contract of a source: what is asked, what an answer holds, and the two verbs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from fleet.domain.clock import Hour, HourArray
from fleet.domain.feed import AnyFeed
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.domain.unit_conversion import Conversion
from fleet.errors import SourceError
from fleet.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from fleet.sources.client import Client

FeedKind = TypeVar("FeedKind")


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is asked of a source for one region.

    region: id of the region.
    feeds: column -> its settings in the fleet file. All columns of a query come from one kind of document.
    first_utc, end_utc: the hours asked for, end excluded. A source of forecasts gives what it has.
    received_utc: the time of the clock at the answer, such as 2024-07-01T12:34:56Z. It is the issue time of a forecast
        that states none, and tells how old an answer is.
    latitude_deg, longitude_deg: coordinates of the region.
    """

    region: str
    feeds: Mapping[str, AnyFeed]
    first_utc: Hour
    end_utc: Hour
    received_utc: str
    latitude_deg: float = float("nan")
    longitude_deg: float = float("nan")

    @property
    def feed(self) -> AnyFeed:
        """The settings that all columns of the query share."""
        return next(iter(self.feeds.values()))

    def feed_as(self, kind: type[FeedKind]) -> FeedKind:
        """Return the shared settings as those of one source. Raises: SourceError if they are of another source."""
        if not isinstance(self.feed, kind):
            raise self.error(f"the settings are those of {self.feed.source}, expected {kind.__name__}")
        return self.feed

    @property
    def feed_url(self) -> str:
        """The address that the fleet file gives instead of that of the source; empty if it gives none."""
        return getattr(self.feed, "url", None) or ""

    @property
    def first(self) -> datetime:
        """The first hour as a time of UTC."""
        return _moment(self.first_utc)

    @property
    def end(self) -> datetime:
        """The end of the last hour as a time of UTC."""
        return _moment(self.end_utc)

    @property
    def received(self) -> datetime:
        """The time of the answer."""
        return datetime.fromisoformat(self.received_utc).astimezone(UTC)

    def error(self, found: str) -> SourceError:
        """Return the error of this query: source, region, and what was found and expected."""
        return SourceError(
            f"{self.feed.source}, region {self.region}: {found}", source=self.feed.source, region=self.region
        )


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What an answer holds.

    values: observed values, or forecasts with their issue times. None if the answer is valid and has no value.
    estimated: column -> (region, hour) True where the source calls the value estimated; only of observed values.
    published_utc: column -> (region, hour) when the source last changed the value; NaT where it does not say.
    conversions: column -> how the values were converted.
    notes: what a person should know, a sentence each: warnings of the service, rows that were left out.
    """

    values: Telemetry | Outlooks | None
    estimated: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    published_utc: Mapping[str, HourArray] = field(default_factory=dict)
    conversions: Mapping[str, Conversion] = field(default_factory=dict)
    notes: Sequence[str] = ()


class Source(ABC):
    """A service, or a file, that gives observed values or forecasts.

    gives: "telemetry" or "outlooks".
    address: base of the URLs; the fleet file may give another one. Empty if the fleet file must.
    key_env: the environment variable of the key, if the fleet file names no other; empty if the source needs no key.
    needs_key: False if the source also works without its key.
    page_h: the most hours that one request asks for.
    per_minute: the most requests in a minute.
    is_paged: False if the source only has its newest forecast, whatever hours are asked for.
    lag_h: hours by which the newest values usually are late.
    """

    gives: ClassVar[str]
    address: ClassVar[str] = ""
    key_env: ClassVar[str] = ""
    needs_key: ClassVar[bool] = True
    page_h: ClassVar[int] = 31 * HOURS_PER_DAY
    per_minute: ClassVar[int] = 60
    lag_h: ClassVar[int] = 3
    is_paged: ClassVar[bool] = True

    @staticmethod
    def document(column: str) -> str:
        """Return the kind of document that holds a column. Columns of one kind are asked for together."""
        return ""

    @abstractmethod
    def fetch(self, query: Query, client: "Client") -> bytes:
        """Return the answer to a query, unchanged. Raises: SourceError if there is none."""

    @abstractmethod
    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return what an answer holds. It does no I/O.

        Raises: SourceError that names source, region, field, found and expected.
        """


def _moment(hour: Hour) -> datetime:
    moment: datetime = hour.astype("datetime64[s]").item()
    return moment.replace(tzinfo=UTC)
