"""`fleet simulate-trip`: a loss of cooling, second by second."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.text import Text

from fleet.cli.options import FleetOption, JsonOption
from fleet.cli.output import console, print_table
from fleet.cli.text_plot import curve
from fleet.dashboard.figures import trip_figure
from fleet.dashboard.page import figure_page
from fleet.domain.region import Fleet, Region
from fleet.errors import ConfigError
from fleet.fleets import load_fleet
from fleet.physics.servers import gpu_servers
from fleet.physics.trip.cooling_loss import lose_cooling
from fleet.physics.trip.episode import EVENTS, CoolingLoss, Episode
from fleet.physics.trip.room import plant_in
from fleet.storage.files import Write, json_writer, write_whole
from fleet.twin.design_hour import design_hour
from fleet.units import SECONDS_PER_MINUTE

_QUEUE_SHARE_PER_MIN = 0.01


def command(
    region: Annotated[str, typer.Option(metavar="ID", help="Where cooling is lost.")],
    it_load_mw: Annotated[
        float,
        typer.Option(
            metavar="MW", help="IT load before the loss, at most what is installed and what the grid limit carries."
        ),
    ],
    event: Annotated[str, typer.Option(help=" or ".join(EVENTS))] = next(iter(EVENTS)),
    minutes: Annotated[float, typer.Option(min=1, max=240, help="How long to look, from the loss on.")] = 15.0,
    outage_minutes: Annotated[
        float | None, typer.Option(metavar="MIN", help="Until cooling is back; default the event's.")
    ] = None,
    cooling_lost: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Of the plant's capacity, up to 1; default the event's.")
    ] = None,
    temperature_c: Annotated[
        float | None,
        typer.Option(
            metavar="C",
            help="Outdoors; default the design hour of the climate, that 0.4 % of hours exceed in wet bulb where the "
            "plant evaporates water, else in dry bulb.",
        ),
    ] = None,
    dew_point_c: Annotated[float | None, typer.Option(metavar="C", help="Outdoors; default the design hour's.")] = None,
    queue_mw_per_min: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="MW",
            help="Peak power of the servers that jobs ask for. What is let in keeps adding to the load, up to what is "
            "installed and what the grid carries; default 1 % of the IT capacity, at most all of it.",
        ),
    ] = None,
    fleet: FleetOption = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figure as an HTML page.")] = None,
    json: JsonOption = None,
) -> None:
    """Lose cooling in a hall: when is it warned, when are jobs denied, when do they leave, do servers switch off?"""
    if plot is not None and plot.suffix not in {".html", ".htm"}:
        raise ConfigError(f"{plot} has suffix {plot.suffix or 'none'!r}, expected .html")
    what = _event(event, cooling_lost, outage_minutes)
    site = _region(load_fleet(fleet), region)
    outdoors = _outdoors(site, temperature_c, dew_point_c)
    episode = lose_cooling(
        site,
        plant_in(site, np.array([outdoors.temperature_c]), np.array([outdoors.dew_point_c])),
        np.array([it_load_mw]),
        what,
        duration_s=minutes * SECONDS_PER_MINUTE,
        queue_mw_per_min=_QUEUE_SHARE_PER_MIN * site.it_capacity_mw if queue_mw_per_min is None else queue_mw_per_min,
    )
    files: dict[Path, Write] = {}
    if json is not None:
        files[json] = json_writer(_content(episode, event, it_load_mw, outdoors))
    if plot is not None:
        title = f"Loss of cooling: {site.name}, {it_load_mw:g} MW of IT load"
        page = figure_page(title, trip_figure(episode, site))
        files[plot] = lambda part: part.write_text(page, encoding="utf-8")
    write_whole(files)
    _print(episode, it_load_mw, outdoors)
    if plot is not None:
        console.print(Text(f"plot: {plot}"))


def _event(name: str, cooling_lost: float | None, outage_minutes: float | None) -> CoolingLoss:
    if name not in EVENTS:
        raise ConfigError(f"event is {name!r}, expected one of {', '.join(EVENTS)}")
    usual = EVENTS[name]
    return replace(
        usual,
        lost_share=usual.lost_share if cooling_lost is None else cooling_lost,
        outage_s=usual.outage_s if outage_minutes is None else outage_minutes * SECONDS_PER_MINUTE,
    )


def _region(fleet: Fleet, name: str) -> Region:
    found = {region.id: region for region in fleet.regions}
    if name not in found:
        raise ConfigError(f"region {name!r} is not in the fleet, expected one of {', '.join(found)}")
    return found[name]


@dataclass(frozen=True, kw_only=True)
class _Outdoors:
    temperature_c: float
    dew_point_c: float
    source: str


def _outdoors(region: Region, temperature_c: float | None, dew_point_c: float | None) -> _Outdoors:
    """What is given, and the design hour for what is not."""
    if temperature_c is not None and dew_point_c is not None:
        return _Outdoors(temperature_c=temperature_c, dew_point_c=dew_point_c, source="given")
    if region.twin.climate is None:
        raise ConfigError(
            f"region {region.id}: twin.climate is missing, expected one for a default of the weather; "
            "give --temperature-c and --dew-point-c"
        )
    design = design_hour(region)
    dry_c = design.temperature_c if temperature_c is None else temperature_c
    return _Outdoors(
        temperature_c=dry_c,
        dew_point_c=min(design.dew_point_c, dry_c) if dew_point_c is None else dew_point_c,
        source=("" if temperature_c is None and dew_point_c is None else "in part ")
        + f"the hour that 0.4 % of hours exceed in {design.hot_by}",
    )


def _content(episode: Episode, name: str, it_load_mw: float, outdoors: _Outdoors) -> dict[str, Any]:
    layers, course, event = episode.layers, episode.course, episode.event
    generated, stored, removed = (float(each[0]) for each in episode.heat_mj())
    return {
        "region": episode.region_id,
        "event": {
            "name": name,
            "cooling_lost": event.lost_share,
            "outage_minutes": event.outage_s / SECONDS_PER_MINUTE,
        },
        "it_load_mw": it_load_mw,
        "temperature_c": outdoors.temperature_c,
        "dew_point_c": outdoors.dew_point_c,
        "weather": outdoors.source,
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
        "heat_mj": {"generated": generated, "stored": stored, "removed": removed},
        "trace": {
            "time_s": episode.time_s.tolist(),
            "inlet_c": course.inlet_c[0].tolist(),
            "metal_c": course.metal_c[0].tolist(),
            "load_mw": course.load_mw[0].tolist(),
            "cooling_mw": course.cooling_mw[0].tolist(),
            "admitting": course.admitting[0].tolist(),
        },
    }


def _print(episode: Episode, it_load_mw: float, outdoors: _Outdoors) -> None:
    layers, course, event = episode.layers, episode.course, episode.event
    peak = int(course.inlet_c[0].argmax())
    stopped = bool((~course.admitting[0]).any())
    print_table(
        f"{episode.region_id}: {100 * event.lost_share:g} % of cooling lost for {_span(event.outage_s)} at "
        f"{it_load_mw:g} MW of IT load; outdoors {outdoors.temperature_c:.1f} °C, dew point "
        f"{outdoors.dew_point_c:.1f} °C ({outdoors.source})",
        ("", "inlet °C", "after the loss"),
        [
            ("before the loss", f"{course.inlet_c[0, 0]:.1f}", None),
            ("warn: operators look", f"{layers.warn_c:.1f}", _span_from_calm(episode.warn_s[0])),
            ("stop: no job is admitted", f"{layers.stop_c:.1f}", _span_from_calm(episode.stop_s[0])),
            ("  first job denied", None, _span_from_calm(episode.first_denial_s[0]) if stopped else None),
            ("migrate: jobs leave", f"{layers.migrate_c:.1f}", _span_from_calm(episode.migrate_s[0])),
            ("trip: servers switch off", f"{layers.trip_c:.1f}", _span(episode.trip_s[0])),
            ("peak", f"{course.inlet_c[0, peak]:.1f}", _span(episode.time_s[peak])),
            (
                "jobs admitted again",
                f"{layers.stop_c - layers.hysteresis_k:.1f}",
                _span(episode.resumed_s[0]) if stopped else None,
            ),
        ],
        note=f"{_end(episode)}; of what jobs asked for in {_span(episode.time_s[-1])}, denied for heat: "
        f"{_servers(episode.denied_mw[0])}, no room for: {_servers(episode.no_room_mw[0])}",
    )
    levels = [("warn", layers.warn_c), ("stop", layers.stop_c), ("migrate", layers.migrate_c), ("trip", layers.trip_c)]
    end_min = float(episode.time_s[-1]) / SECONDS_PER_MINUTE
    console.print("inlet, °C")
    console.print(Text(curve(course.inlet_c[0], levels, x_end=end_min, x_title="minutes after the loss")))


def _end(episode: Episode) -> str:
    if episode.survived[0]:
        return "servers stayed on"
    ahead_s = episode.trip_s[0] - episode.first_denial_s[0]
    after = f", {_span(ahead_s)} after the first denial," if ahead_s > 0 else ""
    return f"servers SWITCHED THEMSELVES OFF{after} until a person starts them"


def _servers(peak_mw: float) -> str:
    return f"{int(gpu_servers(peak_mw)):,} servers of eight GPUs ({peak_mw:.1f} MW)"


def _span_from_calm(seconds: float) -> str | None:
    """None for what was so before the loss: the loss did not bring it about."""
    return None if seconds == 0 else _span(seconds)


def _span(seconds: float) -> str:
    if np.isnan(seconds):
        return "never"
    whole, rest = divmod(round(seconds), int(SECONDS_PER_MINUTE))
    return " ".join(
        part for part in (f"{whole} min" if whole else "", f"{rest} s" if rest or not whole else "") if part
    )
