"""Preparing and its bands take most of the time of a live hour, so tests prepare equal inputs once."""

import hashlib

from fleet.live import engine
from fleet.preparation.column_bands import advance_bands
from fleet.preparation.prepare import advance

# Inputs -> results. The results live as long as the process, so no other object can get their identity.
_PREPARED, _BANDS = {}, {}
_OWN = {id(None)}


def prepare_equal_inputs_once(monkeypatch) -> None:
    """Let live hours share what equal inputs prepare, from nothing or from a shared state."""
    monkeypatch.setattr(engine, "advance", _advance_once)
    monkeypatch.setattr(engine, "advance_bands", _advance_bands_once)


def keep_few_states(monkeypatch) -> None:
    """Let the first live hour of a workspace write two snapshots instead of nine."""
    monkeypatch.setattr(engine, "_KEPT_AGES_H", (1,))


def _advance_once(state, telemetry, fleet, origins, settings, *, outlooks=None, progress=None):
    if id(state) not in _OWN or outlooks is not None:
        return advance(state, telemetry, fleet, origins, settings, outlooks=outlooks, progress=progress)
    values = hashlib.sha256(telemetry.time_utc.tobytes())
    for name, grid in sorted(telemetry.values.items()):
        values.update(name.encode() + grid.tobytes())
    key = (id(state), values.digest(), telemetry.regions, fleet.model_dump_json(), str(origins), settings)
    if key not in _PREPARED:
        _PREPARED[key] = after, prepared = advance(state, telemetry, fleet, origins, settings, progress=progress)
        _OWN.update((id(after), id(prepared.residuals)))
    return _PREPARED[key]


def _advance_bands_once(before, residuals, settings, observed_since):
    if id(residuals) not in _OWN or (before and id(before) not in _OWN):
        return advance_bands(before, residuals, settings, observed_since)
    since = tuple((name, hours.tobytes()) for name, hours in sorted(observed_since.items()))
    key = (id(before) if before else None, id(residuals), settings, since)
    if key not in _BANDS:
        _BANDS[key] = after, _ = advance_bands(before, residuals, settings, observed_since)
        _OWN.add(id(after))
    return _BANDS[key]
