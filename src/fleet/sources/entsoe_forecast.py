"""Forecasts of ENTSO-E as outlooks: load, wind and solar power of a bidding zone for the next day."""

from typing import ClassVar

from fleet.sources import entsoe_document
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client
from fleet.sources.entsoe import Entsoe

_KINDS = {"price": ("A44", ""), "load": ("A65", "A01"), "generation": ("A69", "A01")}


class EntsoeForecast(Source):
    """The newest forecast. When it was published is not known, so hours before the answer are left out."""

    gives: ClassVar[str] = "outlooks"
    is_paged: ClassVar[bool] = False
    address: ClassVar[str] = Entsoe.address
    key_env: ClassVar[str] = Entsoe.key_env

    @staticmethod
    def document(column: str) -> str:
        """Price, load, or generation."""
        return entsoe_document.document(column)

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the forecast for the asked hours."""
        return entsoe_document.ask(type(self), query, client, _KINDS)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the hours ahead of `createdDateTime`."""
        return entsoe_document.read(payload, query, is_forecast=True)
