"""How often the actual value was inside the band that was stated an hour before: written each hour, counted later."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleet.domain.clock import iso, parse_hour
from fleet.errors import DataError
from fleet.live.reservations import known_at
from fleet.storage.files import write_whole
from fleet.storage.locks import locked
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY
from fleet.workflows.decide_hour import HourRequest

# Older bands are dropped.
_KEPT_HOURS = 90 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The share of actual values inside the band of the next hour.

    Args:
        hours: with a finite band and an actual value.
        inside: of these, the hours whose value was inside.
    """

    region: str
    column: str
    hours: int
    inside: int

    @property
    def share(self) -> float:
        """The coverage. Assumes that there is an hour."""
        return self.inside / self.hours


def record_bands(request: HourRequest) -> None:
    """Write the bands of the hour after the request's origin, once. A band that is not finite is left out.

    Raises: as `HourRequest.prepare`, and ConfigError if the file cannot be written.
    """
    inputs, fleet, path = request.read(), request.fleet, request.workspace.stated_bands
    known = known_at(inputs.telemetry, fleet, inputs.at, request.settings.horizon)
    hour = inputs.engine.prepare(known, fleet, request.settings, inputs.outlooks)
    first = iso(known.time_utc[-1] + np.timedelta64(1, "h"))
    bands = {
        region: {
            name: [float(band.lower[row, 0]), float(band.upper[row, 0])]
            for name, band in hour.bands.items()
            if np.isfinite([band.lower[row, 0], band.upper[row, 0]]).all()
        }
        for row, region in enumerate(fleet.region_ids)
    }
    with locked(path.with_suffix(".lock")):
        stated = _stated(request.workspace)
        if first in stated:
            return
        stated[first] = bands
        newest = sorted(stated)[-_KEPT_HOURS:]
        text = "".join(json.dumps({"hour_utc": hour_utc, "bands": stated[hour_utc]}) + "\n" for hour_utc in newest)
        write_whole({path: lambda part: part.write_text(text, encoding="utf-8")})


def live_coverage(request: HourRequest) -> list[Coverage]:
    """Count the stated bands against the stored values. Raises: DataError if a file is damaged."""
    telemetry, fleet = request.checked.telemetry.of_regions(request.fleet.region_ids), request.fleet
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    first = telemetry.time_utc[0]
    for hour_utc, bands in _stated(request.workspace).items():
        position = int((parse_hour(hour_utc) - first) / np.timedelta64(1, "h"))
        if not 0 <= position < len(telemetry.time_utc):
            continue
        for region, columns in bands.items():
            for name, (lower, upper) in columns.items():
                if region not in fleet.region_ids or name not in telemetry.values:
                    continue
                actual = telemetry.values[name][fleet.region_ids.index(region), position]
                if np.isfinite(actual):
                    counts[region, name][0] += 1
                    counts[region, name][1] += int(lower <= actual <= upper)
    return [
        Coverage(region=region, column=name, hours=hours, inside=inside)
        for (region, name), (hours, inside) in sorted(counts.items())
    ]


def _stated(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Return the stated bands by hour."""
    path = workspace.stated_bands
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        rows = [json.loads(line) for line in lines]
        return {row["hour_utc"]: row["bands"] for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} cannot be read ({error}); remove the file, and the coverage is counted anew"
        ) from error
