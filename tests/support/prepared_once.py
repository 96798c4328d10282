"""Preparing takes most of the time of a live hour, so tests prepare equal inputs once."""

import hashlib

from fleet.live import engine
from fleet.preparation.prepare import advance

_PREPARED = {}


def prepare_equal_inputs_once(monkeypatch) -> None:
    """Let live hours share what equal telemetry, fleet, origins and settings prepare."""
    monkeypatch.setattr(engine, "advance", _advance_once)


def _advance_once(state, telemetry, fleet, origins, settings, *, outlooks=None, progress=None):
    if outlooks is not None:
        return advance(state, telemetry, fleet, origins, settings, outlooks=outlooks, progress=progress)
    values = hashlib.sha256(telemetry.time_utc.tobytes())
    for name, grid in sorted(telemetry.values.items()):
        values.update(name.encode() + grid.tobytes())
    key = (values.digest(), telemetry.regions, fleet.model_dump_json(), str(origins), settings)
    if key not in _PREPARED:
        _PREPARED[key] = advance(state, telemetry, fleet, origins, settings, progress=progress)
    return _PREPARED[key]
