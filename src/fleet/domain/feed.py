"""The records below `sources` of a fleet file: from which service, place and unit a column of a region comes."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from fleet.domain.strict_record import NonNegative, Positive, Strict

_WEATHER = ("temperature_c", "dew_point_c", "wind_speed_m_s", "pressure_hpa")
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
# A name or a key in an address would be stored with the progress of the source, and shown in messages.
_SECRET_MARKS = frozenset("@?#")


def _readable(url: str) -> str:
    if _SECRET_MARKS & set(url):
        raise ValueError(
            "url has one of @ ? #, expected scheme, host and path alone; a key stands in key_env or key_file"
        )
    if not re.fullmatch(r"https?://\S+", url):
        raise ValueError(f"url is {url[:80]!r}, expected http:// or https:// and a host")
    try:
        is_readable = bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        is_readable = False
    if not is_readable:
        raise ValueError(f"url is {url!r}, expected a host, such as http://prometheus.internal:9090")
    return url


Zone = Annotated[str, Field(pattern=r"^[A-Za-z0-9_,/.-]{1,40}$")]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Url = Annotated[str, AfterValidator(_readable)]


class Feed(Strict):
    """What every source shares.

    columns: the columns that the source can fill.
    carbon: what a carbon intensity of the source counts; empty if the source has none.
    factor: multiplies each value after it was converted to the unit of the column.
    url: another address of the service, such as that of a paid plan or of a proxy.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    carbon: ClassVar[str] = ""

    factor: Positive = 1.0
    url: Url | None = None


class KeyedFeed(Feed):
    """A source that asks for a key.

    key_env: the environment variable that holds the key; by default that of the source, see docs/sources.md.
    key_file: a file that holds the key and nothing else; used instead of the variable.
    """

    key_env: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    key_file: str | None = None


class OpenMeteoFeed(KeyedFeed):
    """Weather of Open-Meteo at the coordinates of the region, or at others. Only paid plans need a key."""

    columns: ClassVar[tuple[str, ...]] = _WEATHER

    source: Literal["open_meteo_archive", "open_meteo_recent", "open_meteo_forecast", "open_meteo_previous_runs"]
    latitude_deg: Latitude | None = None
    longitude_deg: Longitude | None = None


class ElectricityMapsFeed(KeyedFeed):
    """Average carbon intensity of a zone, or its day-ahead price (v4 only).

    last_day_only: True for a plan without past ranges, such as the free one: nothing older than 24 h is asked for.
    """

    columns: ClassVar[tuple[str, ...]] = ("carbon_g_per_kwh", "price_usd_per_mwh")
    carbon: ClassVar[str] = "average, life cycle, with imports"

    source: Literal["electricity_maps", "electricity_maps_forecast"]
    zone: Zone
    version: Literal["v3", "v4"] = "v4"
    last_day_only: bool = False


class WattTimeFeed(KeyedFeed):
    """Marginal carbon intensity of a region of WattTime."""

    columns: ClassVar[tuple[str, ...]] = ("marginal_carbon_g_per_kwh",)
    carbon: ClassVar[str] = "marginal"

    source: Literal["watttime", "watttime_forecast"]
    zone: Zone


class GbCarbonFeed(Feed):
    """Average carbon intensity of Great Britain (zone GB), or of its region 1 to 17 (forecast only)."""

    columns: ClassVar[tuple[str, ...]] = ("carbon_g_per_kwh",)
    carbon: ClassVar[str] = "average, combustion"

    source: Literal["gb_carbon", "gb_carbon_forecast"]
    zone: Annotated[str, Field(pattern=r"^(GB|[1-9]|1[0-7])$")] = "GB"

    @model_validator(mode="after")
    def _check_zone(self) -> Self:
        if self.source == "gb_carbon" and self.zone != "GB":
            raise ValueError(f"zone {self.zone} has no measured values, expected GB, or source gb_carbon_forecast")
        return self


class EiaFeed(KeyedFeed):
    """Demand, wind, solar and the carbon of the mix of a balancing authority of the United States.

    kg_per_mwh: emissions of the fuels by EIA code, which replace the factors of docs/sources.md.
    """

    columns: ClassVar[tuple[str, ...]] = ("carbon_g_per_kwh", "grid_demand_mw", "grid_wind_mw", "grid_solar_mw")
    carbon: ClassVar[str] = "average, combustion, without imports"

    source: Literal["eia"]
    zone: Zone
    kg_per_mwh: Mapping[str, NonNegative] = Field(default_factory=dict)


class EntsoeFeed(KeyedFeed):
    """Price, load, wind and solar power of a European bidding zone, named by its EIC code."""

    columns: ClassVar[tuple[str, ...]] = ("price_usd_per_mwh", "grid_demand_mw", "grid_wind_mw", "grid_solar_mw")

    source: Literal["entsoe", "entsoe_forecast"]
    zone: Zone


class EirGridFeed(Feed):
    """Carbon, demand and wind power of Ireland (ALL, ROI or NI)."""

    columns: ClassVar[tuple[str, ...]] = ("carbon_g_per_kwh", "grid_demand_mw", "grid_wind_mw", "grid_solar_mw")
    carbon: ClassVar[str] = "average, combustion"

    source: Literal["eirgrid"]
    zone: Literal["ALL", "ROI", "NI"]


class EirGridForecastFeed(Feed):
    """Forecast demand and wind power of Ireland (ALL, ROI or NI)."""

    columns: ClassVar[tuple[str, ...]] = ("grid_demand_mw", "grid_wind_mw")

    source: Literal["eirgrid_forecast"]
    zone: Literal["ALL", "ROI", "NI"]


class NwsObservationFeed(Feed):
    """Observed weather of a station of the National Weather Service, such as KPHX."""

    columns: ClassVar[tuple[str, ...]] = _WEATHER

    source: Literal["nws_observation"]
    zone: Zone


class NwsForecastFeed(Feed):
    """Hourly forecast of the National Weather Service for a grid cell, such as PSR/159,58."""

    columns: ClassVar[tuple[str, ...]] = ("temperature_c", "dew_point_c", "wind_speed_m_s")

    source: Literal["nws_forecast"]
    zone: Annotated[str, Field(pattern=r"^[A-Z]{3}/\d{1,3},\d{1,3}$")]


class PrometheusFeed(KeyedFeed):
    """The result of a Prometheus query with one series, of any column. A key is sent as a bearer token.

    query: PromQL, such as sum(pdu_power_watts{hall="a"}).
    unit: unit of the result.
    step_s: time between two values [s].
    """

    columns: ClassVar[tuple[str, ...]] = ("*",)
    carbon: ClassVar[str] = "as the query gives it"

    source: Literal["prometheus"]
    url: Url
    query: Annotated[str, Field(min_length=1, max_length=4_000)]
    unit: str
    step_s: Annotated[int, Field(ge=1, le=3_600)] = 300


class TableFeed(Strict):
    """A Parquet or CSV file that something else writes again and again; see README.md for its columns."""

    columns: ClassVar[tuple[str, ...]] = ("*",)
    carbon: ClassVar[str] = "as the file gives it"

    source: Literal["table"]
    path: str
    factor: Positive = 1.0


# A label is stored with each value.
_LONGEST_LABEL = 120


def label_of(feed: "AnyFeed") -> str:
    """Return source and place of a feed, such as "electricity_maps IE"; this names the origin of a stored value."""
    parts = (getattr(feed, name, None) for name in ("source", "zone", "query", "path"))
    return " ".join(part for part in parts if part)[:_LONGEST_LABEL]


AnyFeed = Annotated[
    OpenMeteoFeed
    | ElectricityMapsFeed
    | WattTimeFeed
    | GbCarbonFeed
    | EiaFeed
    | EntsoeFeed
    | EirGridFeed
    | EirGridForecastFeed
    | NwsObservationFeed
    | NwsForecastFeed
    | PrometheusFeed
    | TableFeed,
    Field(discriminator="source"),
]
