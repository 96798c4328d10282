"""ENTSO-E Transparency Platform: day-ahead prices, and the actual load, wind and solar power of a bidding zone."""

from collections.abc import Mapping
from typing import ClassVar

from fleet.sources import entsoe_document
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client
from fleet.units import HOURS_PER_DAY


class Entsoe(Source):
    """Values in steps of 15 to 60 minutes. A price is in EUR: the fleet file states the factor to USD.

    kinds: kind of document -> its type and its process; a price has no process.
    """

    gives: ClassVar[str] = "telemetry"
    address: ClassVar[str] = "https://web-api.tp.entsoe.eu/api"
    key_env: ClassVar[str] = "FLEET_ENTSOE_TOKEN"
    page_h: ClassVar[int] = 30 * HOURS_PER_DAY
    kinds: ClassVar[Mapping[str, tuple[str, str]]] = {
        "price": ("A44", ""),
        "load": ("A65", "A16"),
        "generation": ("A75", "A16"),
    }

    @staticmethod
    def document(column: str) -> str:
        """Price, load, or generation."""
        return entsoe_document.document(column)

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the document of the asked hours."""
        return entsoe_document.ask(type(self), query, client, self.kinds)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the observed hours, and the prices that are known ahead."""
        return entsoe_document.read(payload, query, is_forecast=False)
