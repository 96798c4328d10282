"""What the sources of ENTSO-E share: the request, and the points of a market document.

Data: terms of the Transparency Platform; name ENTSO-E.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element

from fleet.domain.feed import EntsoeFeed
from fleet.sources.answer import expect, moment_of
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.hardened_xml import xml_of
from fleet.sources.keys import key_of
from fleet.sources.samples import Sample, Samples

PRICE, DEMAND = "price_usd_per_mwh", "grid_demand_mw"
# Types of power stations: B16 solar, B18 wind at sea, B19 wind on land.
_STATIONS = {"B16": "grid_solar_mw", "B18": "grid_wind_mw", "B19": "grid_wind_mw"}
_STEPS = {"PT15M": 15, "PT30M": 30, "PT60M": 60}
# The quarter hours of a leap year: a document never covers more.
_MOST_STEPS = 366 * 24 * 4
_NO_DATA = "No matching data found"
_ONE_AUCTION = "1"


class _Point(NamedTuple):
    """A value, and the step of its period [min]."""

    value: float
    step_min: int


_NO_POINT = _Point(math.nan, 60)


def document(column: str) -> str:
    """Return the kind of document that holds a column."""
    return {PRICE: "price", DEMAND: "load"}.get(column, "generation")


def ask(source: type[Source], query: Query, client: Client, kinds: Mapping[str, tuple[str, str]]) -> bytes:
    """Return a document.

    Args:
        kinds: kind of document -> its type and its process; a price has no process.
    """
    feed = query.feed_as(EntsoeFeed)
    kind = document(next(iter(query.feeds)))
    document_type, process = kinds[kind]
    key = key_of(source, query)
    domains = {
        "price": ("in_Domain", "out_Domain"),
        "load": ("outBiddingZone_Domain",),
        "generation": ("in_Domain",),
    }[kind]
    params = {
        "securityToken": key,
        "documentType": document_type,
        **({"processType": process} if process else {}),
        **dict.fromkeys(domains, feed.zone),
        "periodStart": f"{query.first:%Y%m%d%H%M}",
        "periodEnd": f"{query.end:%Y%m%d%H%M}",
    }
    is_closed = (query.received - query.end).days >= 30
    return client.get(
        Request(
            url=feed.url or source.address,
            params=params,
            secret=key,
            accept="application/xml",
            is_closed=is_closed,
            # The service says so with status 200 or 400.
            no_data=_NO_DATA.encode(),
        ),
        source=source,
        query=query,
    )


def read(payload: bytes, query: Query, *, is_forecast: bool) -> Reading:
    """Return what a market document holds. Raises: SourceError as `Source.parse`."""
    root = xml_of(payload, query)
    if root.tag == "Acknowledgement_MarketDocument":
        reason = _text(root, "Reason/text", query)
        if _NO_DATA not in reason:
            raise query.error(f"the service reports {reason[:200]!r}, expected values")
        return Reading(values=None, notes=[f"the service has no data: {reason[:160]}"])
    if root.tag not in {"Publication_MarketDocument", "GL_MarketDocument"}:
        raise query.error(f"the answer is a {root.tag[:60]}, expected a market document")
    issued = moment_of(_text(root, "createdDateTime", query), "createdDateTime", query) if is_forecast else None
    units: dict[str, str] = {}
    sums: dict[tuple[str, datetime], dict[str, _Point]] = defaultdict(dict)
    stations: dict[str, set[str]] = defaultdict(set)
    finest_min = _finest_min(root, query)
    for series in root.findall("TimeSeries"):
        column, station = _column(series)
        if column not in query.feeds or not _counts(series):
            continue
        _check_zone(series, query)
        unit = _unit(series, query)
        if units.setdefault(column, unit) != unit:
            raise query.error(f"the unit of {column} is both {units[column]} and {unit}, expected one in a document")
        stations[column].add(station)
        for time, point in _points(series, finest_min, query):
            parts = sums[column, time]
            parts[station] = _better(parts.get(station, point), point, f"{column} at {time:%Y-%m-%dT%H:%MZ}", query)
    # If one type of station has no value, the sum of its column is unknown.
    rows = [
        Sample(column, time, sum(parts.get(station, _NO_POINT).value for station in stations[column]), issued=issued)
        for (column, time), parts in sums.items()
    ]
    samples = Samples(rows=rows, units=units, step_s=60.0 * finest_min)
    return samples.issued(query) if is_forecast else samples.observed(query)


def _finest_min(root: Element, query: Query) -> int:
    """Return the shortest step of a document [min]. Since October 2025 a document of prices may have several steps."""
    found = [_text(period, "resolution", query) for period in root.findall("TimeSeries/Period")]
    unknown = [resolution for resolution in found if resolution not in _STEPS]
    if unknown:
        raise query.error(f"field resolution is {unknown[0][:20]!r}, expected one of {', '.join(_STEPS)}")
    return min((_STEPS[resolution] for resolution in found), default=_STEPS["PT60M"])


def _column(series: Element) -> tuple[str, str]:
    """Return the column of a series, and the type of its stations; an empty column for types that are not used."""
    if series.find("price_Measure_Unit.name") is not None:
        return PRICE, ""
    station = series.findtext("MktPSRType/psrType")
    return (DEMAND, "") if station is None else (_STATIONS.get(station.strip(), ""), station.strip())


def _counts(series: Element) -> bool:
    """Tell whether a series counts: generation, not the consumption of pumps, and the first of several auctions."""
    is_consumption = series.find("outBiddingZone_Domain.mRID") is not None and series.find("MktPSRType") is not None
    auction = series.findtext("classificationSequence_AttributeInstanceComponent.position")
    return not is_consumption and auction in (None, _ONE_AUCTION)


def _check_zone(series: Element, query: Query) -> None:
    for name in ("in_Domain.mRID", "out_Domain.mRID", "inBiddingZone_Domain.mRID", "outBiddingZone_Domain.mRID"):
        found = series.findtext(name)
        if found is not None:
            expect(found.strip(), query.feed_as(EntsoeFeed).zone, name, query)


def _unit(series: Element, query: Query) -> str:
    if series.find("price_Measure_Unit.name") is not None:
        per = _text(series, "price_Measure_Unit.name", query)
        expect(per, "MWH", "price_Measure_Unit.name", query)
        return f"{_text(series, 'currency_Unit.name', query)}/MWh"
    return _text(series, "quantity_Measure_Unit.name", query)


def _better(before: _Point, after: _Point, where: str, query: Query) -> _Point:
    """Return which of two points of one time counts: the one that has a value, or else the one with the shorter step.

    Raises: SourceError if two points with the same step differ.
    """
    if math.isnan(before.value) or math.isnan(after.value):
        return after if math.isnan(before.value) else before
    if before.step_min == after.step_min and before.value != after.value:
        raise query.error(f"{where} is both {before.value:g} and {after.value:g}, expected each time once")
    return min(before, after, key=lambda point: point.step_min)


def _points(series: Element, finest_min: int, query: Query) -> Iterator[tuple[datetime, _Point]]:
    """Yield start and point of each step of a series. A step that is longer than the finest one is divided.

    In curve type A03, a position that is left out repeats the one before. In A01 it is missing.
    """
    repeats = _text(series, "curveType", query) == "A03"
    for period in series.findall("Period"):
        start = moment_of(_text(period, "timeInterval/start", query), "timeInterval.start", query)
        end = moment_of(_text(period, "timeInterval/end", query), "timeInterval.end", query)
        step_min = _STEPS[_text(period, "resolution", query)]
        count = round((end - start) / timedelta(minutes=step_min))
        if not 0 < count <= _MOST_STEPS:
            raise query.error(f"field timeInterval spans {count:,} steps, expected 1 to {_MOST_STEPS:,}")
        values = _values(period, query)
        if not values or not 1 <= min(values) <= max(values) <= count:
            raise query.error(f"field position is {sorted(values)[-1:]}, expected 1 to {count}")
        value = math.nan
        for position in range(1, count + 1):
            value = values.get(position, value if repeats else math.nan)
            for part_min in range(0, step_min, finest_min):
                yield start + timedelta(minutes=(position - 1) * step_min + part_min), _Point(value, step_min)


def _values(period: Element, query: Query) -> dict[int, float]:
    values: dict[int, float] = {}
    for point in period.findall("Point"):
        name = "price.amount" if point.find("price.amount") is not None else "quantity"
        text, position = _text(point, name, query), _text(point, "position", query)
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise query.error(f"field {name} is {text[:40]!r}, expected a number")
        if not position.isdigit():
            raise query.error(f"field position is {position[:20]!r}, expected a whole number")
        value = values.setdefault(int(position), float(text))
        if value != float(text):
            raise query.error(f"position {position} of a period is both {value:g} and {text}, expected it once")
    return values


def _text(element: Element, path: str, query: Query) -> str:
    text = element.findtext(path)
    if text is None or not text.strip():
        tags = ", ".join(dict.fromkeys(child.tag for child in element))
        raise query.error(f"field {path.replace('/', '.')} is absent (found {tags[:160] or 'nothing'}), expected it")
    return text.strip()
