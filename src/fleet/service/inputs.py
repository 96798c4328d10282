"""A fingerprint of everything that was known when a decision was made."""

import hashlib

import numpy as np

from fleet.domain import clock
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.forecasting.base import Positions
from fleet.pipeline import Settings


def input_hashes(telemetry: Telemetry, fleet: Fleet, settings: Settings, origins: Positions) -> list[str]:
    """SHA-256 of the fleet, the settings and every value up to and including each origin's hour, as hex.

    Args:
        origins: ascending positions in the telemetry.
    """
    columns = sorted(telemetry.values)
    first = clock.iso(telemetry.time_utc[0])
    head = "\n".join((fleet.model_dump_json(), repr(settings), first, *telemetry.regions, *columns))
    digest = hashlib.sha256(head.encode())
    # Hour after hour, so that the origins that were asked for on the way leave no trace.
    by_hour = np.stack([telemetry.values[name].T for name in columns], axis=1)
    hashes, done = [], 0
    for origin in origins:
        digest.update(np.ascontiguousarray(by_hour[done : origin + 1]).tobytes())
        done = int(origin) + 1
        hashes.append(digest.copy().hexdigest())
    return hashes
