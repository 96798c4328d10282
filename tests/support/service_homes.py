"""A small workspace, and a service on it whose clock the test sets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from starlette.testclient import TestClient
from support.sites import DAY, calm, fleet_of, hour, region

from fleet.domain.clock import iso
from fleet.domain.telemetry import Telemetry
from fleet.preparation.settings import Settings
from fleet.service.app import create_app
from fleet.service.service_settings import ServiceSettings
from fleet.service.service_state import Service
from fleet.storage.telemetry_store import write_telemetry
from fleet.storage.workspace import Workspace

FLEET = fleet_of(region("alpha"), region("beta"))
DAYS = 125
# The last known hour, and the hour that runs now.
ORIGIN = hour("2024-01-01T00") + DAYS * DAY - 1
NOW = ORIGIN + 1
SETTINGS = Settings(forecaster="seasonal_naive")


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.hour, self.second = NOW, 5

    def __call__(self) -> str:
        return iso(self.hour).replace("Z", f":{self.second:02d}Z")


def write_service_home(home: Path, telemetry: Telemetry | None = None) -> Path:
    """Write a workspace in which alpha and beta have a headroom of 4 MW in each hour."""
    home.mkdir(parents=True, exist_ok=True)
    write_telemetry(home / "telemetry.parquet", calm(FLEET, DAYS) if telemetry is None else telemetry)
    (home / "fleet.yaml").write_text(yaml.safe_dump(FLEET.model_dump(mode="json")))
    return home


def open_service(home: Path, clock: Clock, **changes: Any) -> Service:
    """Open a service whose loop does nothing by itself: tests call `service.loop.tick()`."""
    service = Service.open(Workspace(home), FLEET, ServiceSettings(**changes), clock, SETTINGS)
    service.loop.start, service.loop.stop = (lambda: None), service.loop._leadership.close
    return service


@contextmanager
def client_of(service: Service) -> Iterator[TestClient]:
    """Serve the API without a network."""
    with TestClient(create_app(service), base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def job_body(job_id: str = "job", /, **changes: Any) -> dict[str, Any]:
    """Return the body of a job of 1 MW for two hours, with a window of twelve hours."""
    return {
        "id": job_id,
        "power_mw": 1.0,
        "duration_h": 2,
        "earliest_utc": iso(NOW),
        "deadline_utc": iso(NOW + 12),
        "home_region": "alpha",
    } | changes


def reserved_mw(decisions: list[dict[str, Any]]) -> np.ndarray:
    """Return the (region, hour) power of the decisions that have a place, in the 48 hours from now on."""
    reserved = np.zeros((len(FLEET.regions), 48))
    for one in decisions:
        if one["region"] is not None and one["verdict"] != "deny":
            start = int((hour(one["start_utc"].rstrip("Z")) - NOW) / np.timedelta64(1, "h"))
            row = FLEET.region_ids.index(one["region"])
            reserved[row, start : start + one["duration_h"]] += one["power_mw"]
    return reserved
