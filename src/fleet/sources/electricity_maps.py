"""Electricity Maps, v3 and v4: average carbon intensity (life cycle, with imports) and day-ahead prices of a zone.

Data: proprietary. The free plan is non-commercial, and bound to one zone and the last 24 hours.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from fleet.domain.feed import ElectricityMapsFeed
from fleet.sources.answer import expect, get, json_of, moment, number, records
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.keys import key_of
from fleet.sources.samples import Sample, Samples
from fleet.units import HOURS_PER_DAY

_CARBON, _PRICE = "carbon_g_per_kwh", "price_usd_per_mwh"
_SIGNALS = {_CARBON: "carbon-intensity", _PRICE: "price-day-ahead"}
# The name of the list differs by endpoint. The newest value comes without a list.
_LISTS = ("history", "data", "forecast")


class ElectricityMaps(Source):
    """Hourly values. The newest are estimates, and values are revised for a day and longer."""

    gives: ClassVar[str] = "telemetry"
    address: ClassVar[str] = "https://api.electricitymaps.com"
    key_env: ClassVar[str] = "FLEET_ELECTRICITY_MAPS_KEY"
    page_h: ClassVar[int] = 10 * HOURS_PER_DAY
    lag_h: ClassVar[int] = 2

    @staticmethod
    def document(column: str) -> str:
        """Each signal has its own endpoint."""
        return _SIGNALS[column]

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the last 24 hours, which every plan has, or a range of the past."""
        params = {"zone": query.feed_as(ElectricityMapsFeed).zone}
        is_recent = query.first >= query.received - timedelta(hours=25)
        endpoint = "history" if is_recent else "past-range"
        if not is_recent:
            params |= {"start": f"{query.first:%Y-%m-%dT%H:%MZ}", "end": f"{query.end:%Y-%m-%dT%H:%MZ}"}
        return request(query, client, type(self), endpoint, params)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the observed hours, with the flags of estimated values and the times of their last change."""
        content = json_of(payload, query)
        _check(content, query)
        rows, units = [], {_CARBON: "gCO2eq/kWh"}
        for row in _rows(content, query):
            column, value = value_of(row, query, units)
            if "emissionFactorType" in row:
                expect(row["emissionFactorType"], "lifecycle", "emissionFactorType", query)
            rows.append(
                Sample(
                    column,
                    moment(row, "datetime", query),
                    value,
                    is_estimated=bool(row.get("isEstimated")),
                    published=moment(row, "updatedAt", query) if "updatedAt" in row else None,
                )
            )
        return Samples(rows=rows, units=units).observed(query)


def request(query: Query, client: Client, source: type[Source], endpoint: str, params: Mapping[str, str]) -> bytes:
    """Return the answer of an endpoint. A zone is always named: without one, the service would look up our address."""
    feed = query.feed_as(ElectricityMapsFeed)
    key = key_of(source, query)
    signal = _SIGNALS[next(iter(query.feeds))]
    if feed.version == "v3" and signal != _SIGNALS[_CARBON]:
        raise query.error(f"version is v3, expected v4: only v4 has {signal}")
    url = f"{feed.url or source.address}/{feed.version}/{signal}/{endpoint}"
    is_closed = (query.received - query.end).days >= 30
    return client.get(
        Request(url=url, params=params, headers={"auth-token": key}, secret=key, is_closed=is_closed),
        source=source,
        query=query,
    )


def value_of(row: Mapping[str, Any], query: Query, units: dict[str, str]) -> tuple[str, float]:
    """Return column and value of a row, and note the unit of a price in `units`."""
    if _PRICE in query.feeds:
        unit = get(row, "unit", str, query)
        if units.setdefault(_PRICE, unit) != unit:
            raise query.error(f"field unit is both {units[_PRICE]} and {unit}, expected one in an answer")
        return _PRICE, number(row, "value", query)
    return _CARBON, number(row, "carbonIntensity", query)


def _check(content: Mapping[str, Any], query: Query) -> None:
    if "status" in content:
        expect(content["status"], "ok", "status", query)
    expect(get(content, "zone", str, query), query.feed_as(ElectricityMapsFeed).zone, "zone", query)
    expect(content.get("temporalGranularity", "hourly"), "hourly", "temporalGranularity", query)


def _rows(content: Mapping[str, Any], query: Query) -> Iterator[Mapping[str, Any]]:
    name = next((name for name in _LISTS if name in content), None)
    if name is None:
        yield content
        return
    for row in records(content, name, query):
        if "zone" in row:
            expect(row["zone"], query.feed_as(ElectricityMapsFeed).zone, f"{name}.zone", query)
        yield row


def forecast_rows(content: Mapping[str, Any], query: Query) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a forecast. Raises: SourceError if the answer is of another zone or is no forecast."""
    _check(content, query)
    name = "data" if _PRICE in query.feeds else "forecast"
    yield from records(content, name, query)
