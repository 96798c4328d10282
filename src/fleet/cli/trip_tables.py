"""Turns the result of a simulated loss of cooling into JSON content, a table and a curve."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.text import Text

from fleet.cli.output import console, print_table
from fleet.cli.text_plot import draw_curve
from fleet.physics.servers import gpu_servers
from fleet.physics.trip.episode import Episode
from fleet.units import SECONDS_PER_MINUTE


@dataclass(frozen=True, kw_only=True)
class TripStart:
    """The state before the loss.

    Args:
        temperature_c, dew_point_c: outdoors.
        source: where the weather comes from, in words.
    """

    it_load_mw: float
    temperature_c: float
    dew_point_c: float
    source: str


def trip_content(episode: Episode, event: str, start: TripStart) -> dict[str, Any]:
    """Return all results of one scenario, for JSON.

    Args:
        episode: of a single scenario.
        event: name of the event.
        start: the state before the loss.
    """
    layers, course, loss = episode.layers, episode.course, episode.event
    generated_mj, stored_mj, removed_mj = (float(heat_mj[0]) for heat_mj in episode.heat_mj())
    return {
        "region": episode.region_id,
        "event": {
            "name": event,
            "cooling_lost": loss.lost_share,
            "outage_minutes": loss.outage_s / SECONDS_PER_MINUTE,
        },
        "it_load_mw": start.it_load_mw,
        "temperature_c": start.temperature_c,
        "dew_point_c": start.dew_point_c,
        "weather": start.source,
        "layers_c": {"warn": layers.warn_c, "stop": layers.stop_c, "migrate": layers.migrate_c, "trip": layers.trip_c},
        "hysteresis_k": layers.hysteresis_k,
        "seconds_to": {
            "warn": float(episode.warn_s[0]),
            "stop": float(episode.stop_s[0]),
            "first_denial": float(episode.first_denial_s[0]),
            "migrate": float(episode.migrate_s[0]),
            "trip": float(episode.trip_s[0]),
            "resume": float(episode.resumed_s[0]),
        },
        "inlet_before_c": float(course.inlet_c[0, 0]),
        "peak_inlet_c": float(course.inlet_c[0].max()),
        "survived": bool(episode.survived[0]),
        "denied_mw": float(episode.denied_mw[0]),
        "denied_servers": int(gpu_servers(episode.denied_mw[0])),
        "no_room_mw": float(episode.no_room_mw[0]),
        "no_room_servers": int(gpu_servers(episode.no_room_mw[0])),
        "admission_changes": int(episode.admission_changes[0]),
        "heat_mj": {"generated": generated_mj, "stored": stored_mj, "removed": removed_mj},
        "trace": {
            "time_s": episode.time_s.tolist(),
            "inlet_c": course.inlet_c[0].tolist(),
            "metal_c": course.metal_c[0].tolist(),
            "load_mw": course.load_mw[0].tolist(),
            "cooling_mw": course.cooling_mw[0].tolist(),
            "admitting": course.admitting[0].tolist(),
        },
    }


def print_trip(episode: Episode, start: TripStart) -> None:
    """Print when each layer acted, and the curve of the inlet temperature."""
    layers, course, loss = episode.layers, episode.course, episode.event
    peak = int(course.inlet_c[0].argmax())
    has_stopped = bool((~course.admitting[0]).any())
    print_table(
        f"{episode.region_id}: {100 * loss.lost_share:g} % of cooling lost for {_span(loss.outage_s)} at "
        f"{start.it_load_mw:g} MW of IT load; outdoors {start.temperature_c:.1f} °C, dew point "
        f"{start.dew_point_c:.1f} °C ({start.source})",
        ("", "inlet °C", "after the loss"),
        [
            ("before the loss", f"{course.inlet_c[0, 0]:.1f}", None),
            ("warn: operators are warned", f"{layers.warn_c:.1f}", _span_if_later(episode.warn_s[0])),
            ("stop: no job is admitted", f"{layers.stop_c:.1f}", _span_if_later(episode.stop_s[0])),
            ("  first job denied", None, _span_if_later(episode.first_denial_s[0]) if has_stopped else None),
            ("migrate: jobs leave", f"{layers.migrate_c:.1f}", _span_if_later(episode.migrate_s[0])),
            ("trip: servers switch off", f"{layers.trip_c:.1f}", _span(episode.trip_s[0])),
            ("peak", f"{course.inlet_c[0, peak]:.1f}", _span(episode.time_s[peak])),
            (
                "jobs admitted again",
                f"{layers.stop_c - layers.hysteresis_k:.1f}",
                _span(episode.resumed_s[0]) if has_stopped else None,
            ),
        ],
        note=f"{_ending(episode)}; of the servers that jobs requested in {_span(episode.time_s[-1])}, "
        f"{_servers(episode.denied_mw[0])} were denied because of heat, and {_servers(episode.no_room_mw[0])} did not "
        "fit",
    )
    levels = [("warn", layers.warn_c), ("stop", layers.stop_c), ("migrate", layers.migrate_c), ("trip", layers.trip_c)]
    end_min = float(episode.time_s[-1]) / SECONDS_PER_MINUTE
    console.print("inlet, °C")
    console.print(Text(draw_curve(course.inlet_c[0], levels, x_end=end_min, x_title="minutes after the loss")))


def _ending(episode: Episode) -> str:
    if episode.survived[0]:
        return "the servers stayed on"
    ahead_s = episode.trip_s[0] - episode.first_denial_s[0]
    after = f" {_span(ahead_s)} after the first denial" if ahead_s > 0 else ""
    return f"the servers SWITCHED THEMSELVES OFF{after} and stay off until a person starts them"


def _servers(peak_mw: float) -> str:
    return f"{int(gpu_servers(peak_mw)):,} servers of eight GPUs ({peak_mw:.1f} MW)"


def _span_if_later(seconds: float) -> str | None:
    """Return the time as text; None for a layer that acted before the loss, because the loss is not its cause."""
    return None if seconds == 0 else _span(seconds)


def _span(seconds: float) -> str:
    """Return the time as text, such as "2 min 30 s"; "never" for NaN."""
    if np.isnan(seconds):
        return "never"
    minutes, rest_s = divmod(round(seconds), int(SECONDS_PER_MINUTE))
    parts = (f"{minutes} min" if minutes else "", f"{rest_s} s" if rest_s or not minutes else "")
    return " ".join(part for part in parts if part)
