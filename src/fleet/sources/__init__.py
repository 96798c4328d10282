"""Sources of telemetry and outlooks, one file per source: `fetch` does the I/O, and `parse` does none.

To add a source: a file here, a line in SOURCES, its record in `domain/feed.py`, a test beside the others.
"""

from collections.abc import Mapping

from fleet.sources.base import Query, Reading, Source
from fleet.sources.eia import Eia
from fleet.sources.eirgrid import EirGrid
from fleet.sources.eirgrid_forecast import EirGridForecast
from fleet.sources.electricity_maps import ElectricityMaps
from fleet.sources.electricity_maps_forecast import ElectricityMapsForecast
from fleet.sources.entsoe import Entsoe
from fleet.sources.entsoe_forecast import EntsoeForecast
from fleet.sources.gb_carbon import GbCarbon
from fleet.sources.gb_carbon_forecast import GbCarbonForecast
from fleet.sources.nws_forecast import NwsForecast
from fleet.sources.nws_observation import NwsObservation
from fleet.sources.open_meteo_archive import OpenMeteoArchive
from fleet.sources.open_meteo_forecast import OpenMeteoForecast
from fleet.sources.open_meteo_previous_runs import OpenMeteoPreviousRuns
from fleet.sources.open_meteo_recent import OpenMeteoRecent
from fleet.sources.prometheus import Prometheus
from fleet.sources.table import Table
from fleet.sources.watttime import WattTime
from fleet.sources.watttime_forecast import WattTimeForecast

SOURCES: Mapping[str, type[Source]] = {
    "table": Table,
    "prometheus": Prometheus,
    "open_meteo_archive": OpenMeteoArchive,
    "open_meteo_recent": OpenMeteoRecent,
    "open_meteo_forecast": OpenMeteoForecast,
    "open_meteo_previous_runs": OpenMeteoPreviousRuns,
    "nws_observation": NwsObservation,
    "nws_forecast": NwsForecast,
    "electricity_maps": ElectricityMaps,
    "electricity_maps_forecast": ElectricityMapsForecast,
    "watttime": WattTime,
    "watttime_forecast": WattTimeForecast,
    "gb_carbon": GbCarbon,
    "gb_carbon_forecast": GbCarbonForecast,
    "eia": Eia,
    "entsoe": Entsoe,
    "entsoe_forecast": EntsoeForecast,
    "eirgrid": EirGrid,
    "eirgrid_forecast": EirGridForecast,
}

__all__ = ["SOURCES", "Query", "Reading", "Source"]
