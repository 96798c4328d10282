"""Forecasts of ENTSO-E as outlooks: load, wind and solar power of a bidding zone for the next day."""

from collections.abc import Mapping
from typing import ClassVar

from fleet.sources import entsoe_document
from fleet.sources.base import Query, Reading
from fleet.sources.entsoe import Entsoe


class EntsoeForecast(Entsoe):
    """The newest forecast. When it was published is not known, so hours before the answer are left out."""

    gives: ClassVar[str] = "outlooks"
    is_paged: ClassVar[bool] = False
    kinds: ClassVar[Mapping[str, tuple[str, str]]] = {
        "price": ("A44", ""),
        "load": ("A65", "A01"),
        "generation": ("A69", "A01"),
    }

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the hours ahead of `createdDateTime`."""
        return entsoe_document.read(payload, query, is_forecast=True)
