"""Forecasts of sources are stored as outlooks, each issue once."""

import json

import numpy as np
import polars as pl
from support.fake_services import Services
from support.faulty_server import serving
from support.feeds import (
    CARBON,
    FORECAST,
    TEMPERATURE,
    ingest,
)

from fleet.storage.telemetry_store import read_outlooks


def test_a_forecast_is_stored_once_an_hour_as_outlooks(workspace):
    with serving(Services()) as server:
        (first,), requests = ingest(workspace, server.url, FORECAST)
        assert requests == 1
        assert ingest(workspace, server.url, FORECAST)[1] == 0
    outlooks = read_outlooks(workspace.outlooks)
    assert list(outlooks.issued_utc) == [np.datetime64("2024-03-01T12", "h")]
    # From 12:00 to the end of the third day.
    assert first.new == 60
    assert pl.read_parquet(workspace.outlooks)["source"].unique().to_list() == ["open_meteo_forecast"]
    assert not workspace.telemetry.exists()


def test_an_issue_that_is_stored_stays_when_the_service_changes_it_within_its_hour(workspace):
    issued = "2024-03-01T12:10:00+00:00"

    def periods(handler):
        period = {"startTime": "2024-03-01T14:00:00+00:00", "temperature": level, "temperatureUnit": "C"}
        handler.reply(200, json.dumps({"properties": {"updateTime": issued, "periods": [period]}}).encode())

    wiring = "    temperature_c:\n      - {source: nws_forecast, zone: 'PSR/159,58', url: 'URL'}\n"
    with serving(periods) as server:
        level = 20.0
        (first,), _ = ingest(workspace, server.url, wiring, now="2024-03-01T12:30:00Z")
        level = 25.0
        (second,), _ = ingest(workspace, server.url, wiring, now="2024-03-01T13:05:00Z")
    assert (first.new, second.new, second.error) == (1, 0, "")
    assert np.nanmax(read_outlooks(workspace.outlooks).values[TEMPERATURE]) == 20.0


def test_two_documents_of_one_source_fill_one_issue(workspace):
    class Both(Services):
        def __call__(self, handler):
            rows = [{"datetime": "2024-03-01T14:00:00Z", "carbonIntensity": 99, "value": 50.0, "unit": "EUR/MWh"}]
            name = "data" if "price" in handler.path else "forecast"
            content = {"zone": "IE", name: rows, "updatedAt": "2024-03-01T12:01:00Z"}
            handler.reply(200, json.dumps(content).encode())

    forecast = "{source: electricity_maps_forecast, zone: IE, url: 'URL', factor: 1.5}"
    wiring = f"    carbon_g_per_kwh:\n      - {forecast}\n    price_usd_per_mwh:\n      - {forecast}\n"
    with serving(Both()) as server:
        results, _ = ingest(workspace, server.url, wiring)
    assert [result.error for result in results] == ["", ""]
    outlooks = read_outlooks(workspace.outlooks)
    assert np.nanmax(outlooks.values[CARBON]) == 148.5
    assert np.nanmax(outlooks.values["price_usd_per_mwh"]) == 75.0
