"""EIA API v2: hourly demand and generation of balancing authorities of the United States; carbon from the mix.

Data: public domain.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from fleet.domain.feed import EiaFeed
from fleet.sources.answer import expect, get, json_of, number, records
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.keys import key_of
from fleet.sources.samples import Sample, Samples
from fleet.units import HOURS_PER_DAY

# Emissions at the power station [kg/MWh]: United States average of 2022, EIA "How much carbon dioxide is produced per
# kilowatthour", 2.30, 0.97 and 2.46 lb/kWh. Other and unknown fuels count as gas.
KG_PER_MWH: Mapping[str, float] = {
    "COL": 1043.0,
    "NG": 440.0,
    "OIL": 1116.0,
    "OTH": 440.0,
    "UNK": 440.0,
    "NUC": 0.0,
    "WAT": 0.0,
    "SUN": 0.0,
    "WND": 0.0,
    "GEO": 0.0,
    # Solar and wind stations with a battery of their own.
    "SNB": 0.0,
    "WNB": 0.0,
}
# Stored energy was counted when it was made.
_STORAGE = frozenset({"BAT", "PS", "OES", "UES"})
_CARBON, _DEMAND = "carbon_g_per_kwh", "grid_demand_mw"
_FUEL_COLUMNS = {"grid_wind_mw": ("WND", "WNB"), "grid_solar_mw": ("SUN", "SNB")}
_ROUTES = {"demand": "region-data", "mix": "fuel-type-data"}
_UNIT = "megawatthours"
_MOST_ROWS = 5_000
# Of this authority the period was the start of the hour until then: open-grid-emissions issue 300.
_EARLY_ZONE, _EARLY_UNTIL = "CISO", datetime(2022, 6, 16, tzinfo=UTC)


class Eia(Source):
    """Hourly values. Recent ones are revised for days."""

    gives: ClassVar[str] = "telemetry"
    address: ClassVar[str] = "https://api.eia.gov/v2/electricity/rto"
    key_env: ClassVar[str] = "FLEET_EIA_KEY"
    # At most 20 fuels an hour stay below the 5,000 rows of an answer.
    page_h: ClassVar[int] = 10 * HOURS_PER_DAY

    @staticmethod
    def document(column: str) -> str:
        """Demand, or the mix of generation."""
        return "demand" if column == _DEMAND else "mix"

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the asked hours. A period of EIA is the END of its hour, and both ends of a range count."""
        key, feed = key_of(type(self), query), query.feed_as(EiaFeed)
        document = self.document(next(iter(query.feeds)))
        params = {
            "api_key": key,
            "frequency": "hourly",
            "data[0]": "value",
            "facets[respondent][]": feed.zone,
            **({"facets[type][]": "D"} if document == "demand" else {}),
            "start": f"{query.first + timedelta(hours=1):%Y-%m-%dT%H}",
            "end": f"{query.end:%Y-%m-%dT%H}",
            "sort[0][column]": "period",
            "sort[0][direction]": "asc",
            "length": str(_MOST_ROWS),
        }
        url = f"{feed.url or self.address}/{_ROUTES[document]}/data/"
        is_closed = (query.received - query.end).days >= 30
        return client.get(
            Request(url=url, params=params, secret=key, is_closed=is_closed), source=type(self), query=query
        )

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the observed hours. Carbon is the mean of the emissions of the fuels, weighted by their generation."""
        response = get(json_of(payload, query), "response", dict, query)
        data = list(records(response, "data", query, where="response"))
        total = number(response, "total", query, where="response")
        if math.isnan(total):
            raise query.error("field response.total is null, expected the number of all rows")
        if total > len(data):
            raise query.error(f"field response.data has {len(data):,} rows, expected response.total of {total:,.0f}")
        expect(get(response, "frequency", str, query, where="response"), "hourly", "response.frequency", query)
        is_demand = _DEMAND in query.feeds
        by_hour: dict[datetime, dict[str, float]] = defaultdict(dict)
        for row in data:
            expect(
                get(row, "respondent", str, query, where="data"), query.feed_as(EiaFeed).zone, "data.respondent", query
            )
            expect(get(row, "value-units", str, query, where="data"), _UNIT, "data.value-units", query)
            kind = get(row, "type" if is_demand else "fueltype", str, query, where="data")
            start, value = _start(row, query), number(row, "value", query, where="data")
            before = by_hour[start].setdefault(kind, value)
            if before != value and not (math.isnan(before) and math.isnan(value)):
                raise query.error(
                    f"{kind} at {start:%Y-%m-%dT%H:%MZ} is both {before:g} and {value:g}, expected each time once"
                )
        if not is_demand:
            _mark_absent_fuels(by_hour)
        samples = [row for hour, kinds in by_hour.items() for row in _samples(hour, kinds, query)]
        notes = [] if is_demand or _CARBON not in query.feeds else [_shown_factors(by_hour, query)]
        if query.feed_as(EiaFeed).zone == _EARLY_ZONE and min(by_hour, default=_EARLY_UNTIL) < _EARLY_UNTIL:
            notes.append(
                f"until {_EARLY_UNTIL:%Y-%m-%d}, {_EARLY_ZONE} stamped the start of an hour: these are 1 h early"
            )
        units = dict.fromkeys((_DEMAND, *_FUEL_COLUMNS), _UNIT) | {_CARBON: "kg/MWh"}
        return Samples(rows=samples, units=units, notes=notes).observed(query)


def _mark_absent_fuels(by_hour: dict[datetime, dict[str, float]]) -> None:
    """Give a fuel that other hours have, and an hour lacks, no value there: its generation is not known.

    That holds for the first hours of an answer, too: an hour that lacks a fuel becomes the first one of a later answer.
    """
    fuels = {fuel for kinds in by_hour.values() for fuel in kinds}
    for kinds in by_hour.values():
        for fuel in fuels - kinds.keys():
            kinds[fuel] = math.nan


def _start(row: Mapping[str, Any], query: Query) -> datetime:
    """Return the start of the hour that ends at `period`."""
    text = get(row, "period", str, query, where="data")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC) - timedelta(hours=1)
    except ValueError:
        raise query.error(f"field data.period is {text!r}, expected an hour of UTC such as 2024-01-01T00") from None


def _samples(hour: datetime, kinds: Mapping[str, float], query: Query) -> list[Sample]:
    if _DEMAND in query.feeds:
        return [Sample(_DEMAND, hour, kinds.get("D", math.nan))]
    # A negative value is the own use of idle stations: they generate nothing.
    made = {fuel: math.nan if math.isnan(value) else max(value, 0.0) for fuel, value in kinds.items()}
    samples = [Sample(column, hour, _sum(made, fuels)) for column, fuels in _FUEL_COLUMNS.items()]
    factors = {**KG_PER_MWH, **query.feed_as(EiaFeed).kg_per_mwh}
    emitted_kg, made_mwh = 0.0, 0.0
    for fuel, value in made.items():
        if fuel in _STORAGE:
            continue
        if fuel not in factors and _CARBON in query.feeds:
            raise query.error(
                f"field data.fueltype is {fuel!r}, expected one of {', '.join(factors)}; state its kg_per_mwh"
            )
        # A fuel without a value makes the sum unknown.
        emitted_kg += factors.get(fuel, 0.0) * value
        made_mwh += value
    return [*samples, Sample(_CARBON, hour, emitted_kg / made_mwh if made_mwh > 0 else math.nan)]


def _sum(made: Mapping[str, float], fuels: Sequence[str]) -> float:
    """Return the generation of the fuels that the authority has; NaN if it has none, or if one has no value."""
    parts = [made[fuel] for fuel in fuels if fuel in made]
    return sum(parts) if parts else math.nan


def _shown_factors(by_hour: Mapping[datetime, Mapping[str, float]], query: Query) -> str:
    factors = {**KG_PER_MWH, **query.feed_as(EiaFeed).kg_per_mwh}
    fuels = sorted({fuel for kinds in by_hour.values() for fuel in kinds} - _STORAGE)
    return "carbon from the mix, in kg/MWh: " + ", ".join(f"{fuel} {factors.get(fuel, math.nan):g}" for fuel in fuels)
