"""Weather of the last days by Open-Meteo's forecast service: values of the newest model runs, not measured.

The archive is days late. This source fills the time until it has the values, so that decisions have fresh weather.
"""

import math
from typing import ClassVar

from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client
from fleet.sources.open_meteo_forecast import OpenMeteoForecast
from fleet.sources.open_meteo_hours import NAMES, ask, samples
from fleet.units import HOURS_PER_DAY

_MOST_DAYS = 92


class OpenMeteoRecent(Source):
    """Hours that are over, as the models computed them. Every value counts as estimated."""

    gives: ClassVar[str] = "telemetry"
    address: ClassVar[str] = OpenMeteoForecast.address
    key_env: ClassVar[str] = "FLEET_OPEN_METEO_KEY"
    needs_key: ClassVar[bool] = False
    page_h: ClassVar[int] = _MOST_DAYS * HOURS_PER_DAY
    lag_h: ClassVar[int] = 1

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the days from the first asked one to today; the service has at most 92."""
        days = math.ceil((query.received - query.first).total_seconds() / 3_600 / HOURS_PER_DAY)
        span = {"past_days": str(min(max(days, 1), _MOST_DAYS)), "forecast_days": "1"}
        return ask(type(self), query, client, [NAMES[column] for column in query.feeds], span)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the hours that are over, as estimates. Later hours are forecasts and are left out."""
        hour = query.received.replace(minute=0, second=0, microsecond=0)
        return samples(payload, query, end=hour, is_estimated=True).observed(query)
