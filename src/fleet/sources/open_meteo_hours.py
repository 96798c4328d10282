"""What the sources of Open-Meteo share: the request, and the hours of an answer.

Data: CC BY 4.0, name Open-Meteo. The free hosts are for non-commercial use; with a key, the paid hosts are asked.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fleet.domain.feed import OpenMeteoFeed
from fleet.sources.answer import expect, get, json_of, number, number_of
from fleet.sources.base import Query, Source
from fleet.sources.client import Client, Request
from fleet.sources.keys import key_of
from fleet.sources.samples import Sample, Samples

NAMES: Mapping[str, str] = {
    "temperature_c": "temperature_2m",
    "dew_point_c": "dew_point_2m",
    "wind_speed_m_s": "wind_speed_10m",
    "pressure_hpa": "surface_pressure",
}
# The answer names the centre of the grid cell.
_MOST_AWAY_DEG = 1.0


def place_of(query: Query) -> tuple[float, float]:
    """Return latitude and longitude of a query: those of the feed, or those of the region."""
    feed = query.feed_as(OpenMeteoFeed)
    return (
        query.latitude_deg if feed.latitude_deg is None else feed.latitude_deg,
        query.longitude_deg if feed.longitude_deg is None else feed.longitude_deg,
    )


def ask(source: type[Source], query: Query, client: Client, hourly: list[str], span: Mapping[str, str]) -> bytes:
    """Return the answer to a request in GMT. With local time, one offset would count for the whole answer."""
    latitude, longitude = place_of(query)
    key = key_of(source, query)
    address = query.feed_url or source.address
    if key and address == source.address:
        address = address.replace("https://", "https://customer-", 1)
    params = {
        "latitude": f"{latitude:g}",
        "longitude": f"{longitude:g}",
        "hourly": ",".join(hourly),
        "timezone": "GMT",
        **span,
        **({"apikey": key} if key else {}),
    }
    return client.get(
        Request(url=address, params=params, secret=key, is_closed=_is_closed(query, span)), source=source, query=query
    )


def _is_closed(query: Query, span: Mapping[str, str]) -> bool:
    return "end_date" in span and (query.received - query.end).days >= 30


def hours(payload: bytes, query: Query) -> tuple[list[datetime], dict[str, Any], dict[str, Any]]:
    """Return the times of an answer, its columns and their units. Raises: SourceError as `Source.parse`."""
    content = json_of(payload, query)
    expect(get(content, "utc_offset_seconds", int, query), 0, "utc_offset_seconds", query)
    for name, asked in zip(("latitude", "longitude"), place_of(query), strict=True):
        found = number(content, name, query)
        away = abs(found - asked)
        if not min(away, 360 - away) <= _MOST_AWAY_DEG:
            raise query.error(f"field {name} is {found:g}, expected {asked:g} within {_MOST_AWAY_DEG:g} degree")
    columns = get(content, "hourly", dict, query)
    times = []
    for text in get(columns, "time", list, query, where="hourly"):
        try:
            times.append(datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC))
        except (TypeError, ValueError):
            raise query.error(f"field hourly.time is {text!r}, expected a time such as 2024-01-01T00:00") from None
    return times, columns, get(content, "hourly_units", dict, query)


def samples(payload: bytes, query: Query, *, end: datetime | None = None, is_estimated: bool = False) -> Samples:
    """Return the samples of an answer with one value per column and hour.

    Args:
        end: later hours are left out; None keeps all.
        is_estimated: the values count as estimated.
    Raises: SourceError as `Source.parse`.
    """
    times, columns, units = hours(payload, query)
    rows = [
        Sample(column, time, value, is_estimated=is_estimated)
        for column in query.feeds
        for time, value in values(columns, NAMES[column], times, query)
        if end is None or time < end
    ]
    named = {column: get(units, NAMES[column], str, query, where="hourly_units") for column in query.feeds}
    return Samples(rows=rows, units=named)


def values(
    columns: Mapping[str, Any], name: str, times: list[datetime], query: Query
) -> Iterator[tuple[datetime, float]]:
    """Yield time and value of one column. Raises: SourceError if it has another length than the times."""
    column = get(columns, name, list, query, where="hourly")
    if len(column) != len(times):
        raise query.error(f"field hourly.{name} has {len(column)} values, expected {len(times)}")
    for time, value in zip(times, column, strict=True):
        yield time, number_of(value, f"hourly.{name}", query)
