"""For each source a recorded answer that it reads, and how its fields are corrupted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support.payloads import CARBON, MARGINAL, edited, query_of, recorded

from fleet.sources import Query

Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """An answer that a source reads.

    field: path of a number; its name is that which a message gives.
    zone, unit: path of the zone and the unit; empty where the answer does not state it.
    """

    path: str
    columns: list[str]
    settings: dict[str, Any]
    field: Path
    zone: Path = ()
    unit: Path = ()

    def query(self, source: str) -> Query:
        """Return the query that the answer belongs to."""
        return query_of(source, self.columns, **self.settings)

    def corrupted(self, how: str) -> bytes | None:
        """Return the answer with one fault; None where the answer has no such field."""
        payload = recorded(self.path)
        edits: dict[str, Callable[[], bytes | None]] = {
            "truncated": lambda: payload[: len(payload) // 2],
            "renamed": lambda: edited(payload, *self.field, rename="renamed"),
            "text": lambda: edited(payload, *self.field, to="many"),
            "list": lambda: edited(payload, *self.field, to=[1]),
            "infinite": lambda: edited(payload, *self.field, to="1e999"),
            "zone": lambda: edited(payload, *self.zone, to="ELSEWHERE") if self.zone else None,
            "unit": lambda: edited(payload, *self.unit, to="furlong") if self.unit else None,
        }
        return edits[how]()


FAULTS = ("truncated", "renamed", "text", "list", "infinite", "zone", "unit")
_MELBOURNE = {"first": "2025-10-25", "end": "2025-10-26", "received": "2025-10-25T11:30:00Z"} | {
    "latitude_deg": -37.75,
    "longitude_deg": 144.875,
}
_WEATHER = {
    "path": "open_meteo/forecast_hourly_melbourne_2025-10-25_7d_GMT.json",
    "columns": ["temperature_c"],
    "settings": _MELBOURNE,
    "field": ("latitude",),
    "unit": ("hourly_units", "temperature_2m"),
}
RECORDINGS = {
    "open_meteo_archive": Recording(**_WEATHER),
    "open_meteo_forecast": Recording(**_WEATHER),
    "open_meteo_recent": Recording(**_WEATHER),
    "open_meteo_previous_runs": Recording(
        path="open_meteo/previous-runs_cut.json",
        columns=["temperature_c"],
        settings={"first": "2026-10-02", "end": "2026-10-03", "latitude_deg": 52.27, "longitude_deg": 6.87},
        field=("longitude",),
        unit=("hourly_units", "temperature_2m_previous_day1"),
    ),
    "electricity_maps": Recording(
        path="electricitymaps/v4_carbon-intensity_history_DK-DK2.json",
        columns=[CARBON],
        settings={"first": "2026-08-21T18", "end": "2026-08-22T18", "zone": "DK-DK2"},
        field=("history", 3, "carbonIntensity"),
        zone=("history", 3, "zone"),
        unit=("history", 3, "emissionFactorType"),
    ),
    "electricity_maps_forecast": Recording(
        path="electricitymaps/v4_carbon-intensity_forecast_DK-DK2.json",
        columns=[CARBON],
        settings={"first": "2026-08-21T18", "end": "2026-08-22T18", "zone": "DK-DK2"},
        field=("forecast", 3, "carbonIntensity"),
        zone=("zone",),
        unit=("temporalGranularity",),
    ),
    "watttime": Recording(
        path="watttime/v3_historical_imputed_doc-example.json",
        columns=[MARGINAL],
        settings={"first": "2022-07-15", "end": "2022-07-16", "zone": "CAISO_NORTH"},
        field=("data", 1, "value"),
        zone=("meta", "region"),
        unit=("meta", "units"),
    ),
    "watttime_forecast": Recording(
        path="watttime/v3_forecast_doc-example.json",
        columns=[MARGINAL],
        settings={"first": "2022-07-15", "end": "2022-07-16", "zone": "CAISO_NORTH"},
        field=("data", 0, "forecast", 1, "value"),
        zone=("meta", "region"),
        unit=("meta", "units"),
    ),
    "gb_carbon": Recording(
        path="gb_carbon_intensity/intensity_date_2026-08-04.json",
        columns=[CARBON],
        settings={"first": "2026-08-03T23", "end": "2026-08-04T23"},
        field=("data", 3, "intensity", "actual"),
    ),
    "gb_carbon_forecast": Recording(
        path="gb_carbon_intensity/regional_postcode_BS7_2023-01-01.json",
        columns=[CARBON],
        settings={"first": "2023-01-01", "end": "2023-01-02", "received": "2022-12-31T23:31:00Z", "zone": "11"},
        field=("data", "data", 1, "intensity", "forecast"),
        zone=("data", "regionid"),
    ),
    "eia": Recording(
        path="eia/v2_region-data_PACW_D_2023-01_string-values.json",
        columns=["grid_demand_mw"],
        settings={"first": "2022-12-31T23", "end": "2023-01-08", "zone": "PACW"},
        field=("response", "data", 3, "value"),
        zone=("response", "data", 3, "respondent"),
        unit=("response", "data", 3, "value-units"),
    ),
    "eirgrid": Recording(
        path="eirgrid/chart_windactual.json",
        columns=["grid_wind_mw"],
        settings={"first": "2025-06-03", "end": "2025-06-05", "zone": "ROI"},
        field=("Rows", 3, "Value"),
        zone=("Rows", 3, "Region"),
        unit=("Rows", 3, "FieldName"),
    ),
    "eirgrid_forecast": Recording(
        path="eirgrid/chart_windforecast.json",
        columns=["grid_wind_mw"],
        settings={"first": "2025-06-03", "end": "2025-06-05", "zone": "ROI", "received": "2025-06-04T10:20:00Z"},
        field=("Rows", 3, "Value"),
        zone=("Rows", 3, "Region"),
        unit=("Rows", 3, "FieldName"),
    ),
    "nws_observation": Recording(
        path="nws/stations_observations.json",
        columns=["temperature_c"],
        settings={"first": "2019-06-27", "end": "2019-06-28", "zone": "KFLL"},
        field=("features", 0, "properties", "temperature", "value"),
        zone=("features", 0, "properties", "station"),
        unit=("features", 0, "properties", "temperature", "unitCode"),
    ),
    "nws_forecast": Recording(
        path="nws/gridpoints_forecast_hourly_si_1-period.json",
        columns=["temperature_c"],
        settings={"first": "2019-06-27", "end": "2019-06-28", "zone": "TAE/58,65", "received": "2019-10-15T00:00:00Z"},
        field=("properties", "periods", 0, "temperature"),
        unit=("properties", "periods", 0, "temperatureUnit"),
    ),
}
