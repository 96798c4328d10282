"""Forecasts of the carbon intensity of Great Britain, or of one of its regions, as outlooks."""

from typing import ClassVar

from fleet.domain.feed import GbCarbonFeed
from fleet.sources.answer import json_of, moment, number
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.gb_carbon import COLUMN, STEP_S, UNIT, GbCarbon, half_hours
from fleet.sources.samples import Sample, Samples


class GbCarbonForecast(Source):
    """The newest forecast for two days, sometimes for less.

    Its issue time is the time of the answer: the service rewrites past forecasts, so these are left out.
    """

    gives: ClassVar[str] = "outlooks"
    is_paged: ClassVar[bool] = False
    address: ClassVar[str] = GbCarbon.address

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the newest forecast."""
        zone = query.feed_as(GbCarbonFeed).zone
        start = f"{query.received:%Y-%m-%dT%H:%MZ}"
        place = f"intensity/{start}/fw48h" if zone == "GB" else f"regional/intensity/{start}/fw48h/regionid/{zone}"
        return client.get(Request(url=f"{query.feed_url or self.address}/{place}"), source=type(self), query=query)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the hours ahead of the answer."""
        rows = [
            Sample(COLUMN, moment(row, "from", query), number(intensity, "forecast", query, where="intensity"))
            for row, intensity in half_hours(json_of(payload, query), query)
        ]
        return Samples(rows=rows, units={COLUMN: UNIT}, step_s=STEP_S).issued(query)
