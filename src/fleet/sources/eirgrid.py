"""EirGrid's smart grid dashboard: carbon, demand, wind and solar power of Ireland, every 15 minutes.

Times are Irish local time without an offset. Data: site terms of EirGrid.
"""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from fleet.domain.feed import EirGridFeed, EirGridForecastFeed
from fleet.sources.answer import get, json_of, number, records
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.local_stamps import to_utc
from fleet.sources.samples import Sample, Samples
from fleet.units import HOURS_PER_DAY


class Area(NamedTuple):
    """What is asked for to fill a column.

    name: the area in the request.
    field: its name in the answer.
    step_s: time between two rows [s].
    """

    name: str
    field: str
    unit: str
    step_s: float = 900.0


AREAS: Mapping[str, Area] = {
    "carbon_g_per_kwh": Area("co2intensity", "CO2_INTENSITY", "gCO2/kWh"),
    "grid_demand_mw": Area("demandactual", "SYSTEM_DEMAND", "MW"),
    "grid_wind_mw": Area("windactual", "WIND_ACTUAL", "MW"),
    "grid_solar_mw": Area("solaractual", "SOLAR_ACTUAL", "MW"),
}
CLOCK, PATTERN = "Europe/Dublin", "%d-%b-%Y %H:%M:%S"


class EirGrid(Source):
    """Actual values. Rows of the rest of the day exist, without values."""

    gives: ClassVar[str] = "telemetry"
    address: ClassVar[str] = "https://www.smartgriddashboard.com/api/chart/"
    page_h: ClassVar[int] = 28 * HOURS_PER_DAY

    @staticmethod
    def document(column: str) -> str:
        """Each column is an area of its own."""
        return AREAS[column].name

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the local days that the query touches."""
        return ask(type(self), query, client, AREAS)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the observed hours."""
        return read(payload, query, AREAS).observed(query)


def ask(source: type[Source], query: Query, client: Client, areas: Mapping[str, Area]) -> bytes:
    """Return the answer for an area."""
    clock = ZoneInfo(CLOCK)
    last = (query.end - timedelta(hours=1)).astimezone(clock)
    params = {
        "region": zone_of(query),
        "chartType": "co2" if "carbon_g_per_kwh" in query.feeds else "default",
        "dateRange": "day",
        "dateFrom": f"{query.first.astimezone(clock):%d-%b-%Y} 00:00",
        "dateTo": f"{last:%d-%b-%Y} 23:59",
        "areas": areas[next(iter(query.feeds))].name,
    }
    is_closed = (query.received - query.end).days >= 30
    url = query.feed_url or source.address
    return client.get(Request(url=url, params=params, is_closed=is_closed), source=source, query=query)


def zone_of(query: Query) -> str:
    """Return the asked zone: ALL, ROI or NI."""
    feed = query.feed
    return feed.zone if isinstance(feed, EirGridForecastFeed) else query.feed_as(EirGridFeed).zone


def read(payload: bytes, query: Query, areas: Mapping[str, Area]) -> Samples:
    """Return the samples of an answer.

    Raises: SourceError as `Source.parse`; also if a local time that does not exist has a value.
    """
    content = json_of(payload, query)
    column = next(iter(query.feeds))
    area = areas[column]
    rows = []
    for row in records(content, "Rows", query):
        found = get(row, "FieldName", str, query, where="Rows")
        if found.upper() != area.field:
            raise query.error(f"field Rows.FieldName is {found[:40]!r}, expected {area.field}")
        zone = get(row, "Region", str, query, where="Rows")
        if zone.upper() != zone_of(query):
            raise query.error(f"field Rows.Region is {zone[:20]!r}, expected {zone_of(query)}")
        rows.append((get(row, "EffectiveTime", str, query, where="Rows"), number(row, "Value", query, where="Rows")))
    times = to_utc([text for text, _ in rows], PATTERN, CLOCK, query, name="Rows.EffectiveTime")
    samples = []
    for (text, value), time, is_skipped in zip(rows, times.utc, times.skipped, strict=True):
        if is_skipped and not math.isnan(value):
            raise query.error(
                f"field Rows.EffectiveTime is {text!r} with value {value:g}, a time that Irish clocks skip, expected "
                "local time; the stamps may be UTC"
            )
        if time is not None and not is_skipped:
            samples.append(Sample(column, time, value))
    return Samples(rows=samples, units={column: area.unit}, notes=times.notes, step_s=area.step_s)
