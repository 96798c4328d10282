"""Preparing and its bands take most of the time of a live hour, so tests prepare equal inputs once."""

import hashlib

from fleet.live import engine
from fleet.preparation.column_bands import advance_bands
from fleet.preparation.prepare import advance

_PREPARED, _BANDS = {}, {}


def prepare_equal_inputs_once(monkeypatch) -> None:
    """Let live hours share what equal telemetry, fleet, origins and settings prepare."""
    monkeypatch.setattr(engine, "advance", _advance_once)
    monkeypatch.setattr(engine, "advance_bands", _advance_bands_once)


def _advance_once(state, telemetry, fleet, origins, settings, *, outlooks=None, progress=None):
    # A step from an earlier state returns fewer residuals than a start from nothing.
    if state is not None or outlooks is not None:
        return advance(state, telemetry, fleet, origins, settings, outlooks=outlooks, progress=progress)
    values = hashlib.sha256(telemetry.time_utc.tobytes())
    for name, grid in sorted(telemetry.values.items()):
        values.update(name.encode() + grid.tobytes())
    key = (values.digest(), telemetry.regions, fleet.model_dump_json(), str(origins), settings)
    if key not in _PREPARED:
        _PREPARED[key] = advance(None, telemetry, fleet, origins, settings, progress=progress)
    return _PREPARED[key]


def _advance_bands_once(before, residuals, settings, observed_since):
    # The residuals of a cached hour live as long as the process, so no others can get their identity.
    is_cached = any(prepared.residuals is residuals for _, prepared in _PREPARED.values())
    if before or not is_cached:
        return advance_bands(before, residuals, settings, observed_since)
    since = tuple((name, hours.tobytes()) for name, hours in sorted(observed_since.items()))
    key = (id(residuals), settings, since)
    if key not in _BANDS:
        _BANDS[key] = advance_bands(before, residuals, settings, observed_since)
    return _BANDS[key]
