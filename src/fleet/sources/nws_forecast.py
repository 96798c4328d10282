"""Hourly forecast of the National Weather Service (United States) as outlooks. Data: public domain."""

import math
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from fleet.domain.feed import NwsForecastFeed
from fleet.sources.answer import get, json_of, moment, number, records
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.nws_observation import NwsObservation
from fleet.sources.samples import Sample, Samples

# "15 km/h", or a range such as "5 to 10 mph", of which the mean counts.
_WIND = re.compile(r"(\d+)(?: to (\d+))? (mph|km/h)")


class NwsForecast(Source):
    """The newest forecast for about six days. Its issue time is `updateTime`."""

    gives: ClassVar[str] = "outlooks"
    is_paged: ClassVar[bool] = False
    address: ClassVar[str] = NwsObservation.address

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the newest forecast of the grid cell."""
        zone = query.feed_as(NwsForecastFeed).zone
        url = f"{query.feed_url or self.address}/gridpoints/{zone}/forecast/hourly"
        request = Request(url=url, params={"units": "si"}, accept="application/geo+json")
        return client.get(request, source=type(self), query=query)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the hours ahead of `updateTime`. Periods in which every field is null are left out."""
        content = get(json_of(payload, query), "properties", dict, query)
        issued = moment(content, "updateTime", query, where="properties")
        rows: list[Sample] = []
        units: dict[str, str] = {}
        empty = 0
        for period in records(content, "periods", query, where="properties"):
            if period.get("startTime", "") is None:
                empty += 1
                continue
            start = moment(period, "startTime", query, where="periods")
            for column in query.feeds:
                value, unit = _value(period, column, query)
                if unit and units.setdefault(column, unit) != unit:
                    raise query.error(f"the unit of {column} is both {units[column]} and {unit}, expected one")
                rows.append(Sample(column, start, value, issued=issued))
        notes = [f"{empty} periods without any value were left out"] if empty else []
        known = [row for row in rows if row.column in units]
        return Samples(rows=known, units=units, notes=notes).issued(query)


def _value(period: Mapping[str, Any], column: str, query: Query) -> tuple[float, str]:
    """Return value and unit of a column in a period; NaN without a unit if the period does not have it."""
    if column == "temperature_c":
        return number(period, "temperature", query, where="periods"), get(period, "temperatureUnit", str, query)
    if column == "dew_point_c":
        if "dewpoint" not in period:
            return math.nan, ""
        dew_point = get(period, "dewpoint", dict, query, where="periods")
        unit = get(dew_point, "unitCode", str, query, where="dewpoint")
        return number(dew_point, "value", query, where="dewpoint"), unit.rsplit(":", 1)[-1]
    text = get(period, "windSpeed", str, query, where="periods")
    found = _WIND.fullmatch(text)
    if found is None:
        raise query.error(f"field periods.windSpeed is {text[:40]!r}, expected a text such as '5 to 10 mph'")
    low, high, unit = found.groups()
    return (float(low) + float(high or low)) / 2, unit
