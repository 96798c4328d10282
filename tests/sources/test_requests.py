"""The request of each source, as its service documents it."""

from urllib.parse import unquote

import pytest
from support.faulty_server import in_turn, serving, status
from support.payloads import CARBON, MARGINAL, query_of

from fleet.sources import SOURCES
from fleet.sources.client import Client

DAYS = ("start_date=2024-01-01", "end_date=2024-01-02")
SPAN = ("start=2024-01-01T00:00Z", "end=2024-01-03T00:00Z")
REQUESTS = {
    "open_meteo_archive": (["temperature_c"], {}, ("hourly=temperature_2m", "timezone=GMT", *DAYS)),
    "open_meteo_recent": (["dew_point_c"], {}, ("hourly=dew_point_2m", "past_days=3", "timezone=GMT")),
    "open_meteo_forecast": (["temperature_c"], {}, ("forecast_days=3", "timezone=GMT")),
    "open_meteo_previous_runs": (["temperature_c"], {}, ("temperature_2m_previous_day1,temperature_2m_previous_day2",)),
    "electricity_maps": ([CARBON], {"zone": "DE"}, ("/v4/carbon-intensity/past-range?", "zone=DE", *SPAN)),
    "electricity_maps_forecast": ([CARBON], {"zone": "DE", "version": "v3"}, ("/v3/carbon-intensity/forecast?zone=",)),
    "watttime": ([MARGINAL], {"zone": "PSCO"}, ("/v3/historical?region=PSCO", "signal_type=co2_moer", *SPAN)),
    "watttime_forecast": ([MARGINAL], {"zone": "PSCO"}, ("/v3/forecast?region=PSCO", "horizon_hours=24")),
    "gb_carbon": ([CARBON], {}, ("/intensity/2024-01-01T00:00Z/2024-01-03T00:00Z",)),
    "gb_carbon_forecast": ([CARBON], {"zone": "3"}, ("/regional/intensity/2024-01-03T00:30Z/fw48h/regionid/3",)),
    # A period of EIA is the end of its hour.
    "eia": (
        ["grid_demand_mw"],
        {"zone": "PACW"},
        ("/region-data/data/?", "facets[respondent][]=PACW", "start=2024-01-01T01", "end=2024-01-03T00"),
    ),
    "entsoe": (
        ["price_usd_per_mwh"],
        {"zone": "10YFR-RTE------C"},
        ("documentType=A44", "in_Domain=10YFR", "out_Domain=10YFR", "periodStart=2024010100", "periodEnd=2024010300"),
    ),
    "entsoe_forecast": (["grid_wind_mw"], {"zone": "10YFR-RTE------C"}, ("documentType=A69", "processType=A01")),
    "eirgrid": ([CARBON], {"zone": "ROI"}, ("areas=co2intensity", "dateFrom=01-Jan-2024+00", "dateTo=02-Jan-2024+23")),
    "eirgrid_forecast": (["grid_wind_mw"], {"zone": "ROI"}, ("areas=windforecast", "region=ROI")),
    "nws_observation": (["temperature_c"], {"zone": "KPHX"}, ("/stations/KPHX/observations?start=2024-01-01T00",)),
    "nws_forecast": (["temperature_c"], {"zone": "PSR/159,58"}, ("/gridpoints/PSR/159,58/forecast/hourly?units=si",)),
    "prometheus": (
        ["it_load_mw"],
        {"query": "sum(w)", "unit": "W"},
        ("/api/v1/query_range?query=sum(w)", "start=1704067200", "end=1704239700", "step=300"),
    ),
}  # fmt: skip


@pytest.mark.slow
def test_each_source_asks_for_its_hours_zone_and_unit(monkeypatch):
    for source in SOURCES.values():
        if source.key_env:
            monkeypatch.setenv(source.key_env, "user:pass")
    for name, (columns, settings, expected) in REQUESTS.items():
        replies = (status(200, b'{"token": "t"}'), status(200, b"{}"))
        with serving(in_turn(*replies)) as server, Client() as client:
            asked = query_of(
                name, columns, first="2024-01-01", end="2024-01-03", received="2024-01-03T00:30:00Z",
                url=server.url, **settings,
            )  # fmt: skip
            SOURCES[name]().fetch(asked, client)
            path = unquote(server.paths[-1])
        assert all(part in path for part in expected), (name, path)


def test_the_requests_of_all_services_are_tested():
    assert set(REQUESTS) == set(SOURCES) - {"table"}
