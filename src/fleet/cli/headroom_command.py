"""`fleet headroom`: what may still be added in each region and hour, and which limit says so."""

import math
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fleet.cli.options import HOME, FleetOption, HomeOption, JsonOption, fleet_of, ledger_of
from fleet.cli.output import console, print_table, progress_bar
from fleet.domain.clock import iso, parse_hour
from fleet.domain.conditions import Limit
from fleet.domain.decision import Binding
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.ledger import Ledger
from fleet.live.live_headroom import live_curve
from fleet.preparation.settings import Settings
from fleet.storage.files import Write, json_writer, write_whole
from fleet.storage.telemetry_store import read_outlooks, read_telemetry
from fleet.storage.workspace import Workspace
from fleet.units import DUST_MW

_STYLES = {
    "outdoor": "red",
    "inlet": "magenta",
    "it": "blue",
    "cooling": "cyan",
    "grid": "yellow",
    "controller": "bold red",
    "unknown": "dim",
}


def command(
    at: Annotated[
        str | None, typer.Option(metavar="T", help="Last hour that counts as known; default the last stored.")
    ] = None,
    region: Annotated[str | None, typer.Option(metavar="ID", help="Show this one alone.")] = None,
    duration: Annotated[int, typer.Option(metavar="HOURS", help="How long the job would run.")] = 1,
    confidence: Annotated[float, typer.Option(help="Of the bounds that may approve, one-sided.")] = 0.95,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figure as an HTML page.")] = None,
    json: JsonOption = None,
) -> None:
    """The MW that a job may still add, by region and start, as the next decision would find it. Records nothing."""
    if plot is not None and plot.suffix not in {".html", ".htm"}:
        raise ConfigError(f"{plot} has suffix {plot.suffix or 'none'!r}, expected .html")
    workspace = Workspace(home)
    settings = Settings(confidence=confidence)
    who = fleet_of(workspace, fleet)
    shown = _shown(who, region)
    workspace.require(workspace.telemetry, "fleet demo` or `fleet ingest")
    with progress_bar("forecasts") as progress:
        curve = live_curve(
            read_telemetry(workspace.telemetry),
            who,
            _ledger_if_any(workspace),
            outlooks=read_outlooks(workspace.outlooks),
            settings=settings,
            duration_h=duration,
            at=None if at is None else parse_hour(at),
            progress=progress,
        )
    files: dict[Path, Write] = {}
    if json is not None:
        files[json] = json_writer(curve.as_dict(shown))
    if plot is not None:
        files[plot] = _plot(curve, who, shown)
    write_whole(files)
    for name in shown:
        _print(curve, name)
    if plot is not None:
        console.print(Text(f"plot: {plot}"))


def _shown(fleet: Fleet, region: str | None) -> tuple[str, ...]:
    if region is None:
        return fleet.region_ids
    if region not in fleet.region_ids:
        raise ConfigError(f"region {region!r} is not in the fleet, expected one of {', '.join(fleet.region_ids)}")
    return (region,)


def _ledger_if_any(workspace: Workspace) -> Ledger | None:
    """To look is no reason to make one."""
    return ledger_of(workspace) if workspace.ledger.exists() or os.environ.get("FLEET_DATABASE_URL") else None


def _plot(curve: HeadroomCurve, fleet: Fleet, shown: tuple[str, ...]) -> Write:
    """What writes the picture, for `write_whole`."""
    from fleet.dashboard.figures import headroom_figure  # slow, and most calls draw none
    from fleet.dashboard.page import figure_page

    page = figure_page(f"Headroom from {iso(curve.start_utc[0])}", headroom_figure(curve, fleet, shown))
    return lambda part: part.write_text(page, encoding="utf-8")


def _print(curve: HeadroomCurve, region: str) -> None:
    row = curve.region_ids.index(region)
    rows = []
    for hour, (start, binding) in enumerate(zip(curve.start_utc, curve.binding[row], strict=True)):
        style, level = _STYLES[binding.limit], curve.level[row, hour]
        rows.append(
            (
                iso(start),
                Text(f"{curve.headroom_mw[row, hour]:.1f}", style=style),
                f"{curve.forecast_headroom_mw[row, hour]:.1f}",
                f"{curve.reserved_mw[row, hour]:.1f}",
                Text(binding.limit, style=style),
                None if binding.limit == Limit.UNKNOWN.label else _reach(binding),
                f"{level:.2f}" if math.isfinite(level) else None,
            )
        )
    print_table(
        f"{region}: what a job of {curve.duration_h} h may add, {100 * curve.confidence:g} % sure, knowing hours to "
        f"{iso(curve.origin_utc)}",
        ("start", "headroom MW", "at forecast MW", "reserved MW", "binding", "bound / limit", "margins"),
        rows,
        note="headroom and limit are rounded down, the bound up",
    )


def _reach(binding: Binding) -> str:
    """In tenths, the bound upwards and the limit downwards; what sums leave behind is no tenth more."""
    bound, limit = math.ceil(10 * (binding.bound - DUST_MW)) / 10, math.floor(10 * (binding.limit_value + DUST_MW)) / 10
    return f"{bound:.1f} / {limit:.1f} {binding.unit}"
