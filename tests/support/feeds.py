"""Ingests from services that a test answers."""

import numpy as np
from support.sites import region

from fleet.domain.region import Fleet
from fleet.fleets import dump_fleet, parse_fleet
from fleet.sources.client import Client
from fleet.storage.telemetry_store import read_telemetry
from fleet.workflows.feed_ingest import FeedRequest, ingest_feeds

NOW = "2024-03-01T12:05:00Z"
CARBON, TEMPERATURE = "carbon_g_per_kwh", "temperature_c"


def fleet_of(url, wiring):
    text = dump_fleet(Fleet(name="f", regions=(region("here"),)))
    return parse_fleet(f"{text}sources:\n  here:\n{wiring.replace('URL', url)}", name="f.yaml")


ARCHIVE = "    temperature_c:\n      - {source: open_meteo_archive, url: 'URL/archive'}\n"
DEW = ARCHIVE.replace("temperature_c", "dew_point_c")
MAPS = "    carbon_g_per_kwh:\n      - {source: electricity_maps, zone: IE, url: 'URL'}\n"
SPARE = "      - {source: electricity_maps, zone: GB, url: 'URL'}\n"
FORECAST = "    temperature_c:\n      - {source: open_meteo_forecast, url: 'URL/forecast'}\n"
LOAD = "    it_load_mw:\n      - {source: prometheus, url: 'URL', query: sum(w), unit: W, factor: 0.5, step_s: 900}\n"


def ingest(workspace, url, wiring, *, now=NOW, since=None, **more):
    """Return the results of an ingest, and the number of its requests."""
    with Client(sleep=lambda _: None) as client:
        request = FeedRequest(
            workspace=workspace,
            fleet=fleet_of(url, wiring),
            now_utc=now,
            since=None if since is None else np.datetime64(since, "h"),
            **more,
        )
        return ingest_feeds(request, client), client.requests


def stored(workspace, column, hour):
    telemetry = read_telemetry(workspace.telemetry)
    return telemetry.values[column][0, telemetry.position(np.datetime64(hour, "h"))]


def two_regions(url):
    text = dump_fleet(Fleet(name="f", regions=(region("here"), region("there"))))
    maps = MAPS.replace("URL", url)
    return parse_fleet(f"{text}sources:\n  here:\n{maps}  there:\n{maps.replace('IE', 'GB')}", name="f.yaml")
