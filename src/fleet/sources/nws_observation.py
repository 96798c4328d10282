"""Observed weather of a station of the National Weather Service (United States). Data: public domain."""

import math
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from fleet.domain.feed import NwsObservationFeed
from fleet.sources.answer import expect, get, json_of, moment, number, records
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.samples import Sample, Samples

_NAMES: Mapping[str, tuple[str, str]] = {
    "temperature_c": ("temperature", "degC"),
    "dew_point_c": ("dewpoint", "degC"),
    "wind_speed_m_s": ("windSpeed", "km_h-1"),
    "pressure_hpa": ("barometricPressure", "Pa"),
}
# The raw report gives temperature and dew point to a tenth of a degree: T02560228 is 25.6 and 22.8.
_TENTHS = re.compile(r"\bT([01])(\d{3})([01])(\d{3})\b")
_REJECTED = "qc:X"


class NwsObservation(Source):
    """Observations of about the last week, hourly or more often."""

    gives: ClassVar[str] = "telemetry"
    address: ClassVar[str] = "https://api.weather.gov"
    # A station reports every five minutes at most, and an answer has at most 500 reports.
    page_h: ClassVar[int] = 40
    lag_h: ClassVar[int] = 2

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the observations of the asked hours."""
        url = f"{query.feed_url or self.address}/stations/{query.feed_as(NwsObservationFeed).zone}/observations"
        params = {
            "start": f"{query.first:%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{query.end:%Y-%m-%dT%H:%M:%SZ}",
            "limit": "500",
        }
        request = Request(url=url, params=params, accept="application/geo+json")
        return client.get(request, source=type(self), query=query)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the observed hours. A report counts to the hour in which it was made."""
        rows: list[Sample] = []
        units: dict[str, str] = {}
        zone = query.feed_as(NwsObservationFeed).zone
        for feature in records(json_of(payload, query), "features", query):
            report = get(feature, "properties", dict, query, where="features")
            time = moment(report, "timestamp", query, where="properties")
            station = get(report, "station", str, query, where="properties").rsplit("/", 1)[-1]
            expect(station, zone, "properties.station", query)
            for column in query.feeds:
                value, unit = _value(report, column, query)
                if units.setdefault(column, unit) != unit:
                    raise query.error(f"field {_NAMES[column][0]}.unitCode is both {units[column]} and {unit}")
                rows.append(Sample(column, time, value))
        return Samples(rows=rows, units=units).observed(query)


def _value(report: Mapping[str, Any], column: str, query: Query) -> tuple[float, str]:
    """Return value and unit of a column in a report; from the raw report if the decoded value is null."""
    name, usual_unit = _NAMES[column]
    measured = get(report, name, dict, query, where="properties")
    value = number(measured, "value", query, where=name)
    if math.isnan(value) and usual_unit == "degC":
        return _from_raw(report, column), usual_unit
    unit = get(measured, "unitCode", str, query, where=name).rsplit(":", 1)[-1]
    return (math.nan if measured.get("qualityControl") == _REJECTED else value), unit


def _from_raw(report: Mapping[str, Any], column: str) -> float:
    found = _TENTHS.search(str(report.get("rawMessage") or ""))
    if found is None:
        return math.nan
    sign, digits = found.group(1, 2) if column == "temperature_c" else found.group(3, 4)
    return int(digits) / 10 * (-1 if sign == "1" else 1)
