"""`fleet simulate-trip`: a loss of cooling, second by second."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fleet.cli.options import JsonOption, PackagedFleetOption
from fleet.cli.output import print_line
from fleet.cli.trip_tables import TripStart, print_trip, trip_content
from fleet.domain.region import Fleet, Region
from fleet.errors import ConfigError
from fleet.fleets import load_fleet
from fleet.physics.trip.cooling_loss import lose_cooling
from fleet.physics.trip.episode import EVENTS, CoolingLoss, Episode
from fleet.physics.trip.room import plant_in
from fleet.storage.files import Write, json_writer, write_whole
from fleet.twin.design_hour import design_hour
from fleet.units import SECONDS_PER_MINUTE

_QUEUE_SHARE_PER_MIN = 0.01
_EVENT_HELP = "; ".join(
    f"{name}: {100 * loss.lost_share:.0f} % of the cooling is lost for {loss.outage_s / SECONDS_PER_MINUTE:g} min"
    for name, loss in EVENTS.items()
)

_LoadOption = Annotated[
    float,
    typer.Option(
        metavar="MW",
        help="IT load before the loss. Maximum: the installed IT power, or the load that the grid limit allows if that "
        "is lower.",
    ),
]
_OutageOption = Annotated[
    float | None, typer.Option(metavar="MIN", help="Minutes until cooling is back. Default: that of --event.")
]
_LostOption = Annotated[
    float | None, typer.Option(metavar="SHARE", help="Lost share of the cooling, up to 1. Default: that of --event.")
]
_TemperatureOption = Annotated[
    float | None,
    typer.Option(
        metavar="C",
        help="Outdoor dry bulb. Default: the annual 0.4 % design dry bulb. For a plant that evaporates water: the mean "
        "coincident dry bulb of the annual 0.4 % design wet bulb. The climate named by twin.climate in the fleet file "
        "gives both. A region without twin.climate needs this option and --dew-point-c.",
    ),
]
_DewPointOption = Annotated[
    float | None,
    typer.Option(
        metavar="C",
        help="Outdoor dew point. Default: the mean dew point of the region's 0.4 % design condition. If "
        "--temperature-c is below this dew point, the dew point is set to --temperature-c.",
    ),
]
_QueueOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="MW/MIN",
        help="Power that new jobs request per minute: the peak power of the servers that they need. Admitted jobs add "
        "to the load, up to the installed IT power and the grid limit. Default: 1 % of the installed IT power per "
        "minute. Maximum: all of it per minute.",
    ),
]


def command(
    region: Annotated[str, typer.Option(metavar="ID", help="The region that loses cooling.")],
    it_load_mw: _LoadOption,
    event: Annotated[str, typer.Option(help=_EVENT_HELP)] = next(iter(EVENTS)),
    minutes: Annotated[float, typer.Option(min=1, max=240, help="Length of the simulation, from the loss on.")] = 15.0,
    outage_minutes: _OutageOption = None,
    cooling_lost: _LostOption = None,
    temperature_c: _TemperatureOption = None,
    dew_point_c: _DewPointOption = None,
    queue_mw_per_min: _QueueOption = None,
    fleet: PackagedFleetOption = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figure as an HTML page.")] = None,
    json: JsonOption = None,
) -> None:
    """Simulate a loss of cooling, second by second.

    Prints when operators are warned, when jobs are denied, when jobs leave, and whether the servers switch off.
    """
    if plot is not None and plot.suffix not in {".html", ".htm"}:
        raise ConfigError(f"{plot} has suffix {plot.suffix or 'none'!r}, expected .html")
    loss = _loss(event, cooling_lost, outage_minutes)
    site = _region(load_fleet(fleet), region)
    start = _start(site, it_load_mw, temperature_c, dew_point_c)
    episode = lose_cooling(
        site,
        plant_in(site, np.array([start.temperature_c]), np.array([start.dew_point_c])),
        np.array([it_load_mw]),
        loss,
        duration_s=minutes * SECONDS_PER_MINUTE,
        queue_mw_per_min=_QUEUE_SHARE_PER_MIN * site.it_capacity_mw if queue_mw_per_min is None else queue_mw_per_min,
    )
    files: dict[Path, Write] = {}
    if json is not None:
        files[json] = json_writer(trip_content(episode, event, start))
    if plot is not None:
        files[plot] = _plot(episode, site, it_load_mw)
    write_whole(files)
    print_trip(episode, start)
    if plot is not None:
        print_line(f"plot: {plot}")


def _loss(event: str, cooling_lost: float | None, outage_minutes: float | None) -> CoolingLoss:
    """Return the event, with the share and the outage that the user gave."""
    if event not in EVENTS:
        raise ConfigError(f"event is {event!r}, expected one of {', '.join(EVENTS)}")
    default = EVENTS[event]
    return replace(
        default,
        lost_share=default.lost_share if cooling_lost is None else cooling_lost,
        outage_s=default.outage_s if outage_minutes is None else outage_minutes * SECONDS_PER_MINUTE,
    )


def _region(fleet: Fleet, region_id: str) -> Region:
    regions = {region.id: region for region in fleet.regions}
    if region_id not in regions:
        raise ConfigError(f"region {region_id!r} is not in the fleet, expected one of {', '.join(regions)}")
    return regions[region_id]


def _start(region: Region, it_load_mw: float, temperature_c: float | None, dew_point_c: float | None) -> TripStart:
    """Return the state before the loss. The design hour gives the weather that the user did not give."""
    if temperature_c is not None and dew_point_c is not None:
        return TripStart(it_load_mw=it_load_mw, temperature_c=temperature_c, dew_point_c=dew_point_c, source="given")
    if region.twin.climate is None:
        raise ConfigError(
            f"region {region.id}: twin.climate is missing, expected a climate for the default weather; "
            "give --temperature-c and --dew-point-c"
        )
    design = design_hour(region)
    dry_bulb_c = design.temperature_c if temperature_c is None else temperature_c
    is_partial = temperature_c is not None or dew_point_c is not None
    return TripStart(
        it_load_mw=it_load_mw,
        temperature_c=dry_bulb_c,
        dew_point_c=min(design.dew_point_c, dry_bulb_c) if dew_point_c is None else dew_point_c,
        source=f"{'partly ' if is_partial else ''}the hour that 0.4 % of hours exceed in {design.hot_by}",
    )


def _plot(episode: Episode, region: Region, it_load_mw: float) -> Write:
    """Return the writer of the page, for `write_whole`."""
    from fleet.dashboard.figures import trip_figure  # slow to import, and seldom needed
    from fleet.dashboard.page import figure_page

    title = f"Loss of cooling: {region.name}, {it_load_mw:g} MW of IT load"
    page = figure_page(title, trip_figure(episode, region))
    return lambda part: part.write_text(page, encoding="utf-8")
