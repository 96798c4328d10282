"""Two workspaces on one ledger, and processes that decide from them."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from support.builders import JANUARY
from support.sites import DAY, calm, changed, fleet_of, hour, job, region

from fleet.domain.clock import iso
from fleet.domain.job import Job
from fleet.domain.telemetry import Telemetry
from fleet.live import engine, hour_commit
from fleet.placement import DEFAULT_POLICY
from fleet.preparation.settings import Settings
from fleet.storage.telemetry_store import write_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, decide_hour
from fleet.workflows.open_workspace import deciding_ledger_of

FLEET = fleet_of(region("alpha"), region("beta"))
DAYS = 125
AT = hour(JANUARY) + DAYS * DAY - 1
MADE_UTC = iso(AT + 1).replace("Z", ":05Z")
DURATION_H = 2
JOBS_EACH = 2
SETTINGS = Settings(forecaster="ridge")


def uneven() -> Telemetry:
    """Return telemetry with days and nights and with noise, so that forecasts are wrong and bounds are wide."""
    steady, noise = calm(FLEET, DAYS), np.random.default_rng(11)
    shape = (len(FLEET.regions), DAYS * DAY)
    day = np.sin(np.arange(DAYS * DAY) * 2 * np.pi / DAY)
    warm = changed(steady, "temperature_c", ..., 18.0 + 4.0 * day + noise.normal(0.0, 1.0, shape))
    return changed(warm, "it_load_mw", ..., 5.0 + day + noise.normal(0.0, 0.2, shape))


def write_home(home: Path, telemetry: Telemetry) -> None:
    """Write a workspace of the fleet."""
    home.mkdir()
    write_telemetry(home / "telemetry.parquet", telemetry)
    (home / "fleet.yaml").write_text(yaml.safe_dump(FLEET.model_dump(mode="json")))


def request_of(home: Path) -> HourRequest:
    """Return the request of the hour that all processes decide."""
    return HourRequest(workspace=Workspace(home), fleet=FLEET, settings=SETTINGS, now_utc=MADE_UTC, at=AT)


def jobs_of(number: int) -> list[Job]:
    """Return the new jobs of one decision. One of them must start at once, and one may wait."""
    return [
        job(
            f"d{number}-{index}",
            power_mw=0.4 + 0.1 * ((number + index) % 7),
            duration_h=DURATION_H,
            earliest_utc=AT + 1,
            deadline_utc=AT + 1 + (DURATION_H, 6)[index],
            home_region=FLEET.region_ids[number % 2],
        )
        for index in range(JOBS_EACH)
    ]


def decide_numbers(home: Path, numbers: Sequence[int]) -> None:
    """Decide the jobs of each number. A file beside the telemetry keeps the ids of what was reported as decided."""
    for number in numbers:
        ledger = deciding_ledger_of(Workspace(home))
        result = decide_hour(request_of(home), jobs_of(number), ledger, policy=DEFAULT_POLICY, made_utc=MADE_UTC)
        ledger.close()
        (home / f"decided-{number}").write_text("\n".join(entry.id for entry in result.entries))


def decide_and_stop(home: Path, point: str, reached: Path) -> None:
    """Decide, and stop for good at a point: while forecasts are made, or in the transaction before it is committed."""

    def stop(*_words: object, **_options: object) -> None:
        reached.touch()
        time.sleep(600)

    module, name = {"forecast": (engine, "advance"), "commit": (hour_commit, "_check_reserved")}[point]
    setattr(module, name, stop)
    decide_numbers(home, [0])
