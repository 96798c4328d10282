"""Forecasts of Electricity Maps as outlooks: average carbon intensity, and day-ahead prices."""

from typing import ClassVar

from fleet.domain.feed import ElectricityMapsFeed
from fleet.sources.answer import json_of, moment
from fleet.sources.base import Query, Reading
from fleet.sources.client import Client
from fleet.sources.electricity_maps import ElectricityMaps, forecast_rows, request, value_of
from fleet.sources.samples import Sample, Samples


class ElectricityMapsForecast(ElectricityMaps):
    """The newest forecast. Its issue time is `updatedAt`; without it, the time of the answer."""

    gives: ClassVar[str] = "outlooks"
    is_paged: ClassVar[bool] = False

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the newest forecast."""
        endpoint = "combined" if "price_usd_per_mwh" in query.feeds else "forecast"
        zone = query.feed_as(ElectricityMapsFeed).zone
        return request(query, client, type(self), endpoint, {"zone": zone})

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the hours ahead of the issue."""
        content = json_of(payload, query)
        issued = moment(content, "updatedAt", query) if "updatedAt" in content else None
        rows, units = [], {"carbon_g_per_kwh": "gCO2eq/kWh"}
        for row in forecast_rows(content, query):
            column, value = value_of(row, query, units)
            rows.append(Sample(column, moment(row, "datetime", query), value, issued=issued))
        return Samples(rows=rows, units=units).issued(query)
