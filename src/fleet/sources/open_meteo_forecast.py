"""The newest weather forecast of Open-Meteo, as outlooks. Its issue time is the hour in which it was fetched."""

from typing import ClassVar

from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client
from fleet.sources.open_meteo_hours import NAMES, ask, samples


class OpenMeteoForecast(Source):
    """Hourly weather of the next three days. Hours before the issue are left out: they are no forecast."""

    gives: ClassVar[str] = "outlooks"
    is_paged: ClassVar[bool] = False
    address: ClassVar[str] = "https://api.open-meteo.com/v1/forecast"
    key_env: ClassVar[str] = "FLEET_OPEN_METEO_KEY"
    needs_key: ClassVar[bool] = False

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the newest forecast."""
        return ask(type(self), query, client, [NAMES[column] for column in query.feeds], {"forecast_days": "3"})

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the hours ahead of `query.received_utc`."""
        return samples(payload, query).issued(query)
