"""Forecasts of EirGrid as outlooks: demand and wind power of Ireland. The issue time is the time of the answer."""

from collections.abc import Mapping
from typing import ClassVar

from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client
from fleet.sources.eirgrid import Area, EirGrid, ask, read

_AREAS: Mapping[str, Area] = {
    "grid_demand_mw": Area("demandforecast", "DEMAND_FORECAST_VALUE", "MW", 1_800.0),
    "grid_wind_mw": Area("windforecast", "WIND_FCAST", "MW"),
}


class EirGridForecast(Source):
    """The newest forecast; hours before the answer are left out."""

    gives: ClassVar[str] = "outlooks"
    is_paged: ClassVar[bool] = False
    address: ClassVar[str] = EirGrid.address

    @staticmethod
    def document(column: str) -> str:
        """Each column is an area of its own."""
        return _AREAS[column][0]

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the local days that the query touches."""
        return ask(type(self), query, client, _AREAS)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the hours ahead of the answer."""
        return read(payload, query, _AREAS).issued(query)
