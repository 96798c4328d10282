"""The carbon intensity of Great Britain (NESO): average, combustion alone, half-hourly.

Data: CC BY 4.0, National Energy System Operator with Oxford and EDF.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from fleet.domain.feed import GbCarbonFeed
from fleet.sources.answer import get, json_of, moment, number, records
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.samples import Sample, Samples
from fleet.units import HOURS_PER_DAY

COLUMN, UNIT, STEP_S = "carbon_g_per_kwh", "gCO2/kWh", 1_800.0
_HALF_HOUR = timedelta(seconds=STEP_S)


class GbCarbon(Source):
    """National values that were measured. They are revised for a day and longer."""

    gives: ClassVar[str] = "telemetry"
    address: ClassVar[str] = "https://api.carbonintensity.org.uk"
    page_h: ClassVar[int] = 14 * HOURS_PER_DAY

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the half hours of the asked hours."""
        url = f"{query.feed_url or self.address}/intensity/{query.first:%Y-%m-%dT%H:%MZ}/{query.end:%Y-%m-%dT%H:%MZ}"
        is_closed = (query.received - query.end).days >= 30
        return client.get(Request(url=url, is_closed=is_closed), source=type(self), query=query)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the observed hours. Half hours without a measured value are missing, not replaced by the forecast."""
        rows = [
            Sample(COLUMN, moment(row, "from", query), number(intensity, "actual", query, where="intensity"))
            for row, intensity in half_hours(json_of(payload, query), query)
        ]
        return Samples(rows=rows, units={COLUMN: UNIT}, step_s=STEP_S).observed(query)


def half_hours(content: Mapping[str, Any], query: Query) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each half hour of an answer with its intensities.

    An empty object is an answer without values. A regional answer nests its half hours in an object.
    Raises: SourceError if the region is another one, or a period is no half hour.
    """
    if not content:
        return
    data = get(content, "data", (dict, list), query)
    zone = query.feed_as(GbCarbonFeed).zone
    if isinstance(data, dict):
        found = str(get(data, "regionid", int, query, where="data"))
        if found != zone:
            raise query.error(f"field data.regionid is {found}, expected {zone}")
    elif zone != "GB":
        raise query.error(f"field data is a list, as for the whole of GB, expected the object of region {zone}")
    for row in records(data if isinstance(data, dict) else content, "data", query):
        start, end = moment(row, "from", query), moment(row, "to", query)
        if end - start != _HALF_HOUR:
            raise query.error(f"field to is {end:%Y-%m-%dT%H:%MZ}, expected half an hour after {start:%Y-%m-%dT%H:%MZ}")
        yield row, get(row, "intensity", dict, query)
