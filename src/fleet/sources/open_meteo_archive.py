"""Past weather of Open-Meteo: a reanalysis, about five days late. It is no forecast."""

from datetime import timedelta
from typing import ClassVar

from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client
from fleet.sources.open_meteo_hours import NAMES, ask, samples
from fleet.units import HOURS_PER_DAY


class OpenMeteoArchive(Source):
    """Hourly weather of the past."""

    gives: ClassVar[str] = "telemetry"
    address: ClassVar[str] = "https://archive-api.open-meteo.com/v1/archive"
    key_env: ClassVar[str] = "FLEET_OPEN_METEO_KEY"
    needs_key: ClassVar[bool] = False
    page_h: ClassVar[int] = 92 * HOURS_PER_DAY
    lag_h: ClassVar[int] = 6 * HOURS_PER_DAY

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the hours of the days that the query touches."""
        last = query.end - timedelta(hours=1)
        span = {"start_date": f"{query.first:%Y-%m-%d}", "end_date": f"{last:%Y-%m-%d}"}
        return ask(type(self), query, client, [NAMES[column] for column in query.feeds], span)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the observed hours."""
        return samples(payload, query).observed(query)
