"""Preparing takes most of the time of a live hour, so tests prepare equal inputs once."""

import hashlib

from fleet.live import hour, live_headroom
from fleet.preparation.prepare import prepare

_PREPARED = {}


def prepare_equal_inputs_once(monkeypatch) -> None:
    """Let a live hour and its headroom share what equal telemetry, fleet, origins and settings prepare."""
    monkeypatch.setattr(hour, "prepare", _prepare_once)
    monkeypatch.setattr(live_headroom, "prepare", _prepare_once)


def _prepare_once(telemetry, fleet, origins, settings, *, outlooks=None, progress=None):
    if outlooks is not None:
        return prepare(telemetry, fleet, origins, settings, outlooks=outlooks, progress=progress)
    values = hashlib.sha256(telemetry.time_utc.tobytes())
    for name, grid in sorted(telemetry.values.items()):
        values.update(name.encode() + grid.tobytes())
    key = (values.digest(), telemetry.regions, fleet.model_dump_json(), str(origins), settings)
    if key not in _PREPARED:
        _PREPARED[key] = prepare(telemetry, fleet, origins, settings, progress=progress)
    return _PREPARED[key]
